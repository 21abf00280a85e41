"""What reading does when something happens elsewhere: a link from a message is followed."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.events.publishing import Event, handle
from service.messages import links
from service.messages.sending import Notice, To, send
from service.people.tables import Employee
from service.reading.actions import claim
from service.retraining.tables import Plan, PlanItem
from service.retraining.telling import COURSE


def register() -> None:
    """Listen."""
    handle(links.FOLLOWED, _followed)
    handle("plan_item.claimed", _claimed)


def _followed(session: Session, event: Event) -> None:
    """Somebody says by the link in their message that they took a course."""
    if event.data["purpose"] == COURSE:
        link = links.of(session, event.data["link"])
        claim(session, link.about.removeprefix("plan-items/"), link.employee_id)


def _claimed(session: Session, event: Event) -> None:
    """Whoever plans records the result."""
    code = event.subject.removeprefix("plan_items/")
    row = session.execute(
        select(Plan.code, Employee.code).join(PlanItem, PlanItem.plan_id == Plan.id)
        .join(Employee, Employee.id == PlanItem.employee_id).where(PlanItem.code == code)
    ).one()
    said = {"item": code, "plan": row[0], "employee": row[1]}
    send(session, Notice("plan_item.claimed", f"plan-items/{code}", (To(role="people"),), said))

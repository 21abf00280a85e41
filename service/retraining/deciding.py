"""What becomes of a drafted plan: accepted, rejected, published; and closed where what it answers is gone."""

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from service.access import Principal
from service.clock import now
from service.courses.tables import Course, TrainingRecord
from service.db.context import because, everywhere
from service.errors import Forbidden, NotFound
from service.events.publishing import Event, publish
from service.people.tables import Employee
from service.processes import actions as changing
from service.processes.rules import follow as follow_change
from service.processes.tables import Change
from service.records import folder
from service.records.actions import put
from service.retraining import rules
from service.retraining.actions import hold, touch
from service.retraining.drafting import today
from service.retraining.schemas import PlanStep
from service.retraining.tables import Plan, PlanItem

_OPENED = """
UPDATE plan_items i SET status = 'open', training_id = r.id FROM training_records r
WHERE i.plan_id = :plan AND i.status = 'draft' AND r.code = 'TR-' || substr(i.code, 6) AND r.revision = 1
"""


def take(session: Session, code: str, given: PlanStep, actor: Principal, if_match: str) -> Plan:
    """Take the next step with a plan, if it is still as the actor read it.

    Raises `NotFound`, `PreconditionFailed`, `Conflict` for a step out of turn, for a plan with nobody or with people
    who left, `Forbidden` for one that is also for people outside the actor's departments, `ReasonRequired`.
    """
    plan = hold(session, Plan.code == code, if_match)
    if plan is None:
        raise NotFound(f"There is no plan {code!r}.")
    step = rules.follow(plan.status, given.step, code)  # type: ignore[arg-type]
    rules.refuse_role(step, actor.role)
    rules.refuse_silence(step, given.reason)
    refuse_parts(session, plan)
    because(session, given.reason)
    if given.step == "reject":
        _end(session, plan, "rejected", given.reason or "")
        if plan.change_id is not None and plan.round == 0:
            _send_back(session, plan.change_id, given.reason or "")
        return plan
    people, left = _people(session, plan)
    rules.refuse_nobody(code, people, left)
    plan.status = step.after
    if given.step == "accept":
        plan.accepted_by_id = actor.account_id
        publish(session, Event("plan.taken", f"plans/{code}", {"kind": plan.kind, "people": people}))
    else:
        plan.published_at = now()
        open_records(session, plan)
        publish(session, Event("plan.published", f"plans/{code}", {"kind": plan.kind, "people": people}))
        _begin_training(session, plan)
    session.flush()
    touch(session, [plan.id])
    return plan


def open_records(session: Session, plan: Plan) -> None:
    """Open a training record for everybody on a plan who has none yet."""
    session.flush()
    rows = session.execute(
        select(PlanItem.code, Employee.code, Course.code)
        .join(Employee, Employee.id == PlanItem.employee_id).join(Course, Course.id == PlanItem.course_id)
        .where(PlanItem.plan_id == plan.id, PlanItem.status == "draft")
    )
    assigned = now()
    put(session, folder.of(TrainingRecord), [
        {"code": f"TR-{item.removeprefix('ITEM-')}", "employee_code": employee, "course_code": course,
         "assigned_at": assigned, "result": "open"}
        for item, employee, course in rows
    ])
    session.execute(text(_OPENED), {"plan": plan.id})


def refuse_parts(session: Session, plan: Plan) -> None:
    """Raise `Forbidden` where a plan is also for people whom its editor does not see."""
    count = select(func.count()).where(PlanItem.plan_id == plan.id)
    seen = session.scalar(count)
    with everywhere(session):
        if session.scalar(count) != seen:
            raise Forbidden(f"Plan {plan.code} is also for people outside your departments; who is for all decides.")


def _people(session: Session, plan: Plan) -> tuple[int, list[str]]:
    """How many items are not cancelled, and who of their people left."""
    live = (PlanItem.plan_id == plan.id, PlanItem.status != "cancelled")
    left = session.scalars(
        select(Employee.code).join(PlanItem, PlanItem.employee_id == Employee.id)
        .where(*live, Employee.left_on <= today()).order_by(Employee.code).limit(6)
    )
    return session.scalar(select(func.count()).where(*live)) or 0, list(left)


def _begin_training(session: Session, plan: Plan) -> None:
    """Where it was the last plan of its change to be published, the change is being taught from here on."""
    change = _change_of(session, plan.change_id)
    if change is not None and change.state == "approved":
        waiting = select(Plan.id).where(Plan.change_id == change.id, Plan.status.in_(rules.OPEN), Plan.id != plan.id)
        if session.scalar(waiting.limit(1)) is None:
            changing.move(session, change, follow_change("approved", "begin_training", change.code))


def _send_back(session: Session, change_id: int, reason: str) -> None:
    """A change that cannot be taught as planned goes back to who proposed it, and its other plans are closed."""
    change = _change_of(session, change_id)
    if change is not None and change.state == "approved":
        changing.move(session, change, follow_change("approved", "send_back", change.code), reason=reason)
        close_of(session, change_id, reason)


def _change_of(session: Session, change_id: int | None) -> Change | None:
    query = select(Change).where(Change.id == change_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True)) if change_id is not None else None


def close_of(session: Session, change_id: int, reason: str) -> None:
    """Close the plans of a change that is gone; who was trained stays trained, who was not is not asked any more."""
    with everywhere(session):
        live = select(Plan).where(Plan.change_id == change_id, Plan.status.in_((*rules.OPEN, "published")))
        for plan in session.scalars(live.with_for_update()).all():
            _end(session, plan, rules.follow(plan.status, "close", plan.code).after, reason)  # type: ignore[arg-type]


def _end(session: Session, plan: Plan, status: str, reason: str) -> None:
    plan.status, plan.closed_reason = status, reason
    session.flush()
    session.execute(
        update(PlanItem).where(PlanItem.plan_id == plan.id, PlanItem.status.in_(("draft", "open")))
        .values(status="cancelled", cancelled_reason=reason).execution_options(synchronize_session="fetch")
    )
    touch(session, [plan.id])
    publish(session, Event(f"plan.{status}", f"plans/{plan.code}", {"kind": plan.kind}))

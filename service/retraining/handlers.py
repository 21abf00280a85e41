"""What retraining does when something happens elsewhere."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import jobs
from service.db.context import everywhere
from service.events.publishing import Event, handle
from service.processes.tables import Change
from service.retraining import telling
from service.retraining.completing import settle
from service.retraining.concerned import asked
from service.retraining.deciding import close_of
from service.retraining.drafting import draft
from service.retraining.frequencies import judge


def register() -> None:
    """Listen."""
    handle("training_records.recorded", _trained)
    handle("change.submitted", _submitted)
    handle("change.approved", _approved)
    handle("change.withdrawn", _withdrawn)
    handle("inspections.recorded", _inspected)
    handle("employees.recorded", _moved)
    handle("assignments.recorded", _moved)
    for name in telling.CHANGES:
        handle(name, telling.of_change)
    for name in ("plan.drafted", "plan.published"):
        handle(name, telling.of_plan)
    for name in ("plan.accepted", "plan.changed"):
        handle(name, telling.of_people)
    handle("plan_item.repeated", telling.of_repetition)
    handle("plan.judged", telling.of_results)


def _trained(session: Session, event: Event) -> None:
    """Somebody's training may have ended: by an import, by the API, or on its plan."""
    settle(session)


def _submitted(session: Session, event: Event) -> None:
    """Nobody reviews what could not be taught: it is refused where no course teaches it."""
    with everywhere(session):
        asked(session, _change(session, event))


def _approved(session: Session, event: Event) -> None:
    """Whom it concerns is to be trained."""
    draft(session, _change(session, event))


def _withdrawn(session: Session, event: Event) -> None:
    """Nobody is trained for what will not come."""
    change = _change(session, event)
    close_of(session, change.id, f"{change.code} was withdrawn.")


def _change(session: Session, event: Event) -> Change:
    return session.scalars(select(Change).where(Change.code == event.subject.removeprefix("changes/"))).one()


def _inspected(session: Session, event: Event) -> None:
    """The results after a plan may be in."""
    judge(session)


def _moved(session: Session, event: Event) -> None:
    """Staff came in by some door: what they lack is worked out once everything that came with them is there."""
    jobs.defer(session, "retraining.follow")

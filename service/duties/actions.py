"""The responsibility map: adding a duty, changing it, ending it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.clock import now
from service.db.context import because, everywhere
from service.duties.creating import create_ahead
from service.duties.schemas import DutyChanges, DutyGiven
from service.duties.tables import Duty, Obligation
from service.errors import Conflict, Invalid, NotFound, ReasonRequired, RetraceError, Violation
from service.events.publishing import Event, publish
from service.people.reach import accounts_for
from service.people.tables import Department
from service.records.tags import refuse_stale, tag
from service.sectors.cadence import cadence
from service.settings import settings


class NobodyAnswers(RetraceError):
    """A duty that would be nobody's."""

    status = 422
    kind = "no-owner"


def today() -> date:
    """The day it is at the site."""
    return now().astimezone(settings().zone).date()


def add(session: Session, given: DutyGiven, template: str | None = None) -> Duty:
    """Add a duty, and draw up what it asks for this month and the next.

    Raises `BadCadence`, `NobodyAnswers`, `Invalid` for a department nobody knows, `Conflict` for a code that is taken.
    """
    if session.scalar(select(Duty.id).where(Duty.code == given.code)) is not None:
        raise Conflict(f"There is a duty {given.code!r} already; change that one, or choose another code.")
    department = None if given.department_code is None else _department(session, given.department_code)
    said = given.model_dump(exclude={"department_code", "start_on", "valid_from"})
    begins = given.valid_from or today()
    duty = Duty(
        **said, department_id=department, template=template, valid_from=begins,
        start_on=given.start_on or begins.replace(month=1, day=1),
    )
    _refuse_unsound(session, duty)
    session.add(duty)
    session.flush()
    create_ahead(session, [duty.id])
    publish(session, Event("duty.added", f"duties/{duty.code}", {"deliverable": duty.deliverable}))
    return duty


def change(session: Session, code: str, given: DutyChanges, if_match: str) -> Duty:
    """Change a duty as it was read, with a reason; what has not begun is drawn up anew, what has begun stays.

    Raises `NotFound`, `PreconditionFailed`, `ReasonRequired`, `BadCadence`, `NobodyAnswers`.
    """
    if given.reason is None:
        raise ReasonRequired("Say why: a duty is not changed without a reason.")
    query = select(Duty).where(Duty.code == code).with_for_update().execution_options(populate_existing=True)
    duty = session.scalar(query)
    if duty is None:
        raise NotFound(f"There is no duty {code!r}.")
    refuse_stale(if_match, state_tag(duty))
    because(session, given.reason)
    amend(session, duty, given.model_dump(exclude={"reason"}, exclude_unset=True))
    return duty


def amend(session: Session, duty: Duty, said: Mapping[str, Any]) -> None:
    """Set what is said of a duty, and draw up anew what it asks for. Raises as `change` does."""
    required = {"title", "cadence", "start_on", "due_days", "remind_days", "escalate_days", "role", "valid_from"}
    for name, value in said.items():
        if value is not None or name not in required:
            setattr(duty, name, value)
    _refuse_unsound(session, duty)
    duty.updated_at = now()
    session.flush()
    session.execute(
        delete(Obligation).where(
            Obligation.duty_id == duty.id, Obligation.state == "open", Obligation.starts_at > now()
        )
    )
    create_ahead(session, [duty.id])
    publish(session, Event("duty.changed", f"duties/{duty.code}"))


def state_tag(duty: Duty) -> str:
    """The ETag of a duty."""
    return tag(duty.id, int(duty.updated_at.timestamp() * 1_000_000))


def owner(session: Session, department_id: int | None, function: str | None) -> int | None:
    """The department that owes a duty: its own, or the topmost with the function."""
    if department_id is not None:
        return department_id
    found = select(Department.id).where(Department.function == function)
    return session.scalar(found.order_by(Department.parent_id.nulls_first(), Department.id).limit(1))


def _refuse_unsound(session: Session, duty: Duty) -> None:
    """Raise for a duty that never falls due, ends before it begins, or would be nobody's."""
    cadence(duty.cadence, duty.start_on)
    if duty.valid_to is not None and duty.valid_to < duty.valid_from:
        raise Invalid([Violation("duties", None, "valid_to", duty.valid_to, "lies before valid_from")])
    with everywhere(session), session.no_autoflush:
        place = owner(session, duty.department_id, duty.function)
        if place is None:
            raise NobodyAnswers(
                f"No department has the function {duty.function}, so nobody would owe {duty.code}; add one first."
            )
        if not accounts_for(session, duty.role, place):
            raise NobodyAnswers(
                f"No account with the role {duty.role} is for the department that would owe {duty.code}, so nobody "
                "would answer for it; make one first, or choose another role."
            )


def _department(session: Session, code: str) -> int:
    found = session.scalar(select(Department.id).where(Department.code == code))
    if found is None:
        problem = "no such code in departments; load it first"
        raise Invalid([Violation("duties", None, "department_code", code, problem)])
    return found

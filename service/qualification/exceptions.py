"""What people decide beside the rules: supervised work, and suspensions."""


from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session, aliased

from service.access import Principal
from service.clock import now
from service.db.base import Query as Columns
from service.db.context import because, everywhere
from service.errors import Conflict, Invalid, NotFound, Violation
from service.events.publishing import Event, publish
from service.people.tables import Account, Employee
from service.processes.tables import Process
from service.qualification.evidence import Asked as Question
from service.qualification.evidence import standings
from service.qualification.gate import LONGEST_SUPERVISION
from service.qualification.people import find, hold_back_checks, process_named, refuse_absent
from service.qualification.rules import QUALIFIED
from service.qualification.schemas import (
    LiftGiven,
    SupervisionGiven,
    SupervisionPage,
    SupervisionRead,
    SuspensionGiven,
    SuspensionPage,
    SuspensionRead,
)
from service.qualification.tables import Supervision, Suspension
from service.records.codes import new_code
from service.records.paging import Asked, Cursors
from service.records.wiretypes import Id

_SUPERVISIONS, _SUSPENSIONS = Cursors("supervisions", Id), Cursors("suspensions", Id)


def supervise(session: Session, actor: Principal, given: SupervisionGiven) -> SupervisionRead:
    """Let somebody work under a named colleague until a moment.

    Raises `NotFound`, `Invalid` for who supervises himself or is not qualified himself, and for an end that has
    passed or lies too far off.
    """
    at = now()
    process = process_named(session, given.process_code)
    with everywhere(session):
        learner = find(session, given.employee_code, process, None, at)
        mentor = find(session, given.supervisor_code, process, None, at)
    refuse_absent(learner, at)
    refuse_absent(mentor, at)
    if learner.employee_id == mentor.employee_id:
        problem = "is the same person; nobody supervises himself"
        raise Invalid([_wrong("supervisor_code", given.supervisor_code, problem)])
    if not at < given.until <= at + LONGEST_SUPERVISION:
        problem = f"must lie ahead, and within {LONGEST_SUPERVISION.days} days"
        raise Invalid([_wrong("until", given.until.isoformat(), problem)])
    with everywhere(session):
        (standing,) = standings(session, [Question(mentor.employee_id, mentor.process_id, None, at)])
    if standing.outcome != QUALIFIED:
        problem = f"is not qualified for {given.process_code} ({standing.outcome}); name somebody who is"
        raise Invalid([_wrong("supervisor_code", given.supervisor_code, problem)])
    because(session, given.reason)
    code = new_code("SV")
    session.execute(insert(Supervision).values(
        code=code, employee_id=learner.employee_id, process_id=learner.process_id, supervisor_id=mentor.employee_id,
        since=at, until=given.until, reason=given.reason, account_id=actor.account_id,
    ))
    publish(session, Event("supervision.begun", f"supervisions/{code}", {"process": given.process_code}))
    return SupervisionRead(**session.execute(_supervisions().where(Supervision.code == code)).mappings().one())


def supervisions(session: Session, asked: Asked) -> SupervisionPage:
    """Supervised work, newest first. Raises `BadCursor`."""
    query = _SUPERVISIONS.newest_first(_supervisions(), asked, Supervision.id, Supervision.created_at)
    found = session.execute(query).mappings().all()
    following = _SUPERVISIONS.following(asked, [row["id"] for row in found])
    return SupervisionPage(items=[SupervisionRead(**row) for row in found], next=following)


def _supervisions() -> Columns:
    mentor = aliased(Employee)
    return (
        select(
            Supervision.id, Supervision.code, Employee.code.label("employee_code"), Process.code.label("process_code"),
            mentor.code.label("supervisor_code"), Supervision.since, Supervision.until, Supervision.reason,
            Account.name.label("by"),
        )
        .join(Employee, Employee.id == Supervision.employee_id)
        .join(Process, Process.id == Supervision.process_id)
        .join(mentor, mentor.id == Supervision.supervisor_id)
        .join(Account, Account.id == Supervision.account_id)
    )


def suspend(session: Session, actor: Principal, given: SuspensionGiven) -> SuspensionRead:
    """Take somebody off a process, or off all, from now on; checks under way are waited for.

    Raises `NotFound`, `Invalid` for an end that has passed.
    """
    employee = session.scalar(select(Employee.id).where(Employee.code == given.employee_code))
    if employee is None:
        raise NotFound(f"There is no employee {given.employee_code!r} in your departments.")
    process = None
    if given.process_code is not None:
        process = session.scalar(select(Process.id).where(Process.code == given.process_code))
        if process is None:
            raise NotFound(f"There is no process {given.process_code!r} in your departments.")
    because(session, given.reason)
    hold_back_checks(session, employee)
    at = now()
    if given.until is not None and given.until <= at:
        raise Invalid([_wrong("until", given.until.isoformat(), "must lie ahead")])
    code = new_code("SU")
    session.execute(insert(Suspension).values(
        code=code, employee_id=employee, process_id=process, since=at, until=given.until, reason=given.reason,
        account_id=actor.account_id, decided_at=at,
    ))
    publish(session, Event("suspension.begun", f"suspensions/{code}"))
    return _suspension(session, code)


def lift(session: Session, actor: Principal, code: str, given: LiftGiven) -> SuspensionRead:
    """End a suspension. Raises `NotFound`, `Conflict` where it has ended."""
    row = session.scalar(select(Suspension).where(Suspension.code == code).with_for_update())
    if row is None:
        raise NotFound(f"There is no suspension {code!r}.")
    at = now()
    if row.lifted_at is not None or (row.until is not None and row.until <= at):
        raise Conflict(f"Suspension {code} has ended already.")
    because(session, given.reason)
    lifted = {"lifted_at": at, "lifted_by": actor.account_id, "lifted_reason": given.reason}
    session.execute(update(Suspension).where(Suspension.id == row.id).values(lifted))
    publish(session, Event("suspension.lifted", f"suspensions/{code}"))
    return _suspension(session, code)


def suspensions(session: Session, asked: Asked) -> SuspensionPage:
    """Suspensions, newest first. Raises `BadCursor`."""
    query = _SUSPENSIONS.newest_first(_suspensions(), asked, Suspension.id, Suspension.decided_at)
    found = session.execute(query).mappings().all()
    following = _SUSPENSIONS.following(asked, [row["id"] for row in found])
    return SuspensionPage(items=[SuspensionRead(**row) for row in found], next=following)


def _suspension(session: Session, code: str) -> SuspensionRead:
    return SuspensionRead(**session.execute(_suspensions().where(Suspension.code == code)).mappings().one())


def _suspensions() -> Columns:
    return (
        select(
            Suspension.id, Suspension.code, Employee.code.label("employee_code"), Process.code.label("process_code"),
            Suspension.since, Suspension.until, Suspension.reason, Account.name.label("by"), Suspension.lifted_at,
            Suspension.lifted_reason,
        )
        .join(Employee, Employee.id == Suspension.employee_id)
        .outerjoin(Process, Process.id == Suspension.process_id)
        .join(Account, Account.id == Suspension.account_id)
    )


def _wrong(column: str, value: object, problem: str) -> Violation:
    return Violation("supervisions" if column == "supervisor_code" else "gate", None, column, value, problem)

"""What happens in the records, as the delivery of a duty: by which event, of which departments, shown by what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.clock import now
from service.difficulties.tables import DifficultyReport
from service.events.publishing import Event
from service.inspections.tables import Inspection
from service.people.actions import departments_of
from service.people.tables import Account, Assignment, Department
from service.processes.tables import Process, ProcessVersion
from service.settings import settings
from service.standards.tables import StandardVersion


@dataclass(frozen=True)
class Delivered:
    """A record that shows something was delivered; where it belongs to, if it says so."""

    record: str
    department_id: int | None = None


#: what an event delivered: what this transaction recorded, or what the event is about
Find = Callable[[Session, Event], list[Delivered]]


@dataclass(frozen=True)
class Actor:
    """Who acts: an account in its role, and the departments it answers for (None: the whole site)."""

    account_id: int
    role: str
    departments: frozenset[int] | None


def _subject(session: Session, event: Event) -> list[Delivered]:
    return [Delivered(event.subject)]


def _reports(session: Session, event: Event) -> list[Delivered]:
    row = DifficultyReport
    query = select(row.code, row.department_id).where(row.recorded_at >= func.now(), row.revision == 1)
    return [Delivered(f"difficulty_reports/{code}", place) for code, place in session.execute(query.order_by(row.id))]


def _inspections(session: Session, event: Event) -> list[Delivered]:
    row = Inspection
    place = func.coalesce(
        row.department_id, select(Process.department_id).where(Process.id == row.process_id).scalar_subquery()
    )
    query = select(row.code, place).where(row.recorded_at >= func.now(), row.result.is_not(None))
    return [Delivered(f"inspections/{code}", at) for code, at in session.execute(query.order_by(row.id))]


def _standards(session: Session, event: Event) -> list[Delivered]:
    query = select(StandardVersion.code).where(StandardVersion.recorded_at >= func.now())
    return [Delivered(f"standard_versions/{code}") for code in session.scalars(query.order_by(StandardVersion.id))]


def _processes(session: Session, event: Event) -> list[Delivered]:
    row = ProcessVersion
    query = (
        select(row.code, Process.department_id).join(Process, Process.id == row.process_id)
        .where(row.recorded_at >= func.now())
    )
    return [Delivered(f"process_versions/{code}", place) for code, place in session.execute(query.order_by(row.id))]


def _reviewed(kind: str) -> Find:
    """A proposed change of that kind that quality answered."""

    def found(session: Session, event: Event) -> list[Delivered]:
        return [Delivered(event.subject)] if event.data.get("kind") == kind else []

    return found


def _answered(kind: str) -> dict[str, Find]:
    return {f"change.{answer}": _reviewed(kind) for answer in ("approved", "rejected", "changes_requested")}


#: deliverable -> the events that deliver it, and what each delivered
DELIVERED_BY: Mapping[str, Mapping[str, Find]] = {
    "difficulty_list": {"difficulty_reports.recorded": _reports},
    "standard_review": {"standard_versions.recorded": _standards, **_answered("standard")},
    "process_review": {
        "process_versions.recorded": _processes, "process_change.decided": _subject, **_answered("process")
    },
    "plan": {"plan.accepted": _subject, "plan.published": _subject},
    "inspection": {"inspections.recorded": _inspections},
    "issue_review": {"cause.decided": _subject, "issue.closed": _subject},
}


def actor(session: Session) -> Actor | None:
    """Who acts in this transaction; None for the site's own processes and its command line.

    Somebody answers for the departments they are assigned to today; assigned to none, for those of their account.
    """
    number = session.scalar(select(func.scope.account()))
    account = session.get(Account, number) if number is not None else None
    if account is None:
        return None
    assigned = _assigned(session, account.employee_id)
    if assigned:
        return Actor(account.id, account.role, assigned)
    return Actor(account.id, account.role, None if account.everywhere else departments_of(session, account.id))


def _assigned(session: Session, employee: int | None) -> frozenset[int]:
    today = now().astimezone(settings().zone).date()
    query = select(Assignment.department_id).where(
        Assignment.employee_id == employee, Assignment.from_date <= today,
        func.coalesce(Assignment.to_date, today) >= today,
    )
    return frozenset(session.scalars(query)) if employee is not None else frozenset()


def lines_up(session: Session) -> dict[int, list[int]]:
    """Each department and those it lies within, itself first."""
    parents = dict(session.execute(select(Department.id, Department.parent_id)).all())
    return {department: _line(department, parents) for department in parents}


def _line(department: int, parents: Mapping[int, int | None]) -> list[int]:
    line: list[int] = []
    at: int | None = department
    while at is not None and at not in line:
        line.append(at)
        at = parents.get(at)
    return line

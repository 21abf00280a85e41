"""From what somebody typed to the work it is about."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import Conflict, NotFound
from service.issues.tables import Issue
from service.people.tables import Department, Employee
from service.processes.tables import Process
from service.qualification.evidence import as_known
from service.qualification.staff import below
from service.trace.gathering import BEFORE, CLOSELY, named_by
from service.trace.schemas import Subject
from service.work.genealogy import id_of
from service.work.tables import Batch, WorkParticipant, WorkRecord

#: a complaint that names no batch is about the work of the day before it
SHIFT = timedelta(hours=24)


@dataclass(frozen=True)
class Asked:
    """The work in question, the batch it is about if any, and when what went wrong came to light."""

    where: tuple[ColumnElement[bool], ...]
    at: datetime
    batch_id: int | None = None
    batch: str | None = None
    processes: tuple[int, ...] = ()
    department: int | None = None
    issue: str | None = None


def recognise(session: Session, said: str) -> list[tuple[Subject, str]]:
    """What bears a code or, for a person, a name: batches, issues, units and people of the caller's departments."""
    found: list[tuple[Subject, str]] = []
    by_code: tuple[tuple[Subject, Any], ...] = (
        ("batch", select(Batch.code).where(Batch.code == said, Batch.revision == 1)),
        ("issue", select(Issue.code).where(Issue.code == said, Issue.revision == 1)),
        ("unit", select(Department.code).where(Department.code == said)),
        ("employee", select(Employee.code).where(or_(Employee.code == said, Employee.name == said)).limit(20)),
    )
    for subject, query in by_code:
        found += [(subject, code) for code in session.scalars(query.order_by("code"))]
    return found


def of_batch(session: Session, code: str, known_at: datetime | None) -> Asked:
    """The work on a batch. Raises `NotFound`."""
    number = id_of(session, code)
    return Asked((WorkRecord.batch_id == number,), known_at or now(), number, code)


def of_employee(session: Session, said: str, known_at: datetime | None) -> tuple[Asked, str]:
    """What somebody did or took part in in the months before, by code or by name, and their code.

    Raises `NotFound`, and `Conflict` for a name that several people bear, with their codes.
    """
    rows = session.execute(
        select(Employee.id, Employee.code)
        .where(or_(Employee.code == said, Employee.name == said)).order_by(Employee.code)
    ).all()
    exact = [row for row in rows if row.code == said]
    if not rows:
        raise NotFound(f"There is no employee {said!r} in your departments.")
    if len(rows) > 1 and not exact:
        bearers = ", ".join(row.code for row in rows[:20])
        raise Conflict(f"{len(rows)} people bear the name {said!r}: {bearers}. Ask again with one of these codes.")
    who = (exact or rows)[0]
    at = known_at or now()
    own, recent = WorkRecord.employee_id == who.id, WorkRecord.started_at.between(at - BEFORE, at)
    shared = session.scalars(
        select(WorkParticipant.work_id)
        .where(WorkParticipant.employee_id == who.id, as_known(WorkParticipant, known_at))
        .order_by(WorkParticipant.id.desc()).limit(CLOSELY + 1)
    ).all()
    return Asked((recent, or_(own, named_by(session, shared)) if shared else own), at), who.code


def of_unit(session: Session, code: str, known_at: datetime | None) -> Asked:
    """What was done in the processes of a department, and of all below it, in the months before. Raises `NotFound`."""
    places = below(session, code)
    number = session.scalar(select(Department.id).where(Department.code == code))
    at = known_at or now()
    processes = tuple(session.scalars(select(Process.id).where(Process.department_id.in_(places))))
    done = and_(WorkRecord.process_id.in_(processes), WorkRecord.started_at.between(at - BEFORE, at))
    return Asked((done,), at, processes=processes, department=number)


def of_issue(session: Session, code: str, known_at: datetime | None) -> Asked:
    """The work an issue names, or that on its batch, or that of its process or unit in the day before it.

    Raises `NotFound`.
    """
    issue: Row[Any] | None = session.execute(  # type: ignore[assignment]
        select(Issue.work_id, Issue.batch_id, Issue.process_id, Issue.department_id, Issue.occurred_at)
        .where(Issue.code == code, as_known(Issue, known_at))
    ).one_or_none()
    if issue is None:
        raise NotFound(f"There is no issue {code!r}.")
    batch = issue.batch_id
    if batch is None and issue.work_id is not None:
        batch = session.scalar(select(WorkRecord.batch_id).where(WorkRecord.id == issue.work_id))
    name = session.scalar(select(Batch.code).where(Batch.id == batch)) if batch is not None else None
    processes = (issue.process_id,) if issue.process_id is not None else tuple(_processes(session, issue))
    where = tuple(_work(session, issue, batch, processes))
    return Asked(where, issue.occurred_at, batch, name, processes, issue.department_id, code)


def _processes(session: Session, issue: Row[Any]) -> list[int]:
    if issue.department_id is None:
        return []
    return list(session.scalars(select(Process.id).where(Process.department_id == issue.department_id)))


def _work(
    session: Session, issue: Row[Any], batch: int | None, processes: tuple[int, ...]
) -> list[ColumnElement[bool]]:
    if issue.work_id is not None:
        return [named_by(session, [issue.work_id])]
    if batch is not None:
        own = [WorkRecord.process_id == issue.process_id] if issue.process_id is not None else []
        return [WorkRecord.batch_id == batch, *own]
    before = WorkRecord.started_at.between(issue.occurred_at - SHIFT, issue.occurred_at)
    return [WorkRecord.process_id.in_(processes), before]

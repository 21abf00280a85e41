"""Which process and which department an issue concerns, said or by way of its work or batch; and codes it names."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from service.errors import Invalid, NotFound, Violation
from service.issues.schemas import Ref
from service.issues.tables import Issue
from service.people.tables import Department, Employee
from service.processes.tables import Process
from service.records.staged import referenced
from service.work.tables import Batch, WorkRecord


@dataclass(frozen=True)
class Place:
    """Where an issue belongs, by what its reader may see of it."""

    process_id: int | None
    process_code: str | None
    department_id: int | None


def place_of(session: Session, issue: str) -> Place:
    """The process and department of an issue, by its last revision. Raises `NotFound`."""
    named, later = aliased(Batch), aliased(Batch)
    of_batch = (
        select(later.process_id)
        .join(named, named.code == later.code)
        .where(named.id == Issue.batch_id, later.process_id.is_not(None))
        .order_by(later.revision.desc()).limit(1).correlate(Issue).scalar_subquery()
    )
    found = session.execute(
        select(Process.id, Process.code, func.coalesce(Issue.department_id, Process.department_id))
        .select_from(Issue)
        .outerjoin(WorkRecord, WorkRecord.id == Issue.work_id)
        .outerjoin(Process, Process.id == func.coalesce(Issue.process_id, WorkRecord.process_id, of_batch))
        .where(Issue.code == issue).order_by(Issue.revision.desc()).limit(1)
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no issue {issue!r}.")
    return Place(*found)


def department(session: Session, code: str) -> int:
    """The number of a department. Raises `Invalid`."""
    found = session.scalar(select(Department.id).where(Department.code == code))
    return _known(found, "departments", "department_code", code)


def employee(session: Session, code: str) -> int:
    """The number of an employee. Raises `Invalid`."""
    found = session.scalar(select(Employee.id).where(Employee.code == code))
    return _known(found, "employees", "employee_code", code)


def process(session: Session, code: str) -> int:
    """The number of a process. Raises `Invalid`."""
    found = session.scalar(select(Process.id).where(Process.code == code))
    return _known(found, "processes", "process_code", code)


def _known(found: int | None, table: str, column: str, code: str) -> int:
    if found is None:
        raise Invalid([Violation("request", None, column, code, f"no such code in {table}; load it first")])
    return found


def refs(session: Session, given: Sequence[Ref]) -> list[dict[str, str]]:
    """Records named, as they are kept, each once. Raises `Invalid` for those that nobody has."""
    wrong = []
    named = sorted({(ref.table, ref.code) for ref in given})
    for table, pairs in groupby(named, key=lambda pair: pair[0]):
        codes = [code for _, code in pairs]
        column = referenced(table).c.code
        known = set(session.scalars(select(column).where(column.in_(codes))))
        wrong += [Violation("request", None, "refs", code, f"no such code in {table}; load it first")
                  for code in codes if code not in known]
    if wrong:
        raise Invalid(wrong[:20])
    return [{"table": table, "code": code} for table, code in named]

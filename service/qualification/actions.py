"""Gaps in qualification, over many people at once."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, case, distinct, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from service.courses.tables import Course, CourseCover, Requirement, TrainingRecord
from service.people.tables import Employee
from service.processes.tables import Process
from service.qualification.rules import Demand, Taught, gap
from service.records import folder
from service.records.wire import latest
from service.standards.tables import StandardVersion
from service.work.tables import WorkRecord

#: who did a process within this time counts as working on it
RECENT = timedelta(days=90)


@dataclass(frozen=True)
class Gap:
    """A person who works on a process without meeting one of its demands."""

    employee_code: str
    process_code: str
    course_code: str
    reason: str


def gaps(session: Session, at: datetime) -> list[Gap]:
    """Everyone employed who recently worked on a process without the course it requires, as things stood at `at`."""
    versions = _versions_in_force(session, at)
    records = _records(session, at)
    found = []
    for need in _needs(session, at):
        demand = Demand(need.validity_days, versions.get(need.standard_id))
        reason = gap(records.get((need.employee_id, need.course_id), []), demand, at)
        if reason:
            found.append(Gap(need.employee, need.process, need.course, reason))
    return found


def _needs(session: Session, at: datetime) -> list[Row[tuple[str, str, str, int, int, int | None, int | None]]]:
    """Each person recently at work on a process, with each course the process requires."""
    several = func.count(distinct(CourseCover.standard_id)) > 1
    standard = (
        select(case((~several, func.min(CourseCover.standard_id))))
        .where(CourseCover.course_id == Course.id)
        .scalar_subquery()
    )
    demands = or_(Requirement.process_id == Process.id, Requirement.post_id == WorkRecord.post_id)
    employed = func.coalesce(Employee.left_on, at.date()) >= at.date()
    return list(
        session.execute(
            select(
                Employee.code.label("employee"), Process.code.label("process"), Course.code.label("course"),
                Employee.id.label("employee_id"), Course.id.label("course_id"),
                func.coalesce(Requirement.validity_days, Course.validity_days).label("validity_days"),
                standard.label("standard_id"),
            )
            .select_from(WorkRecord)
            .join(Employee, Employee.id == WorkRecord.employee_id)
            .join(Process, Process.id == WorkRecord.process_id)
            .join(Requirement, demands)
            .join(Course, Course.id == Requirement.course_id)
            .where(WorkRecord.started_at.between(at - RECENT, at), employed)
            .distinct()
            .order_by(Employee.code, Process.code, Course.code)
        )
    )


def _versions_in_force(session: Session, at: datetime) -> dict[int | None, str]:
    """The version of each standard in force at `at`."""
    rows = session.execute(
        select(StandardVersion.standard_id, StandardVersion.version)
        .where(StandardVersion.effective_at <= at)
        .ext(distinct_on(StandardVersion.standard_id))
        .order_by(StandardVersion.standard_id, StandardVersion.effective_at.desc())
    )
    return dict(rows.all())


def _records(session: Session, at: datetime) -> dict[tuple[int, int], list[Taught]]:
    """Finished training records by person and course, by their last revision."""
    row = TrainingRecord
    found = session.execute(
        select(row.employee_id, row.course_id, row.completed_at, row.result, row.standard_version).where(
            latest(folder.of(row)), row.completed_at <= at, row.result.in_(("passed", "failed"))
        )
    )
    by_person: dict[tuple[int, int], list[Taught]] = defaultdict(list)
    for employee, course, completed_at, result, version in found:
        assert completed_at is not None  # noqa: S101 - the query asks for it
        by_person[employee, course].append(Taught(completed_at, result, version))
    return by_person

"""Gaps in qualification, over many people at once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from service.courses.tables import Course
from service.people.tables import Employee
from service.processes.tables import Process
from service.qualification.evidence import Asked, gather
from service.qualification.matrix import load
from service.qualification.rules import standing
from service.qualification.staff import RECENT
from service.work.tables import WorkRecord


@dataclass(frozen=True)
class Gap:
    """A person who works on a process without meeting one of its demands."""

    employee_code: str
    process_code: str
    course_code: str
    reason: str


def gaps(session: Session, at: datetime) -> list[Gap]:
    """Everyone employed who recently worked on a process without a course it demands, as things stood at `at`."""
    working = _working(session, at)
    posts = {row.post_id for row in working if row.post_id is not None}
    matrix = load(session, {row.process_id for row in working}, posts).without_grace()
    titles = dict(session.execute(select(Course.id, Course.code)).all())
    asked = [Asked(row.employee_id, row.process_id, row.post_id, at) for row in working]
    shown = gather(session, asked, matrix, None)
    found = {}
    for row, question in zip(working, asked, strict=True):
        demands = matrix.demands(question.process_id, question.post_id, at)
        courses = {demand.code: titles[demand.courses[0]] for demand in demands if demand.courses}
        for answer in standing(demands, shown.person(question), at).unmet:
            if answer.kind in {"course", "assessment"} and answer.demand in courses and answer.reason:
                gap = Gap(row.employee, row.process, courses[answer.demand], answer.reason)
                found[gap.employee_code, gap.process_code, gap.course_code] = gap
    return [found[key] for key in sorted(found)]


def _working(session: Session, at: datetime) -> list[Row[tuple[str, str, int, int, int | None]]]:
    """Each person recently at work on a process, and on which posts."""
    employed = func.coalesce(Employee.left_on, at.date()) >= at.date()
    return list(
        session.execute(
            select(
                Employee.code.label("employee"), Process.code.label("process"), WorkRecord.employee_id,
                WorkRecord.process_id, WorkRecord.post_id,
            )
            .join(Employee, Employee.id == WorkRecord.employee_id)
            .join(Process, Process.id == WorkRecord.process_id)
            .where(WorkRecord.started_at.between(at - RECENT, at), employed)
            .distinct()
        )
    )

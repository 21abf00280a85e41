"""The words of the site as a matcher reads them: masked, and as they stood at a moment."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Text, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from models.text_records import Link, Records, Report, Target
from service.courses.tables import Course, CourseCover
from service.difficulties.masking import Masking
from service.difficulties.tables import DifficultyReport, ReportLink
from service.people.tables import Department, Employee, Post
from service.processes.tables import Process
from service.standards.tables import Clause, Standard, StandardVersion


def read(session: Session, at: datetime) -> Records:
    """Targets, masked reports, confirmed links and further names, as known at a moment.

    A clause is the one in force; what was confirmed of another version of it is taken as said of this one.
    """
    mask = Masking(session.scalars(select(Employee.name)))
    clauses, current = _clauses(session, at)
    targets = [*clauses, *_courses(session), *_processes(session)]
    return Records(targets, _reports(session, at, mask), _links(session, at, current), _names(session))


def _clauses(session: Session, at: datetime) -> tuple[list[Target], dict[str, str]]:
    """The clauses of the versions in force (the first, where none is yet); and which of them each clause stands for."""
    effective = StandardVersion.effective_at
    rows = session.execute(
        select(Clause.code, Clause.standard_id, Clause.version, Clause.clause, Clause.text, Standard.title)
        .join(Standard, Standard.id == Clause.standard_id)
        .join(StandardVersion, (StandardVersion.standard_id == Clause.standard_id)
              & (StandardVersion.version == Clause.version))
        .order_by(effective > at, func.abs(func.extract("epoch", effective - at)), Clause.id)
    ).all()
    version: dict[int, str] = {}
    for row in rows:
        version.setdefault(row.standard_id, row.version)
    kept = [row for row in rows if version[row.standard_id] == row.version]
    standing = {(row.standard_id, row.clause): row.code for row in kept}
    current = {
        row.code: standing[row.standard_id, row.clause] for row in rows if (row.standard_id, row.clause) in standing
    }
    return [Target("clause", row.code, f"{row.title} {row.text}") for row in kept], current


def _courses(session: Session) -> list[Target]:
    """Courses by title, and by the names of what they cover."""
    covered = func.concat_ws(" ", Process.name, Standard.title)
    rows = session.execute(
        select(Course.code, Course.title, func.string_agg(cast(covered, Text), " ").label("covers"))
        .outerjoin(CourseCover, CourseCover.course_id == Course.id)
        .outerjoin(Process, Process.id == CourseCover.process_id)
        .outerjoin(Standard, Standard.id == CourseCover.standard_id)
        .group_by(Course.code, Course.title).order_by(Course.code)
    )
    return [Target("course", row.code, f"{row.title} {row.covers or ''}".strip()) for row in rows]


def _processes(session: Session) -> list[Target]:
    rows = session.execute(select(Process.code, Process.name).order_by(Process.code))
    return [Target("process", row.code, row.name) for row in rows]


def _reports(session: Session, at: datetime, mask: Masking) -> list[Report]:
    """Every report in its last revision, from when it was first known."""
    inner = select(
        DifficultyReport.code, DifficultyReport.text, DifficultyReport.process_id,
        func.min(DifficultyReport.known_at).over(partition_by=DifficultyReport.code).label("known_at"),
        DifficultyReport.revision,
    ).where(DifficultyReport.known_at < at).subquery()
    rows = session.execute(
        select(inner, Process.code.label("process")).outerjoin(Process, Process.id == inner.c.process_id)
        .ext(distinct_on(inner.c.code)).order_by(inner.c.code, inner.c.revision.desc())
    )
    return [Report(row.code, mask(row.text), _plain(row.known_at), row.process) for row in rows]


def _links(session: Session, at: datetime, current: dict[str, str]) -> list[Link]:
    """What people confirmed and nobody took back since."""
    rows: Any = session.execute(
        select(ReportLink).where(ReportLink.decided_at < at)
        .ext(distinct_on(ReportLink.report_code, ReportLink.kind, ReportLink.target_code))
        .order_by(ReportLink.report_code, ReportLink.kind, ReportLink.target_code, ReportLink.id.desc())
    ).scalars()
    return [
        Link(row.report_code, row.kind, current.get(row.target_code, row.target_code), _plain(row.decided_at))
        for row in rows if row.verdict == "confirm"
    ]


def _names(session: Session) -> list[str]:
    columns = (Department.name, Post.name, Standard.title, Clause.text)
    return list(dict.fromkeys(name for column in columns for name in session.scalars(select(column).order_by(column))))


def _plain(moment: datetime) -> datetime:
    """In UTC, without a zone, as models take times."""
    return moment.astimezone(UTC).replace(tzinfo=None)

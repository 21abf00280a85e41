"""Which course is for which process, and how training goes."""

from datetime import datetime

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from service.courses.tables import Course, CourseCover, Requirement, TrainingRecord
from service.processes.tables import Process
from service.standards.tables import StandardVersion


def course_for_process(session: Session) -> dict[str, str]:
    """For each process, the code of the course to retrain in: the one it requires, else one that covers it."""
    required = select(Requirement.process_id, Requirement.course_id, literal(0).label("choice"))
    covering = select(CourseCover.process_id, CourseCover.course_id, literal(1))
    offered = union_all(required, covering).subquery()
    rows = session.execute(
        select(Process.code, Course.code)
        .join(offered, offered.c.process_id == Process.id)
        .join(Course, Course.id == offered.c.course_id)
        .ext(distinct_on(Process.code))
        .order_by(Process.code, offered.c.choice, Course.code)
    )
    return dict(rows.all())


def version_taught(session: Session, course_code: str, at: datetime) -> str | None:
    """The standard version a course teaches at a moment: the one it names, else the one in force; None without any."""
    in_force = (
        select(StandardVersion.version)
        .where(StandardVersion.standard_id == CourseCover.standard_id, StandardVersion.effective_at <= at)
        .order_by(StandardVersion.effective_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    return session.scalar(
        select(func.coalesce(CourseCover.standard_version, in_force))
        .join(Course, Course.id == CourseCover.course_id)
        .where(Course.code == course_code, CourseCover.standard_id.is_not(None))
        .order_by(CourseCover.id)
        .limit(1)
    )


def offered(session: Session) -> list[tuple[str, str]]:
    """Every course, as code and title, by title."""
    return [(code, title) for code, title in session.execute(select(Course.code, Course.title).order_by(Course.title))]


def passed_since(session: Session, since: datetime) -> int:
    """How many trainings were passed since a moment, as the records stand now."""
    later = aliased(TrainingRecord)
    last = ~select(later.id).where(later.code == TrainingRecord.code, later.revision > TrainingRecord.revision).exists()
    passed = (TrainingRecord.result == "passed") & (TrainingRecord.completed_at >= since)
    return session.scalar(select(func.count()).select_from(TrainingRecord).where(passed, last)) or 0

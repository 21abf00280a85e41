"""Courses, what they cover and who must take them; training records and surveys."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from service.courses.validity import wrong_with_day, wrong_with_window
from service.db.base import Evidence, Reference, choice, number_from, points_at

_WRITERS = frozenset({"people", "admin"})


class Course(Reference):
    """Something that can be learned and passed."""

    __tablename__ = "courses"
    __writers__ = _WRITERS

    title: Mapped[str]
    minutes: Mapped[int | None] = number_from(0, 100_000)
    validity_days: Mapped[int | None] = number_from(1, 36_500)
    method: Mapped[str | None]
    credits: Mapped[float | None] = number_from(0, 1_000)


class CourseCover(Reference):
    """What a course teaches: a standard (perhaps one version of it), a process, or both."""

    __tablename__ = "course_covers"
    __key__ = ("course_code", "standard_code", "standard_version", "process_code")
    __refers__ = {("standard_code", "standard_version"): "standard_versions"}
    __writers__ = _WRITERS

    course_id: Mapped[int] = points_at("courses")
    standard_id: Mapped[int | None] = points_at("standards")
    standard_version: Mapped[str | None]
    process_id: Mapped[int | None] = points_at("processes")


class Requirement(Reference):
    """A line of the training matrix: what a process or a post demands of whoever does it."""

    __tablename__ = "requirements"
    __key__ = ("process_code", "post_code", "kind", "course_code", "standard_code", "credential_kind")
    __attributes__ = {"valid_until": wrong_with_day, "valid_window": wrong_with_window}
    __writers__ = frozenset({"people", "quality", "admin"})

    process_id: Mapped[int | None] = points_at("processes")
    post_id: Mapped[int | None] = points_at("posts")
    kind: Mapped[str | None] = choice(
        "kind", "course", "assessment", "supervised", "licence", "authorisation", "practice"
    )
    course_id: Mapped[int | None] = points_at("courses")
    standard_id: Mapped[int | None] = points_at("standards", index=False)
    credential_kind: Mapped[str | None]
    count: Mapped[int | None] = number_from(1, 100_000)
    validity_days: Mapped[int | None] = number_from(1, 36_500)


class TrainingRecord(Evidence):
    """One person's way through one course; names the standard version it taught."""

    __tablename__ = "training_records"
    __order__ = (("assigned_at", "completed_at"),)
    __occurred__ = ("completed_at",)
    __writers__ = _WRITERS

    employee_id: Mapped[int] = points_at("employees")
    course_id: Mapped[int] = points_at("courses")
    standard_version: Mapped[str | None]
    assigned_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    result: Mapped[str] = choice("result", "passed", "failed", "absent", "open", info={"open": "open"})
    score: Mapped[float | None]
    trainer_id: Mapped[int | None] = points_at("employees", index=False)
    minutes: Mapped[int | None] = number_from(0, 100_000)


# records lie on disk nearly in the order of time: ranges of blocks find those of a month
Index(None, TrainingRecord.completed_at, postgresql_using="brin", postgresql_with={"autosummarize": "on"})


class Survey(Evidence):
    """What somebody thought of a department or a course, on a scale."""

    __tablename__ = "surveys"
    __order__ = (("score", "max_score"),)
    __occurred__ = ("occurred_at",)
    __writers__ = frozenset({"people", "quality", "operations", "admin"})

    department_id: Mapped[int | None] = points_at("departments")
    course_id: Mapped[int | None] = points_at("courses")
    occurred_at: Mapped[datetime]
    score: Mapped[float]
    max_score: Mapped[float]
    text: Mapped[str | None]

"""Quizzes, what was answered, and what people said of their own training."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base


class Quiz(Base):
    """A few questions on what a course teaches, perhaps of one standard version; the newest counts, none is changed."""

    __tablename__ = "quizzes"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    standard_version: Mapped[str | None]
    #: the share of questions to be answered right
    pass_mark: Mapped[float]
    #: `{"text": {"en": ..., "zh": ...}, "options": [{"en": ..., "zh": ...}], "right": 0}`
    questions: Mapped[list[Any]]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        Index(None, "course_id"), CheckConstraint("pass_mark > 0 AND pass_mark <= 1", name="pass_mark"),
    )


class QuizAttempt(Base):
    """What somebody answered; only ever added."""

    __tablename__ = "quiz_attempts"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    plan_item_id: Mapped[int] = mapped_column(ForeignKey("plan_items.id"), index=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quizzes.id"))
    answers: Mapped[list[Any]]
    share: Mapped[float]
    passed: Mapped[bool]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class CompletionClaim(Base):
    """Somebody's own word that they took a course. It is no result: who answers for the training records that."""

    __tablename__ = "completion_claims"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    plan_item_id: Mapped[int] = mapped_column(ForeignKey("plan_items.id"), unique=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

"""Sessions, and who has a seat in them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, choice
from service.retraining.tables import PlanItem
from service.training_sessions.rules import SEATS, STATES


class TrainingSession(Base):
    """A time and a place at which a course is held."""

    __tablename__ = "training_sessions"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"), index=True)
    place: Mapped[str]
    seats: Mapped[int]
    trainer_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[str] = choice("state", *STATES, server_default="planned")
    #: how often it was changed: the sequence of its calendar entry
    revision: Mapped[int] = mapped_column(server_default="0")
    #: why it was last moved, or cancelled
    reason: Mapped[str | None]
    reminded_at: Mapped[datetime | None]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="lasts"), CheckConstraint("seats > 0", name="seats"),
        # those that another one may overlap
        Index("ix_training_sessions_planned", "starts_at", postgresql_where=text("state = 'planned'")),
    )


class Seat(Base):
    """A seat for one item of a plan. Freed ones are kept: who was asked when is evidence too."""

    __tablename__ = "session_seats"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("training_sessions.id"), index=True)
    plan_item_id: Mapped[int] = mapped_column(ForeignKey("plan_items.id"))
    state: Mapped[str] = choice("state", *SEATS, server_default="taken")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        # one seat at a time
        Index("uq_session_seats_taken", "plan_item_id", unique=True, postgresql_where=text("state = 'taken'")),
    )


#: a seat counts while its item still asks for something: not once it was cancelled, or completed elsewhere
SITS = (Seat.state == "taken") & (
    select(PlanItem.id).where(PlanItem.id == Seat.plan_item_id, PlanItem.status == "open").correlate(Seat).exists()
)


class AssessmentResult(Base):
    """What somebody scored on one clause in the assessment of a training; only ever added."""

    __tablename__ = "assessment_results"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    training_id: Mapped[int] = mapped_column(ForeignKey("training_records.id"), index=True)
    clause_code: Mapped[str]
    score: Mapped[float]
    max_score: Mapped[float]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (CheckConstraint("score >= 0 AND score <= max_score AND max_score > 0", name="share"),)

"""Plans and their items, and what became of training frequency."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, choice
from service.retraining.rules import KINDS, METHODS, STATUSES


class Plan(Base):
    """Retraining that a planner decided on, or that was drafted for one to decide on."""

    __tablename__ = "plans"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    kind: Mapped[str] = choice("kind", *KINDS, server_default="retraining")
    status: Mapped[str] = choice("status", *STATUSES, server_default="published")
    #: the change it answers
    change_id: Mapped[int | None] = mapped_column(ForeignKey("changes.id"))
    #: how often its people were to be trained again because of poor results
    round: Mapped[int] = mapped_column(server_default="0")
    #: who made it, or whose step had it drafted; nobody's where an import did
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    published_at: Mapped[datetime | None]
    #: why it was rejected, or closed
    closed_reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    #: when it or one of its items was last changed
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    #: why it was last renamed or moved
    edited_reason: Mapped[str | None]

    __table_args__ = (Index(None, "change_id", postgresql_where=text("change_id IS NOT NULL")),)


class PlanItem(Base):
    """One person to take one course for one process; its training record tells how it went."""

    __tablename__ = "plan_items"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"), index=True)
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), index=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("processes.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    suggestion_id: Mapped[int | None] = mapped_column(ForeignKey("suggestions.id"))
    due_on: Mapped[date]
    status: Mapped[str] = choice("status", "draft", "open", "completed", "cancelled", default="open")
    #: the whole course, or reading what changed
    method: Mapped[str] = choice("method", *METHODS, server_default="course")
    minutes: Mapped[int | None]
    #: the standard version it is to teach, where it is not simply the one in force
    standard_version: Mapped[str | None]
    #: the assignment whose gap it closes, and with which it ends
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignments.id"))
    #: none before its plan is published
    training_id: Mapped[int | None] = mapped_column(ForeignKey("training_records.id"))
    #: the inspection asked for once it was passed, to see whether it helped
    inspection_id: Mapped[int | None] = mapped_column(ForeignKey("inspections.id"))
    cancelled_reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        UniqueConstraint("training_id"),
        CheckConstraint("training_id IS NOT NULL OR status IN ('draft', 'cancelled')", name="begun"),
        Index(None, "assignment_id", postgresql_where=text("assignment_id IS NOT NULL")),
    )


class FrequencyStep(Base):
    """What the inspections after a plan made of training frequency; only ever added, once for each plan."""

    __tablename__ = "frequency_steps"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"), unique=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("processes.id"), index=True)
    outcome: Mapped[str] = choice("outcome", "kept", "raised", "review")
    failed: Mapped[int]
    inspected: Mapped[int]
    #: the plan that was drafted to train them once more
    next_plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

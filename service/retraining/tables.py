"""Plans and their items."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Identity, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, choice


class Plan(Base):
    """Retraining that a planner decided on."""

    __tablename__ = "plans"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    #: when it or one of its items was last changed
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    #: why it was last renamed or moved
    edited_reason: Mapped[str | None]


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
    status: Mapped[str] = choice("status", "open", "completed", "cancelled", default="open")
    training_id: Mapped[int] = mapped_column(ForeignKey("training_records.id"))
    #: the inspection asked for once it was passed, to see whether it helped
    inspection_id: Mapped[int | None] = mapped_column(ForeignKey("inspections.id"))
    cancelled_reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (UniqueConstraint("training_id"),)

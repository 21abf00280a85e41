"""Duties, and what is owed because of them."""

from datetime import date, datetime
from typing import get_args

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, choice
from service.duties.rules import STATES
from service.sectors.schemas import Deliverable, Function, Role


class Duty(Base):
    """What a department, or a function as a whole, delivers again and again, and who answers for it."""

    __tablename__ = "duties"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    #: whose it is: a department's, or a function's, which is owed by the function's topmost department
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"), index=True)
    function: Mapped[str | None] = choice("function", *get_args(Function))
    #: the sector's duty it was made of at set-up
    template: Mapped[str | None]
    deliverable: Mapped[str] = choice("deliverable", *get_args(Deliverable))
    #: an iCalendar RRULE, and the day it counts from
    cadence: Mapped[str]
    start_on: Mapped[date]
    due_days: Mapped[int]
    remind_days: Mapped[int]
    escalate_days: Mapped[int]
    role: Mapped[str] = choice("role", *get_args(Role))
    #: periods that begin from the one to the other day, both included, are owed
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), server_default=text("scope.account()"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (CheckConstraint("(department_id IS NULL) <> (function IS NULL)", name="owner"),)


class Obligation(Base):
    """What is owed for one period of a duty. Once missed it stays missed, even if it is made up for."""

    __tablename__ = "obligations"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    duty_id: Mapped[int] = mapped_column(ForeignKey("duties.id"))
    #: who owes it
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id"), index=True)
    starts_on: Mapped[date]
    due_on: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    due_at: Mapped[datetime]
    remind_at: Mapped[datetime]
    escalate_at: Mapped[datetime]
    state: Mapped[str] = choice("state", *STATES, server_default="open")
    #: the record it was fulfilled by, as `table/code`; or why there was nothing to report
    evidence: Mapped[str | None]
    reason: Mapped[str | None]
    #: when it was fulfilled or said to be empty, in time or late, and by whom
    settled_at: Mapped[datetime | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    reminded_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        UniqueConstraint("duty_id", "starts_on"),
        # the few that the clock may still move
        Index("ix_obligations_unsettled", "due_at", postgresql_where=text("settled_at IS NULL")),
    )

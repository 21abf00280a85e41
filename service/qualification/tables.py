"""Gates and who switched them, checks, suspensions, supervised work, and work that came without a passed check."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, choice

MODES = ("off", "warn", "block")
OUTCOMES = (
    "qualified", "supervised", "no_requirement_defined", "suspended", "not_trained", "failed", "expired",
    "superseded_version",
)
WHYS = ("ungated", "warned", "supervised", "emergency")


class GateSwitch(Base):
    """From when a process's gate is off, warns or blocks, who switched it and why."""

    __tablename__ = "gate_switches"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("processes.id"))
    mode: Mapped[str] = choice("mode", *MODES)
    reason: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (Index(None, "process_id", "at"),)


class Suspension(Base):
    """A time in which somebody may not do a process (none: any), decided by a named person."""

    __tablename__ = "suspensions"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), index=True)
    process_id: Mapped[int | None] = mapped_column(ForeignKey("processes.id"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    reason: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    lifted_reason: Mapped[str | None]


class Supervision(Base):
    """Somebody works under a named qualified colleague, until a moment, for a reason."""

    __tablename__ = "supervisions"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), index=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("processes.id"))
    supervisor_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    since: Mapped[datetime]
    #: it ends by itself
    until: Mapped[datetime]
    reason: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class GateCheck(Base):
    """What the gate answered to somebody about to start, and on which evidence."""

    __tablename__ = "gate_checks"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    process_id: Mapped[int] = mapped_column(ForeignKey("processes.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    #: the work that began with it, where Retrace started it
    work_id: Mapped[int | None] = mapped_column(ForeignKey("work_records.id"))
    mode: Mapped[str] = choice("mode", *MODES)
    outcome: Mapped[str] = choice("outcome", *OUTCOMES)
    allowed: Mapped[bool]
    emergency: Mapped[bool]
    reason: Mapped[str | None]
    #: the demands not met, each with its reason and evidence
    unmet: Mapped[list[Any]]
    #: every record it stands on
    evidence: Mapped[list[str]]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    checked_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    #: an emergency is reviewed by somebody else, within a day
    review_due_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    review: Mapped[str | None]

    __table_args__ = (Index(None, "employee_id", "process_id", "checked_at"),)


class StandingKept(Base):
    """Whether somebody was qualified for a process when that was last worked out, and since when it is so.

    Kept to see what changed and to list it; whoever decides asks the rules anew.
    """

    __tablename__ = "standings"

    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("processes.id"), primary_key=True)
    outcome: Mapped[str] = choice("outcome", *OUTCOMES)
    until: Mapped[datetime | None]
    since: Mapped[datetime]

    __table_args__ = (Index(None, "since"),)


class WorkFlag(Base):
    """Work on a gated process that was not simply let through: it is kept, and inspected."""

    __tablename__ = "work_flags"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    work_id: Mapped[int] = mapped_column(ForeignKey("work_records.id"))
    why: Mapped[str] = choice("why", *WHYS)
    outcome: Mapped[str] = choice("outcome", *OUTCOMES)
    evidence: Mapped[list[str]]
    check_id: Mapped[int | None] = mapped_column(ForeignKey("gate_checks.id"))
    flagged_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (UniqueConstraint("work_id"),)

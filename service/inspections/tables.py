"""Inspections, their findings, and which of them must be performed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Evidence, Part, choice, number_from, points_at

_WRITERS = frozenset({"quality", "admin"})


class Inspection(Evidence):
    """An order to look at a batch, a work record, a person on a process, or a unit; with a result, what was seen.

    `inspector_code` is free: inspectors may come from outside.
    """

    __tablename__ = "inspections"
    __order__ = (("nonconforming", "sample_size"),)
    __occurred__ = ("performed_at",)
    __writers__ = _WRITERS

    kind: Mapped[str] = choice(
        "kind", "routine", "incoming", "first_article", "in_process", "final", "patrol", "record_review", "audit",
        "effectiveness", "random",
    )
    batch_id: Mapped[int | None] = points_at("batches")
    work_id: Mapped[int | None] = points_at("work_records")
    employee_id: Mapped[int | None] = points_at("employees")
    process_id: Mapped[int | None] = points_at("processes")
    department_id: Mapped[int | None] = points_at("departments")
    inspector_code: Mapped[str | None]
    due_at: Mapped[datetime | None]
    performed_at: Mapped[datetime | None]
    result: Mapped[str | None] = choice("result", "pass", "fail")
    sample_size: Mapped[int | None] = number_from(0, 10**12)
    nonconforming: Mapped[int | None] = number_from(0, 10**12)
    score: Mapped[float | None]


# records lie on disk nearly in the order of time: ranges of blocks find those of a month
Index(None, Inspection.performed_at, postgresql_using="brin", postgresql_with={"autosummarize": "on"})


class Finding(Part):
    """Something that did not conform."""

    __tablename__ = "findings"
    __parent__ = "inspection_code"
    __writers__ = _WRITERS

    inspection_id: Mapped[int] = points_at("inspections")
    clause: Mapped[str | None]
    severity: Mapped[str] = choice("severity", "minor", "major", "critical")
    count: Mapped[int | None] = number_from(1, 10**12)
    text: Mapped[str | None]


class InspectionFloor(Base):
    """From when a process's floor stands as it does, who set it and why."""

    __tablename__ = "inspection_floors"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("processes.id"))
    after_change_days: Mapped[int]
    after_failure_pieces: Mapped[int]
    first_article: Mapped[list[str]]
    share: Mapped[float]
    reason: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (Index(None, "process_id", "at"),)


class InspectionOrder(Base):
    """An inspection that must be performed, and why; it waits until it is."""

    __tablename__ = "inspection_orders"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    inspection_code: Mapped[str] = mapped_column(unique=True)
    work_id: Mapped[int] = mapped_column(ForeignKey("work_records.id"), unique=True)
    whys: Mapped[list[str]]
    #: how likely the work was to be chosen, for estimates over what was inspected
    propensity: Mapped[float]
    ordered_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class ReserveDraw(Base):
    """Whether an inspection was drawn for the random reserve, and how likely that was."""

    __tablename__ = "reserve_draws"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    inspection_code: Mapped[str] = mapped_column(unique=True)
    chance: Mapped[float]
    drawn: Mapped[bool]
    drawn_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

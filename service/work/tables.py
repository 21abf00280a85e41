"""Batches, their inputs, and work records with those who took part."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, declared_attr

from service.db.base import Evidence, Part, choice, number_from, points_at

_WRITERS = frozenset({"operations", "admin"})


class Batch(Evidence):
    """A production lot, a patient case or a guest stay."""

    __tablename__ = "batches"
    __order__ = (("started_at", "finished_at"),)
    __occurred__ = ("finished_at", "started_at")
    __writers__ = _WRITERS

    product: Mapped[str | None]
    process_id: Mapped[int | None] = points_at("processes")
    quantity: Mapped[float | None] = number_from(0, 1e15)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


# records lie on disk nearly in the order of time: ranges of blocks find those of a month
Index(None, Batch.finished_at, postgresql_using="brin", postgresql_with={"autosummarize": "on"})


class BatchInput(Part):
    """A batch that went into another."""

    __tablename__ = "batch_inputs"
    __parent__ = "batch_code"
    __chains__ = "input_code"
    __writers__ = _WRITERS
    # which of a batch's sets is in force is one look into the index, however many inputs it has
    __table_args__ = (Index(None, "batch_id", "revision"),)

    batch_id: Mapped[int] = points_at("batches", index=False)
    input_id: Mapped[int] = points_at("batches", wire="input_code")
    quantity: Mapped[float | None] = number_from(0, 1e15)


class WorkRecord(Evidence):
    """One person doing one process step on one batch."""

    __tablename__ = "work_records"
    __order__ = (("started_at", "finished_at"),)
    __occurred__ = ("finished_at", "started_at")
    __writers__ = _WRITERS

    batch_id: Mapped[int | None] = points_at("batches")
    process_id: Mapped[int] = points_at("processes", index=False)
    process_version: Mapped[str | None]
    post_id: Mapped[int | None] = points_at("posts")
    employee_id: Mapped[int] = points_at("employees", index=False)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    self_check: Mapped[str] = choice("self_check", "pass", "fail", "missing", info={"open": "missing"})
    supervised_by_id: Mapped[int | None] = points_at("employees", wire="supervised_by", index=False)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        # what was done of a process in a time, and by whom
        return (
            *super().__table_args__, Index(None, "process_id", "started_at"),
            Index(None, "employee_id", "process_id", "started_at"),
        )


# records lie on disk nearly in the order of time: ranges of blocks find those of a month
Index(None, WorkRecord.finished_at, postgresql_using="brin", postgresql_with={"autosummarize": "on"})


class WorkParticipant(Evidence):
    """A further person who took part in a work record, and as what."""

    __tablename__ = "work_participants"
    __key__ = ("work_code", "employee_code")
    __writers__ = _WRITERS

    work_id: Mapped[int] = points_at("work_records")
    employee_id: Mapped[int] = points_at("employees")
    role: Mapped[str]

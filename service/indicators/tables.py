"""A department's monthly quality reports."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, choice
from service.indicators.rules import STATES


class QualityReport(Base):
    """What a department's indicators said of one month, and what is done about it; changed until somebody closes it."""

    __tablename__ = "quality_reports"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id"))
    #: its first day
    month: Mapped[date]
    state: Mapped[str] = choice("state", *STATES, server_default="open")
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    #: when it or one of its rows was last changed
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (UniqueConstraint("department_id", "month"),)


class QualityReportRow(Base):
    """One indicator of a report as it was counted when the report was drawn up; its target, action and owner."""

    __tablename__ = "quality_report_rows"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("quality_reports.id"))
    indicator: Mapped[str]
    #: the clause it is counted by
    detail: Mapped[str | None]
    numerator: Mapped[float]
    denominator: Mapped[float]
    value: Mapped[float | None]
    #: in the value's unit; who set it, perhaps in an earlier month
    target: Mapped[float | None]
    target_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    action: Mapped[str | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    due_on: Mapped[date | None]

    __table_args__ = (
        Index("uq_quality_report_rows_one", "report_id", "indicator", text("coalesce(detail, '')"), unique=True),
    )

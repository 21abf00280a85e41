"""Difficulty reports, and what each is about."""

from datetime import datetime

from pgvector.sqlalchemy import Vector
from sqlalchemy import ForeignKey, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Evidence, choice, number_from, points_at

#: what a report can be about, or like
LINKED = ("clause", "course", "report")


class DifficultyReport(Evidence):
    """What is hard, or where work piles up, in the words of those who do it; its author may stay unnamed."""

    __tablename__ = "difficulty_reports"
    __occurred__ = ("occurred_at",)
    __writers__ = frozenset({"operations", "employee", "admin"})

    kind: Mapped[str | None] = choice("kind", "difficulty", "bottleneck")
    department_id: Mapped[int] = points_at("departments")
    process_id: Mapped[int | None] = points_at("processes")
    reported_by_id: Mapped[int | None] = points_at("employees", wire="reported_by")
    occurred_at: Mapped[datetime]
    severity: Mapped[int] = number_from(1, 5)
    text: Mapped[str]


class ReportLink(Base):
    """What somebody said of a report: it is about this clause or course, or like this other report, or it is not.

    Only ever added: the last word on a report and a target is the one that counts.
    """

    __tablename__ = "report_links"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    report_code: Mapped[str]
    kind: Mapped[str] = choice("kind", *LINKED)
    target_code: Mapped[str]
    verdict: Mapped[str] = choice("verdict", "confirm", "reject")
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (Index(None, "report_code", "kind", "target_code"),)


class ReportReading(Base):
    """When a report was last compared with everything it may be about, and by which matcher."""

    __tablename__ = "report_readings"

    report_code: Mapped[str] = mapped_column(primary_key=True)
    model: Mapped[str]
    #: SHA-256 of the report's masked text, the matcher and what it was compared with
    basis: Mapped[str]
    read_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class ReportMatch(Base):
    """What a report may be about, best first, as of its reading."""

    __tablename__ = "report_matches"

    report_code: Mapped[str] = mapped_column(ForeignKey("report_readings.report_code"), primary_key=True)
    kind: Mapped[str] = choice("kind", *LINKED, primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    target_code: Mapped[str]
    score: Mapped[float]


class ReportProcess(Base):
    """The process that a report without one is about, by its text or by what somebody confirmed; only ever added.

    `known_at` is when it became known here, so that what a model learns from can be cut at it.
    """

    __tablename__ = "report_processes"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    report_code: Mapped[str] = mapped_column(index=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("processes.id"), index=True)
    how: Mapped[str] = choice("how", "matched", "confirmed")
    known_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class TextVector(Base):
    """A text as the embedder sees it: masked, and only asked for by nearness. No vector where it knew no word."""

    __tablename__ = "text_vectors"

    kind: Mapped[str] = choice("kind", *LINKED, primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    model: Mapped[str]
    #: SHA-256 of the text
    digest: Mapped[str]
    vector: Mapped[list[float] | None] = mapped_column(Vector())

"""Processes and their versions; proposed versions of processes and standards, on their way into force."""

from datetime import datetime
from typing import Any, get_args

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Reference, choice, points_at
from service.processes.rules import STATES, Consequence, Kind, Name

_WRITERS = frozenset({"operations", "quality", "admin"})

#: one version is proposed once at a time
_LIVE = text("state NOT IN ('rejected', 'withdrawn')")


class Process(Reference):
    """How something is made or done."""

    __tablename__ = "processes"
    __writers__ = _WRITERS

    name: Mapped[str]
    department_id: Mapped[int | None] = points_at("departments")


class ProcessVersion(Reference):
    """One version of a process and the standard versions it follows (`STD@3`)."""

    __tablename__ = "process_versions"
    __key__ = ("process_code", "version")
    __occurred__ = ("effective_at",)
    __refers__ = {("standards",): "standard_versions"}
    __writers__ = _WRITERS

    process_id: Mapped[int] = points_at("processes")
    version: Mapped[str]
    effective_at: Mapped[datetime]
    known_at: Mapped[datetime]
    known_assumed: Mapped[bool] = mapped_column(server_default="false")
    standards: Mapped[list[str] | None]
    status: Mapped[str | None]


class Change(Base):
    """A version of a process or of a standard that is proposed; it counts nowhere before it takes force."""

    __tablename__ = "changes"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    #: of which of both it is a new version
    process_id: Mapped[int | None] = mapped_column(ForeignKey("processes.id"))
    standard_id: Mapped[int | None] = mapped_column(ForeignKey("standards.id"))
    version: Mapped[str]
    #: counts what was proposed so far; a review names the one it judges
    revision: Mapped[int] = mapped_column(server_default="1")
    state: Mapped[str] = choice("state", *STATES)
    #: after a minor one, who was trained before only reads and understands
    scale: Mapped[str] = choice("scale", "major", "minor")
    summary: Mapped[str]
    #: the standard versions a process version follows (`STD@3`)
    standards: Mapped[list[str] | None]
    #: the clauses of a standard version: `{"clause": "4.2", "text": "…"}`
    clauses: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    #: which courses teach it, and which posts it concerns, where its author says so
    courses: Mapped[list[str] | None]
    posts: Mapped[list[str] | None]
    #: how long it takes to learn what changed
    minutes: Mapped[int | None]
    effective_at: Mapped[datetime]
    #: the share of the people concerned who must be trained before it takes force
    threshold: Mapped[float]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    review_due_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    in_force_at: Mapped[datetime | None]
    #: the share that was trained when it took force
    coverage: Mapped[float | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        CheckConstraint("num_nonnulls(process_id, standard_id) = 1", name="of_one_thing"),
        Index("uq_changes_process_version", "process_id", "version", unique=True, postgresql_where=_LIVE),
        Index("uq_changes_standard_version", "standard_id", "version", unique=True, postgresql_where=_LIVE),
    )

    @property
    def kind(self) -> Kind:
        """Whether it is of a process or of a standard."""
        return "process" if self.standard_id is None else "standard"


class ChangeStep(Base):
    """One step of a change; only ever added."""

    __tablename__ = "change_steps"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    change_id: Mapped[int] = mapped_column(ForeignKey("changes.id"), index=True)
    step: Mapped[str] = choice("step", "propose", *get_args(Name), *get_args(Consequence))
    #: of the proposal, when it was taken
    revision: Mapped[int]
    reason: Mapped[str | None]
    #: who took it; nobody's where it followed by itself
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

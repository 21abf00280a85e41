"""Processes and their versions."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Reference, points_at

_WRITERS = frozenset({"operations", "quality", "admin"})


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

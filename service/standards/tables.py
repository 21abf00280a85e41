"""Standards, their versions and clauses."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Reference, points_at

_WRITERS = frozenset({"quality", "admin"})


class Standard(Reference):
    """What quality demands of something."""

    __tablename__ = "standards"
    __writers__ = _WRITERS

    title: Mapped[str]


class StandardVersion(Reference):
    """One version of a standard, in force from its effective date until the next one's."""

    __tablename__ = "standard_versions"
    __key__ = ("standard_code", "version")
    __occurred__ = ("effective_at",)
    __writers__ = _WRITERS

    standard_id: Mapped[int] = points_at("standards")
    version: Mapped[str]
    effective_at: Mapped[datetime]
    known_at: Mapped[datetime]
    known_assumed: Mapped[bool] = mapped_column(server_default="false")
    change_summary: Mapped[str | None]


class Clause(Reference):
    """One demand of a standard version."""

    __tablename__ = "clauses"
    __key__ = ("standard_code", "version", "clause")
    __refers__ = {("standard_code", "version"): "standard_versions"}
    __writers__ = _WRITERS

    standard_id: Mapped[int] = points_at("standards")
    version: Mapped[str]
    clause: Mapped[str]
    text: Mapped[str]

"""Which versions of standards take effect when."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.standards.tables import StandardVersion


@dataclass(frozen=True)
class VersionCounts:
    """Standard versions that took effect since a moment, and those still to come."""

    effective: int
    coming: int


def versions_around(session: Session, since: datetime, at: datetime) -> VersionCounts:
    """How many standard versions took effect in [since, at], and how many will."""
    when = StandardVersion.effective_at
    effective, coming = session.execute(
        select(func.count().filter(when.between(since, at)), func.count().filter(when > at))
        .select_from(StandardVersion)
    ).one()
    return VersionCounts(effective, coming)

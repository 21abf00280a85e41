"""What was reported as hard, in numbers."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.difficulties.tables import DifficultyReport


def reported_since(session: Session, since: datetime) -> int:
    """How many difficulties and bottlenecks occurred since a moment."""
    reports = select(func.count(DifficultyReport.code.distinct())).where(DifficultyReport.occurred_at >= since)
    return session.scalar(reports) or 0

"""Fits by the calendar: whatever was fitted once is fitted anew, and the new version challenges."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from models.registry import Registry
from service.scoring.score import TARGETS
from service.suggestions import refits

#: a fit that failed, or that nobody promoted, is not asked for again within this time
RESTS = timedelta(days=7)


def renew(session: Session, home: Path, every: timedelta, at: datetime) -> list[str]:
    """Ask for a fit of each target whose newest version saw nothing of the last `every`; the targets asked for.

    A target that was never fitted is left to people; so is everything where `every` is zero.
    """
    return [target for target in TARGETS if every and _asked(session, Registry(home), target, every, at)]


def _asked(session: Session, registry: Registry, target: str, every: timedelta, at: datetime) -> bool:
    versions = registry.versions(target)
    if not versions or rests(session, target, at):
        return False
    until = datetime.fromisoformat(versions[0].trained_until).replace(tzinfo=UTC)
    if at - until < every:
        return False
    return refits.ask(session, target, f"by the calendar: the newest version saw nothing after {until:%Y-%m-%d}")


def rests(session: Session, target: str, at: datetime) -> bool:
    """Whether a fit of the target was asked for so lately that another would be one too many."""
    asked = refits.last_asked(session, target)
    return asked is not None and at - asked < RESTS

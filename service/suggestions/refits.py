"""Asking for a fit, and keeping what came of it. Whatever is fitted so becomes a challenger; people promote."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service import jobs
from service.events.publishing import Event, publish
from service.records.paging import Asked, Cursors
from service.records.wiretypes import Id
from service.suggestions.schemas import RefitPage, RefitRead
from service.suggestions.tables import Refit

JOB = "training.fit"


def ask(session: Session, target: str, why: str) -> bool:
    """Ask for a fit as a job, with the reason; whether this call asked: not if one waits or runs already."""
    made = insert(Refit).values(target=target, why=why).on_conflict_do_nothing().returning(Refit.id)
    if session.scalar(made) is None:
        return False
    jobs.defer(session, JOB, target=target)
    publish(session, Event("refit.asked", f"models/{target}", {"why": why}))
    return True


def end(session: Session, target: str, outcome: str, message: str) -> None:
    """Keep what came of the fit that was asked for."""
    ended = {"outcome": outcome, "message": message, "ended_at": func.clock_timestamp()}
    session.execute(update(Refit).where(Refit.target == target, Refit.outcome.is_(None)).values(ended))
    publish(session, Event("refit.ended", f"models/{target}", {"outcome": outcome}))


def last_asked(session: Session, target: str) -> datetime | None:
    """When a fit of the target was last asked for."""
    asked: datetime | None = session.scalar(select(func.max(Refit.opened_at)).where(Refit.target == target))
    return asked


def last(session: Session, target: str) -> Refit | None:
    """The last fit of the target that was asked for."""
    return session.scalar(select(Refit).where(Refit.target == target).order_by(Refit.id.desc()).limit(1))


def refits(session: Session, asked: Asked) -> RefitPage:
    """The fits asked for, newest first. Raises `BadCursor`."""
    changed = func.coalesce(Refit.ended_at, Refit.opened_at)
    query = _REFITS.newest_first(select(Refit), asked, Refit.id, changed)
    found, names = session.scalars(query).all(), RefitRead.model_fields
    following = _REFITS.following(asked, [refit.id for refit in found])
    return RefitPage(items=[RefitRead(**{name: getattr(refit, name) for name in names}) for refit in found],
                     next=following)


_REFITS = Cursors("refits", Id)


Run = Callable[[str], str]


def carry_out(begin: Callable[[], Session], target: str, fit: Run) -> None:
    """Run a fit that was asked for and keep what came of it; a failure is kept and then raised again."""
    try:
        said = fit(target)
    except Exception as error:
        with begin() as session, session.begin():
            end(session, target, "failed", str(error))
        raise
    with begin() as session, session.begin():
        end(session, target, "registered", said)

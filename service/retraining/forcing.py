"""The version that was approved and taught takes force: once its date has come, and enough people are trained."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.db.context import everywhere
from service.errors import Conflict
from service.events.publishing import Event, publish
from service.processes import actions as changing
from service.processes.putting import put_in_force
from service.processes.rules import follow, takes_force
from service.processes.tables import Change
from service.retraining.concerned import coverage


def take_force(session: Session, at: datetime | None = None) -> list[str]:
    """Put every change in force that may be by a moment; their codes. What nobody is concerned by needs no training."""
    at = at or now()
    taken = []
    with everywhere(session):
        due = select(Change.code).where(Change.state == "training", Change.effective_at <= at).order_by(Change.id)
        for code in session.scalars(due).all():
            change = changing.held(session, code)
            if change.state == "training" and _enough(session, change, at):
                put_in_force(session, change)
                changing.move(session, change, follow("training", "take_force", code))
                taken.append(code)
    return taken


def _enough(session: Session, change: Change, at: datetime) -> bool:
    share = covered(session, change, at)
    change.coverage = share
    return takes_force(at, change.effective_at, share, change.threshold)


def covered(session: Session, change: Change, at: datetime) -> float:
    """The share of what is to be learned that was passed since the approval; of nothing, all of it."""
    try:
        wanted, passed = coverage(session, change, at)
    except Conflict:  # its course or its process is gone: nothing shows that anybody is trained
        return 0.0
    return passed / wanted if wanted else 1.0


def remind(session: Session, at: datetime | None = None) -> int:
    """Tell once of each review that is overdue; of how many."""
    at = at or now()
    with everywhere(session):
        late = select(Change).where(
            Change.state == "in_review", Change.review_due_at < at, Change.reminded_at.is_(None)
        )
        found = session.scalars(late.with_for_update(skip_locked=True)).all()
        for change in found:
            change.reminded_at = at
        session.flush()
        publish(session, *(
            Event("change.review_overdue", f"changes/{change.code}", {"kind": change.kind, "version": change.version})
            for change in found
        ))
    return len(found)

"""What sessions do when something happens elsewhere: a seat of who is asked for nothing any more is free."""

from sqlalchemy.orm import Session

from service.events.publishing import Event, handle
from service.training_sessions.actions import free


def register() -> None:
    """Listen."""
    for name in ("plan_item.completed", "plan_item.cancelled", "plan.changed", "plan.rejected", "plan.closed"):
        handle(name, _free)


def _free(session: Session, event: Event) -> None:
    free(session)

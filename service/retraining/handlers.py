"""What retraining does when something happens elsewhere."""

from sqlalchemy.orm import Session

from service.events.publishing import Event, handle
from service.retraining.actions import settle


def register() -> None:
    """Listen."""
    handle("training_records.recorded", _trained)


def _trained(session: Session, event: Event) -> None:
    """Somebody's training may have ended: by an import, by the API, or on its plan."""
    settle(session)

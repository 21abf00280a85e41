"""What qualification does when something happens elsewhere."""

from sqlalchemy.orm import Session

from service.events.publishing import Event, handle
from service.qualification.flags import flag_recorded


def register() -> None:
    """Listen."""
    handle("work_records.recorded", _worked)


def _worked(session: Session, event: Event) -> None:
    """Work came in, by whatever door."""
    flag_recorded(session)

"""What duties do when something happens elsewhere: it may be what somebody owes."""

from sqlalchemy.orm import Session

from service.duties.deliverables import DELIVERED_BY
from service.duties.fulfilling import deliver
from service.events.publishing import Event, handle


def register() -> None:
    """Listen."""
    for name in sorted({name for events in DELIVERED_BY.values() for name in events}):
        handle(name, _happened)


def _happened(session: Session, event: Event) -> None:
    deliver(session, event)

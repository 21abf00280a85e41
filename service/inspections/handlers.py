"""What inspections do when something happens elsewhere, and when a result comes in by whatever door."""

from sqlalchemy.orm import Session

from service.db.context import everywhere
from service.events.publishing import Event, handle
from service.inspections.ordering import hold_to_orders, order_flagged, order_recorded


def register() -> None:
    """Listen."""
    handle("work.flagged", _flagged)
    handle("work_records.recorded", _worked)
    handle("inspections.recorded", _inspected)


def _flagged(session: Session, event: Event) -> None:
    """Work came without a passed check."""
    order_flagged(session, event.data["works"])


def _worked(session: Session, event: Event) -> None:
    """Work came in, on processes that may have a floor."""
    order_recorded(session)


def _inspected(session: Session, event: Event) -> None:
    """Results came in: none may close an ordered inspection that nobody performed."""
    with everywhere(session):
        hold_to_orders(session)

"""What the handling of issues does when something happens elsewhere."""

from sqlalchemy.orm import Session

from service.db.context import everywhere
from service.events.publishing import Event, handle
from service.issues.checks import settle


def register() -> None:
    """Listen. Every result passes here: by its own route or page, by the records' routes, or by a folder."""
    handle("inspections.recorded", _inspected)


def _inspected(session: Session, event: Event) -> None:
    """An effectiveness check may have its result; who found it need not be among those who see the issue."""
    with everywhere(session):
        settle(session)

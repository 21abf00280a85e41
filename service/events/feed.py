"""The feed: committed events in one order that never changes, read from a cursor."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, Row, Text, cast, func, select, update
from sqlalchemy.orm import Session

from service.events.tables import Outgoing

#: the advisory lock of who gives positions (any number of our own)
_ORDERING = 0x7265_6F72
_AT_ONCE = 5_000

FeedRow = Row[tuple[int, str, str, str, dict[str, object], datetime]]


def order(session: Session) -> list[int]:
    """Give committed events their positions, and answer with these.

    Only events of transactions older than every running one are taken, so that none appears later before one that
    was read already.
    """
    session.execute(select(func.pg_advisory_xact_lock(_ORDERING)))
    oldest_running = cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger)
    ready = (
        select(Outgoing.id, func.nextval("outbox_positions").label("position"))
        .where(Outgoing.id.in_(
            select(Outgoing.id)
            .where(Outgoing.position.is_(None), Outgoing.txid < oldest_running)
            .order_by(Outgoing.id)
            .limit(_AT_ONCE)
        ))
        .order_by(Outgoing.id)
        .cte("ready")
    )
    given = update(Outgoing).where(Outgoing.id == ready.c.id).values(position=ready.c.position)
    return [position for position in session.scalars(given.returning(Outgoing.position)) if position is not None]


def after(
    session: Session, position: int, limit: int, names: Collection[str] | None = None, since: datetime | None = None
) -> list[FeedRow]:
    """Events behind a position, in order."""
    query = select(
        Outgoing.position, cast(Outgoing.event_id, Text).label("id"), Outgoing.name, Outgoing.subject, Outgoing.data,
        Outgoing.at,
    ).where(Outgoing.position > position)
    if names is not None:
        query = query.where(Outgoing.name.in_(names))
    if since is not None:
        query = query.where(Outgoing.at >= since)
    return list(session.execute(query.order_by(Outgoing.position).limit(limit)))

"""Delivering committed events to the worker's consumers: at least once, and in order for each subject."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import Select, Text, func, insert, literal, select
from sqlalchemy.orm import Session, aliased

from service.clock import now
from service.events.feed import order
from service.events.publishing import Event
from service.events.tables import Delivery, Outgoing

log = structlog.get_logger(__name__)

#: (session, event, its stable id): what a consumer writes is committed together with the fact of its delivery
Consume = Callable[[Session, Event, UUID], None]


@dataclass(frozen=True)
class Consumer:
    """Who wants to be told of which events, after they are committed."""

    names: frozenset[str]
    consume: Consume


def relay(session: Session, consumers: Mapping[str, Consumer]) -> int:
    """Order what was committed, and note for each consumer what it is to be told; how many events there were."""
    ordered = order(session)
    for name, consumer in consumers.items():
        wanted = select(literal(name, Text), Outgoing.position, Outgoing.subject).where(
            Outgoing.position.in_(ordered), Outgoing.name.in_(consumer.names)
        )
        session.execute(insert(Delivery).from_select(["consumer", "position", "subject"], wanted))
    return len(ordered)


def deliver(session: Session, consumers: Mapping[str, Consumer]) -> bool:
    """Deliver the next event that is due; whether there was one.

    A failing event is tried again later, longer each time, and holds back only what follows on its own subject.
    """
    found = session.execute(_next()).one_or_none()
    if found is None:
        return False
    delivery, outgoing = found
    delivery.attempts += 1
    try:
        with session.begin_nested():
            event = Event(outgoing.name, outgoing.subject, outgoing.data)
            consumers[delivery.consumer].consume(session, event, outgoing.event_id)
    except Exception as error:  # noqa: BLE001 - whatever a consumer raises, the event is kept and tried again
        delivery.problem = f"{type(error).__name__}: {error}"[:500]
        delivery.due_at = now() + wait(delivery.attempts)
        log.warning("delivery failed", consumer=delivery.consumer, event_id=str(outgoing.event_id),
                    attempts=delivery.attempts)
    else:
        delivery.delivered_at, delivery.problem = now(), None
    session.flush()
    return True


def wait(attempts: int) -> timedelta:
    """How long to wait after a number of failed attempts: doubling from a second to an hour."""
    return timedelta(seconds=min(2 ** min(attempts - 1, 12), 3600))


def _next() -> Select[Delivery, Outgoing]:
    earlier = aliased(Delivery)
    held_back = (
        select(earlier.id)
        .where(
            earlier.consumer == Delivery.consumer, earlier.subject == Delivery.subject,
            earlier.position < Delivery.position, earlier.delivered_at.is_(None),
        )
        .exists()
    )
    return (
        select(Delivery, Outgoing)
        .join(Outgoing, Outgoing.position == Delivery.position)
        .where(Delivery.delivered_at.is_(None), Delivery.due_at <= func.clock_timestamp(), ~held_back)
        .order_by(Delivery.position)
        .limit(1)
        .with_for_update(of=Delivery, skip_locked=True)
    )

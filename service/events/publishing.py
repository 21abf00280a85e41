"""Publishing an event: an outbox row, and the handlers of other domains, all in the publisher's transaction."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from service.events.tables import Outgoing


@dataclass(frozen=True)
class Event:
    """Something that happened: `plan.accepted` to `plans/PLAN-1`. `data` names records by code, never persons."""

    name: str
    subject: str
    data: dict[str, Any] = field(default_factory=dict)


Handler = Callable[[Session, Event], None]

_handlers: dict[str, list[Handler]] = defaultdict(list)


def handle(name: str, handler: Handler) -> None:
    """Have a domain do something when an event happens, in the same transaction; said by `app.compose` alone."""
    if handler not in _handlers[name]:
        _handlers[name].append(handler)


def publish(session: Session, *events: Event) -> None:
    """Write events to the outbox and run their handlers; what a handler raises undoes the whole act."""
    _put_out(session, events)
    for event in events:
        for handler in _handlers[event.name]:
            handler(session, event)


def _put_out(session: Session, events: Sequence[Event]) -> None:
    if events:
        rows = [{"name": event.name, "subject": event.subject, "data": event.data} for event in events]
        session.execute(insert(Outgoing), rows)

"""Verifying the trail: from the database's rows and the checkpoints outside, with nothing else running."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.audit.chain import Checkpoint, Fault, Linked, faults
from service.audit.tables import LINES, AuditEvent, ChainLink

#: how many faults are told
SHOWN = 20


@dataclass(frozen=True)
class Verified:
    """What a verification found: how many events are chained, how many wait, and the first faults."""

    chained: int
    waiting: int
    faults: tuple[Fault, ...]


def verify(session: Session, checkpoints: list[Checkpoint]) -> Verified:
    """Compare the whole chain with the events and with the checkpoints kept outside."""
    found: list[Fault] = []
    for fault in faults(links(session), checkpoints):
        found.append(fault)
        if len(found) == SHOWN:
            break
    chained = session.scalar(select(func.count()).select_from(ChainLink)) or 0
    events = session.scalar(select(func.count()).select_from(AuditEvent)) or 0
    return Verified(chained, max(events - chained, 0), tuple(found))


def links(session: Session) -> Iterator[Linked]:
    """The chain as it is stored, each link with its event's text as it is now."""
    query = (
        select(ChainLink.position, ChainLink.event_id, ChainLink.hash, LINES.c.line)
        .outerjoin(LINES, LINES.c.id == ChainLink.event_id)
        .order_by(ChainLink.position)
    )
    rows = session.execute(query, execution_options={"yield_per": 20_000})
    return (Linked(position, event_id, bytes(known), line) for position, event_id, known, line in rows)

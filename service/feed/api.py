"""Routes: the events after a cursor."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel

from service.access import Transaction, allow
from service.events.feed import after

router = APIRouter(tags=["events"])


class EventRead(BaseModel):
    """Something that happened. Its `id` is the same wherever it is delivered."""

    id: str
    name: str
    subject: str
    at: AwareDatetime
    data: dict[str, Any]


class EventPage(BaseModel):
    """Events in the order they are told; `next` goes on behind the last, also when there is nothing new yet."""

    items: list[EventRead]
    next: str


@router.get("/events", dependencies=[Depends(allow("people", "quality", "operations", "data", whole_site=True))])
def events(
    transaction: Transaction,
    cursor: Annotated[int, Query(ge=0, le=2**62, description="`next` of the page before; 0 from the start")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    name: Annotated[list[str] | None, Query(max_length=50)] = None,
    updated_since: AwareDatetime | None = None,
) -> EventPage:
    """Committed events behind a cursor: none is ever told before one that was told already."""
    rows = after(transaction, cursor, limit, name, updated_since)
    read = [EventRead(id=row.id, name=row.name, subject=row.subject, at=row.at, data=row.data) for row in rows]
    return EventPage(items=read, next=str(rows[-1].position if rows else cursor))

"""Routes: searching the trail."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field

from service.access import Transaction, allow
from service.audit.reads import personal
from service.audit.search import AuditEventRead, Wanted, search

router = APIRouter(tags=["audit"])


class AuditPage(BaseModel):
    """A page of the trail, newest first."""

    items: list[AuditEventRead]
    next: str | None = None


class Asked(Wanted):
    """A search with its page."""

    updated_since: AwareDatetime | None = None
    cursor: int | None = Field(None, ge=1, le=2**62)
    limit: int = Field(100, ge=1, le=1000)


@router.get("/audit-events", dependencies=[Depends(allow("quality", whole_site=True)), personal("audit")])
def audit_events(asked: Annotated[Asked, Query()], transaction: Transaction) -> AuditPage:
    """What happened: who changed or read what, when, by which request and why."""
    wanted = Wanted(**asked.model_dump(include=set(Wanted.model_fields)))
    found = search(transaction, wanted, asked.cursor, asked.limit, asked.updated_since)
    return AuditPage(items=found, next=str(found[-1].id) if len(found) == asked.limit else None)

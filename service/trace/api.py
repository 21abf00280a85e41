"""Routes: type a batch, a name, a unit or an issue, get the cause."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.access import Transaction, allow
from service.audit.reads import personal
from service.trace import actions
from service.trace.schemas import Trace, TraceAsked

router = APIRouter(tags=["trace"])


@router.get("/trace", dependencies=[Depends(allow("operations", "quality", "people")), personal("trace")])
def trace(transaction: Transaction, asked: Annotated[TraceAsked, Query()]) -> Trace:
    """What happened, why, who answers for it, and what else was touched; every statement names its records."""
    return actions.trace(transaction, asked)

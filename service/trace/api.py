"""Routes: type a batch, a name, a unit or an issue, get the cause."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from service.access import Transaction, allow
from service.audit.reads import personal
from service.records.wiretypes import Named
from service.trace import actions, assessing
from service.trace.schemas import Assessed, Trace, TraceAsked

router = APIRouter(tags=["trace"])


@router.get("/trace", dependencies=[Depends(allow("operations", "quality", "people")), personal("trace")])
def trace(transaction: Transaction, asked: Annotated[TraceAsked, Query()]) -> Trace:
    """What happened, why, who answers for it, and what else was touched; every statement names its records."""
    return actions.trace(transaction, asked)


@router.post(
    "/issues/{code:path}/cause-assessments", status_code=status.HTTP_201_CREATED,
    dependencies=[Depends(allow("quality")), personal("trace")],
)
def assess(code: Named, transaction: Transaction) -> Assessed:
    """Trace an issue and keep the verdict beside it, to be confirmed or overruled by a named person."""
    return assessing.assess(transaction, code)

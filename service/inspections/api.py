"""Routes: inspections, findings, the queue, and recording a result."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from service.access import Transaction, allow
from service.audit.reads import personal
from service.inspections import actions
from service.inspections.schemas import Queue, QueueAsked, ResultGiven
from service.inspections.tables import Finding, Inspection
from service.records.routes import record_routes
from service.records.wiretypes import Named

router = APIRouter(tags=["inspections"])


@router.get(
    "/inspection-queue", dependencies=[Depends(allow("quality", "operations", "data")), personal("inspection_queue")]
)
def queue(transaction: Transaction, asked: Annotated[QueueAsked, Query()]) -> Queue:
    """Due inspections, riskiest first, each with why; or those that were missed."""
    return actions.queue(
        transaction, asked.limit, missed=asked.missed, cursor=asked.cursor, since=asked.updated_since
    )


@router.post(
    "/inspections/{code:path}/result", status_code=status.HTTP_204_NO_CONTENT, dependencies=[Depends(allow("quality"))]
)
def record_result(code: Named, body: ResultGiven, transaction: Transaction) -> None:
    """Record what an inspection found, with its findings; with a reason, correct it."""
    actions.record_result(transaction, code, body)


for row in (Inspection, Finding):
    router.include_router(record_routes(row))

"""Routes: inspections, findings, the queue, recording a result, and what must be inspected."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from service.access import Principal, Transaction, allow
from service.audit.reads import personal
from service.inspections import actions, floors
from service.inspections.schemas import FloorGiven, FloorRead, InspectedRead, Queue, QueueAsked, ResultGiven
from service.inspections.tables import Finding, Inspection
from service.records.routes import READERS, record_routes
from service.records.wiretypes import Named

router = APIRouter(tags=["inspections"])


@router.get(
    "/inspection-queue", dependencies=[Depends(allow("quality", "operations", "data")), personal("inspection_queue")]
)
def queue(transaction: Transaction, asked: Annotated[QueueAsked, Query()]) -> Queue:
    """Due inspections, what must be done first, then riskiest first, each with why; or those that were missed."""
    return actions.queue(
        transaction, asked.limit, missed=asked.missed, cursor=asked.cursor, since=asked.updated_since
    )


@router.get("/inspection-floors/{code:path}", dependencies=[Depends(allow(*READERS))])
def floor(code: Named, transaction: Transaction) -> FloorRead:
    """What must be inspected of a process, and who decided so when and why."""
    return floors.floor(transaction, code)


@router.put("/inspection-floors/{code:path}")
def set_floor(
    code: Named, body: FloorGiven, transaction: Transaction, actor: Annotated[Principal, Depends(allow("quality"))]
) -> FloorRead:
    """Say what must be inspected of a process, with a reason; a model may add to it, never take away."""
    return floors.set_floor(transaction, actor, code, body)


@router.get("/inspected-batches/{code:path}", dependencies=[Depends(allow(*READERS))])
def inspected(code: Named, transaction: Transaction) -> InspectedRead:
    """What was inspected of a batch so far: partial inspections add up."""
    return floors.inspected(transaction, code)


@router.post(
    "/inspections/{code:path}/result", status_code=status.HTTP_204_NO_CONTENT, dependencies=[Depends(allow("quality"))]
)
def record_result(code: Named, body: ResultGiven, transaction: Transaction) -> None:
    """Record what an inspection found, with its findings; with a reason, correct it."""
    actions.record_result(transaction, code, body)


for row in (Inspection, Finding):
    router.include_router(record_routes(row))

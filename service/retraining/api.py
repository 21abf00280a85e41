"""Routes: the planner's list, decisions, plans, completions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, status

from service.access import Principal, Transaction, allow
from service.errors import RetraceError
from service.retraining import actions, worklist
from service.retraining.schemas import Acceptance, Cancellation, Completion, Dismissal, PlanPage, Worklist

router = APIRouter(tags=["retraining"])

Planner = Annotated[Principal, Depends(allow("people"))]


@router.get("/suggestions", dependencies=[Depends(allow("people"))])
def suggestions(transaction: Transaction, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Worklist:
    """Who to retrain: up to `limit` that a rule asks for, then up to as many that a score suggests, each with why."""
    return worklist.worklist(transaction, limit)


@router.post("/plans", status_code=status.HTTP_201_CREATED)
def accept(body: Acceptance, transaction: Transaction, actor: Planner) -> dict[str, str]:
    """Accept suggestions into a plan (or edit: another course or date, with a reason); its code."""
    return {"code": actions.accept(transaction, body, actor).code}


@router.post("/suggestions/{suggestion_id}/dismissal", status_code=status.HTTP_204_NO_CONTENT)
def dismiss(
    suggestion_id: Annotated[int, Path(ge=1, le=2**62)], body: Dismissal, transaction: Transaction, actor: Planner
) -> None:
    """Turn a suggestion down, with a reason."""
    actions.dismiss(transaction, suggestion_id, body.reason, actor)


@router.get("/plans", dependencies=[Depends(allow("people", "operations", "quality", "data"))])
def plans(
    transaction: Transaction,
    cursor: Annotated[str | None, Query(max_length=30)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> PlanPage:
    """Plans with their items, newest first."""
    if cursor is not None and not cursor.isdecimal():
        raise RetraceError("cursor is not one this list gave; leave it out to start over.")
    return worklist.plans(transaction, int(cursor) if cursor else None, limit)


@router.post("/plan-items/{code}/completion", dependencies=[Depends(allow("people"))])
def complete(code: str, body: Completion, transaction: Transaction) -> dict[str, str | None]:
    """Record how an item's training went; the code of the inspection asked for, if it was passed."""
    return {"inspection_code": actions.complete(transaction, code, body)}


@router.post(
    "/plan-items/{code}/cancellation", status_code=status.HTTP_204_NO_CONTENT, dependencies=[Depends(allow("people"))]
)
def cancel(code: str, body: Cancellation, transaction: Transaction) -> None:
    """Take an item off its plan, with a reason; its training record stays open."""
    actions.cancel(transaction, code, body.reason)

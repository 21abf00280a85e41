"""Routes: the planner's list, decisions, plans, completions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from service.access import Principal, Transaction, allow
from service.audit.reads import personal
from service.records.paging import Asked
from service.records.routes import READERS
from service.records.tags import IfMatch, IfNoneMatch, is_known, refuse_unread
from service.records.wiretypes import Id, Named
from service.retraining import actions, completing, costs, deciding, frequencies, staff_moves, worklist
from service.retraining import plans as planned
from service.retraining.schemas import (
    Acceptance,
    Affected,
    Cancellation,
    Completion,
    Dismissal,
    FrequencyPage,
    PlanChanges,
    PlanPage,
    PlanRead,
    PlanStep,
    StaffMove,
    Worklist,
)

router = APIRouter(tags=["retraining"])

Planner = Annotated[Principal, Depends(allow("people"))]
_MAY_READ = [Depends(allow("people", "operations", "quality", "data")), personal("plans")]


@router.get("/suggestions", dependencies=[Depends(allow("people")), personal("suggestions")])
def suggestions(transaction: Transaction, asked: Annotated[Asked, Query()]) -> Worklist:
    """Who to retrain: up to `limit` that a rule asks for, then up to as many that a score suggests, each with why."""
    return worklist.worklist(transaction, asked.limit, asked.cursor, asked.updated_since)


@router.post("/plans", status_code=status.HTTP_201_CREATED)
def accept(body: Acceptance, transaction: Transaction, actor: Planner) -> dict[str, str]:
    """Accept suggestions into a plan (or edit: another course or date, with a reason); its code."""
    return {"code": actions.accept(transaction, body, actor).code}


@router.post("/suggestions/{suggestion_id}/dismissal", status_code=status.HTTP_204_NO_CONTENT)
def dismiss(suggestion_id: Id, body: Dismissal, transaction: Transaction, actor: Planner) -> None:
    """Turn a suggestion down, with a reason."""
    actions.dismiss(transaction, suggestion_id, body.reason, actor)


@router.get("/plans", dependencies=_MAY_READ)
def plans(transaction: Transaction, asked: Annotated[Asked, Query()]) -> PlanPage:
    """Plans with their items, newest first."""
    return planned.plans(transaction, asked)


@router.get(
    "/plans/{code}", dependencies=_MAY_READ, response_model=PlanRead,
    responses={304: {"description": "Unchanged since the ETag in If-None-Match"}},
)
def plan(
    code: Named, transaction: Transaction, response: Response, if_none_match: IfNoneMatch = None
) -> PlanRead | Response:
    """One plan with its items; its ETag is what a change of it, or of an item, names."""
    found, response.headers["ETag"] = planned.plan(transaction, code)
    if is_known(if_none_match, response.headers["ETag"]):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=dict(response.headers))
    return found


@router.patch("/plans/{code}", dependencies=[Depends(allow("people"))])
def change(
    code: Named, body: PlanChanges, transaction: Transaction, response: Response, if_match: IfMatch = None
) -> PlanRead:
    """Change a plan as you read it, with a reason: its name, who is on it, and until when."""
    found, response.headers["ETag"] = planned.change(transaction, code, body, refuse_unread(if_match))
    return found


@router.post("/plans/{code}/steps", status_code=status.HTTP_201_CREATED)
def take(
    code: Named, body: PlanStep, transaction: Transaction, actor: Planner, response: Response, if_match: IfMatch = None
) -> PlanRead:
    """Accept a drafted plan as you read it, reject it with a reason, or publish the accepted one."""
    deciding.take(transaction, code, body, actor, refuse_unread(if_match))
    found, response.headers["ETag"] = planned.plan(transaction, code)
    return found


@router.get("/changes/{code}/effects", dependencies=[Depends(allow(*READERS))])
def effects(code: Named, transaction: Transaction) -> Affected:
    """What a change touches, what it costs in people and minutes, and whether its date can be met."""
    return costs.affected(transaction, code)


@router.get("/training-frequencies", dependencies=[Depends(allow(*READERS))])
def training_frequencies(transaction: Transaction, asked: Annotated[Asked, Query()]) -> FrequencyPage:
    """What the inspections after each change's plans made of training frequency, newest first."""
    return frequencies.frequencies(transaction, asked)


@router.post("/staff-moves", status_code=status.HTTP_204_NO_CONTENT)
def move(body: StaffMove, transaction: Transaction, actor: Planner) -> None:
    """Record that somebody is hired, moves or leaves: the gap plan is drafted, and what ended is closed, at once."""
    staff_moves.record(transaction, body)


@router.post("/plan-items/{code}/completion", dependencies=[Depends(allow("people"))])
def complete(
    code: Named, body: Completion, transaction: Transaction, if_match: IfMatch = None
) -> dict[str, str | None]:
    """Record how an item's training went; the code of the inspection asked for, if it was passed."""
    return {"inspection_code": completing.complete(transaction, code, body, if_match)}


@router.post(
    "/plan-items/{code}/cancellation", status_code=status.HTTP_204_NO_CONTENT, dependencies=[Depends(allow("people"))]
)
def cancel(code: Named, body: Cancellation, transaction: Transaction, if_match: IfMatch = None) -> None:
    """Take an item off its plan, with a reason; its training record stays open."""
    completing.cancel(transaction, code, body.reason, if_match)

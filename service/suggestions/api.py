"""Routes: asking for a scoring, the last one of each target, and what was decided."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from service import jobs
from service.access import Transaction, allow
from service.suggestions import actions
from service.suggestions.schemas import DecisionPage, ScoringRead

router = APIRouter(tags=["suggestions"])

TARGETS = ("need", "risk-work", "risk-unit")


@router.post(
    "/scorings", status_code=status.HTTP_202_ACCEPTED, dependencies=[Depends(allow("people", "quality", "data"))]
)
def ask(transaction: Transaction) -> dict[str, bool]:
    """Score everyone anew, as a job; `queued` is false where one waits already."""
    return {"queued": jobs.defer(transaction, "scoring.score")}


@router.get("/scorings", dependencies=[Depends(allow("people", "quality", "operations", "data"))])
def latest(transaction: Transaction) -> list[ScoringRead]:
    """The last scoring of each target."""
    found = [actions.latest_scoring(transaction, target) for target in TARGETS]
    names = ScoringRead.model_fields
    return [ScoringRead(**{name: getattr(scoring, name) for name in names}) for scoring in found if scoring]


@router.get("/decisions", dependencies=[Depends(allow("people", "data"))])
def decisions(
    transaction: Transaction,
    cursor: Annotated[int | None, Query(ge=1, le=2**62, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> DecisionPage:
    """Who decided what, when and why, newest first."""
    return actions.decisions(transaction, cursor, limit)

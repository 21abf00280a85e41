"""Routes: asking for a scoring, the scorings made, and what was decided."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from service import jobs
from service.access import Transaction, allow
from service.audit.reads import personal
from service.records.paging import Asked
from service.suggestions import actions
from service.suggestions.schemas import DecisionPage, ScoringPage, ScoringsAsked

router = APIRouter(tags=["suggestions"])


@router.post(
    "/scorings", status_code=status.HTTP_202_ACCEPTED, dependencies=[Depends(allow("people", "quality", "data"))]
)
def ask(transaction: Transaction) -> dict[str, bool]:
    """Score everyone anew, as a job; `queued` is false where one waits already."""
    return {"queued": jobs.defer(transaction, "scoring.score")}


@router.get("/scorings", dependencies=[Depends(allow("people", "quality", "operations", "data"))])
def scorings(transaction: Transaction, asked: Annotated[ScoringsAsked, Query()]) -> ScoringPage:
    """The scorings made, newest first."""
    return actions.scorings(transaction, asked)


@router.get("/decisions", dependencies=[Depends(allow("people", "data")), personal("decisions")])
def decisions(transaction: Transaction, asked: Annotated[Asked, Query()]) -> DecisionPage:
    """Who decided what, when and why, newest first."""
    return actions.decisions(transaction, asked)

"""Routes: asking for a scoring, the scorings made, what was decided; refits; the switch that stops all models."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from service import jobs
from service.access import Principal, Transaction, allow
from service.audit.reads import personal
from service.records.paging import Asked
from service.suggestions import actions, refits, stopping
from service.suggestions.schemas import DecisionPage, RefitPage, ScoringPage, ScoringsAsked, SwitchGiven, SwitchRead

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


@router.get("/refits", dependencies=[Depends(allow("data"))])
def list_refits(transaction: Transaction, asked: Annotated[Asked, Query()]) -> RefitPage:
    """The fits that were asked for and what came of them, newest first."""
    return refits.refits(transaction, asked)


@router.get("/model-switch", dependencies=[Depends(allow("people", "quality", "operations", "data"))])
def model_switch(transaction: Transaction) -> SwitchRead:
    """Whether all models are stopped, and every turn of the switch."""
    return stopping.state(transaction)


@router.put("/model-switch")
def turn_model_switch(
    body: SwitchGiven, transaction: Transaction, actor: Annotated[Principal, Depends(allow("data", whole_site=True))]
) -> SwitchRead:
    """Stop all models, so that every list follows today's rule at once, or start them again."""
    return stopping.switch(transaction, actor, stop=body.stopped, reason=body.reason)

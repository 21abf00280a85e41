"""Routes: asking for a scoring, and the last one of each target."""

from fastapi import APIRouter, Depends, status
from pydantic import AwareDatetime, BaseModel

from service import jobs
from service.access import Transaction, allow
from service.suggestions import actions

router = APIRouter(tags=["suggestions"])

TARGETS = ("need", "risk-work", "risk-unit")


class ScoringRead(BaseModel):
    """A scoring: when, by which model, and why not by a better one."""

    target: str
    as_of: AwareDatetime
    model: str
    fallback: str | None
    fingerprint: str
    data_known_at: AwareDatetime | None


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

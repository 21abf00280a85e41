"""Routes: the records of difficulty reports, and what each is about."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from service.access import Principal, Transaction, allow
from service.audit.reads import personal
from service.difficulties import linking, queries
from service.difficulties.schemas import LinkGiven, MatchesRead
from service.difficulties.tables import DifficultyReport
from service.records.routes import READERS, record_routes
from service.records.wiretypes import Named

router = APIRouter(tags=["difficulties"])


@router.get(
    "/difficulty-reports/{code:path}/matches",
    dependencies=[Depends(allow(*READERS)), personal("report_matches")],
)
def matches(code: Named, transaction: Transaction) -> MatchesRead:
    """What a report may be about: clauses, courses and other reports like it, and what people said of each."""
    return queries.matches(transaction, code)


@router.post("/difficulty-reports/{code:path}/links", status_code=status.HTTP_201_CREATED)
def link(
    code: Named, body: LinkGiven, transaction: Transaction,
    actor: Annotated[Principal, Depends(allow("operations", "quality", "people"))],
) -> MatchesRead:
    """Confirm or reject that a report is about a clause or a course, or like another report; the last word counts."""
    linking.link(transaction, code, body, actor)
    return queries.matches(transaction, code)


for row in (DifficultyReport,):
    router.include_router(record_routes(row))

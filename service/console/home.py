"""The first page: the state of the loop, in numbers."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from service.access import Transaction
from service.clock import now
from service.console.pages import page
from service.console.session import MEMBERS
from service.courses import actions as courses
from service.difficulties import actions as difficulties
from service.indicators import counting as indicators
from service.inspections import actions as inspections
from service.retraining import worklist
from service.settings import settings
from service.standards import actions as standards
from service.suggestions import actions as suggestions

router = APIRouter(include_in_schema=False, dependencies=MEMBERS)

#: how far back "lately" reaches
LATELY = timedelta(days=30)
#: training takes its time: how far back it is looked at
QUARTER = timedelta(days=90)


@router.get("/")
def home(request: Request, transaction: Transaction) -> Response:
    """The loop."""
    return page(request, "home.html", **_state(transaction))


def _state(session: Session) -> dict[str, Any]:
    """What each station of the loop holds now."""
    at = now()
    since = at - LATELY
    return {
        "days": LATELY.days,
        "reports": difficulties.reported_since(session, since),
        "versions": standards.versions_around(session, since, at),
        "load": worklist.load(session, at.astimezone(settings().zone).date()),
        "trained": courses.passed_since(session, since),
        "tally": inspections.tally(session, since, at),
        "decisions": suggestions.decisions_made(session),
        "scorings": suggestions.last_scorings(session),
        "answered": indicators.lately(session, "days_to_trained", at - QUARTER, at),
        "coverage": indicators.lately(session, "inspection_coverage", since, at),
        "quarter": QUARTER.days,
    }

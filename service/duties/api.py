"""Routes: the sector's words, the responsibility map, the ledger, and the questions at set-up."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from service.access import Principal, Transaction, allow
from service.duties import actions, fulfilling, ledger, setup
from service.duties.schemas import (
    Answers,
    DutiesAsked,
    DutyChanges,
    DutyGiven,
    DutyPage,
    DutyRead,
    Ledger,
    LedgerAsked,
    NothingToReport,
    ObligationRead,
    Questions,
)
from service.records.routes import READERS
from service.records.tags import IfMatch, refuse_unread
from service.records.wiretypes import Named
from service.sectors.reading import sector
from service.sectors.schemas import Sector

router = APIRouter(tags=["duties"])

_MAY_READ = Depends(allow(*READERS))
_MAY_WRITE = Depends(allow("quality", "people"))
_MAY_ANSWER = Depends(allow("operations", "quality", "people"))


@router.get("/sector", dependencies=[_MAY_READ])
def words() -> Sector:
    """The site's sector: what things are called here, and what departments usually owe."""
    return sector()


@router.get("/duties", dependencies=[_MAY_READ])
def duties(transaction: Transaction, asked: Annotated[DutiesAsked, Query()]) -> DutyPage:
    """The responsibility map, newest duties first."""
    return ledger.duties(transaction, asked)


@router.post("/duties", status_code=status.HTTP_201_CREATED, dependencies=[_MAY_WRITE])
def add(body: DutyGiven, transaction: Transaction, response: Response) -> DutyRead:
    """Add a duty; what is owed this month and the next is drawn up at once."""
    actions.add(transaction, body)
    found, response.headers["ETag"] = ledger.duty(transaction, body.code)
    return found


@router.get("/duties/{code:path}", dependencies=[_MAY_READ])
def duty(code: Named, transaction: Transaction, response: Response) -> DutyRead:
    """One duty; its ETag is what a change names."""
    found, response.headers["ETag"] = ledger.duty(transaction, code)
    return found


@router.patch("/duties/{code:path}", dependencies=[_MAY_WRITE])
def change(
    code: Named, body: DutyChanges, transaction: Transaction, response: Response, if_match: IfMatch = None
) -> DutyRead:
    """Change or end a duty as you read it, with a reason; what has begun stays as it was owed."""
    actions.change(transaction, code, body, refuse_unread(if_match))
    found, response.headers["ETag"] = ledger.duty(transaction, code)
    return found


@router.get("/obligations", dependencies=[_MAY_READ])
def owed(transaction: Transaction, asked: Annotated[LedgerAsked, Query()]) -> Ledger:
    """The ledger: what was and will be owed, the last due first."""
    return ledger.ledger(transaction, asked)


@router.post("/obligations/{code:path}/nothing-to-report")
def say_nothing(
    code: Named, body: NothingToReport, transaction: Transaction,
    actor: Annotated[Principal, Depends(allow("operations", "quality", "people", "data"))],
) -> ObligationRead:
    """Say that there is nothing to report, and why; who answers for the duty may."""
    fulfilling.say_nothing(transaction, code, body.reason, actor)
    return ledger.obligation(transaction, code)


@router.get("/obligations/{code:path}", dependencies=[_MAY_READ])
def one(code: Named, transaction: Transaction) -> ObligationRead:
    """One of what is owed, and what became of it."""
    return ledger.obligation(transaction, code)


@router.get("/duty-questions/{code:path}", dependencies=[_MAY_ANSWER])
def questions(code: Named, transaction: Transaction) -> Questions:
    """What a department is asked at set-up, and what it answered so far."""
    return setup.questions(transaction, code)


@router.put("/duty-questions/{code:path}", dependencies=[_MAY_ANSWER])
def answer(code: Named, body: Answers, transaction: Transaction) -> Questions:
    """Answer for a department; its duties are written."""
    return setup.answer(transaction, code, body)

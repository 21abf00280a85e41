"""Routes: the records of processes, changes of processes and standards, and what did not follow."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from service.access import Principal, Transaction, allow
from service.audit.reads import personal
from service.processes import actions, queries
from service.processes.schemas import (
    ChangePage,
    ChangeRead,
    ChangesAsked,
    OutOfStepList,
    Proposal,
    Revised,
    StepTaken,
)
from service.processes.tables import Process, ProcessVersion
from service.records.routes import READERS, record_routes
from service.records.tags import IfMatch, refuse_unread
from service.records.wiretypes import Named

router = APIRouter(tags=["processes"])

Taker = Annotated[Principal, Depends(allow("operations", "quality"))]
_MAY_READ = [Depends(allow(*READERS)), personal("changes")]


@router.get("/changes", dependencies=_MAY_READ)
def changes(transaction: Transaction, asked: Annotated[ChangesAsked, Query()]) -> ChangePage:
    """Changes of processes and standards, newest first."""
    return queries.changes(transaction, asked)


@router.post("/changes", status_code=status.HTTP_201_CREATED)
def propose(body: Proposal, transaction: Transaction, actor: Taker, response: Response) -> ChangeRead:
    """Propose a version of a process (operations) or of a standard (quality); it counts once it takes force."""
    made = actions.propose(transaction, body, actor)
    return _shown(transaction, made.code, response)


@router.get("/changes/{code}", dependencies=_MAY_READ)
def change(code: Named, transaction: Transaction, response: Response) -> ChangeRead:
    """One change: what is proposed, what was done with it, what may follow; its ETag is what a step names."""
    return _shown(transaction, code, response)


@router.patch("/changes/{code}")
def revise(
    code: Named, body: Revised, transaction: Transaction, actor: Taker, response: Response, if_match: IfMatch = None
) -> ChangeRead:
    """Put another content in place of what is proposed, as you read it; a review names the revision it judges."""
    actions.revise(transaction, code, body, actor, refuse_unread(if_match))
    return _shown(transaction, code, response)


@router.post("/changes/{code}/steps", status_code=status.HTTP_201_CREATED)
def take(
    code: Named, body: StepTaken, transaction: Transaction, actor: Taker, response: Response, if_match: IfMatch = None
) -> ChangeRead:
    """Take the next step with a change, as it was read; none can be skipped, and nobody reviews their own."""
    actions.take(transaction, code, body, actor, refuse_unread(if_match))
    return _shown(transaction, code, response)


@router.get("/processes-out-of-step", dependencies=[Depends(allow(*READERS))])
def out_of_step(transaction: Transaction) -> OutOfStepList:
    """Processes whose version in force follows another version of a standard than the one in force."""
    return OutOfStepList(items=queries.out_of_step(transaction))


def _shown(transaction: Transaction, code: str, response: Response) -> ChangeRead:
    found, response.headers["ETag"] = queries.change(transaction, code)
    return found


for row in (Process, ProcessVersion,):
    router.include_router(record_routes(row))

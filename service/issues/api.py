"""Routes: the records of issues, how each is handled, its cause, and requests to change a process."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status

from service.access import Principal, Transaction, allow
from service.audit.reads import personal
from service.issues import actions, causes, changes, queries
from service.issues.schemas import (
    CasePage,
    CaseRead,
    CasesAsked,
    CauseDecisionGiven,
    ChangeAsked,
    ChangeDecision,
    ChangePage,
    ChangesAsked,
    StepGiven,
)
from service.issues.tables import Issue
from service.records.routes import READERS, record_routes
from service.records.tags import IfMatch, refuse_unread
from service.records.wiretypes import Named

router = APIRouter(tags=["issues"])

Handler = Annotated[Principal, Depends(allow("operations", "quality", "people"))]
_MAY_READ = Depends(allow(*READERS))


def _counting(request: Request) -> actions.Count:
    """How this application counts the work of qualified and of unqualified people."""
    count: actions.Count = request.app.state.count_work
    return count


Counting = Annotated[actions.Count, Depends(_counting)]


@router.get("/issue-cases", dependencies=[_MAY_READ])
def cases(transaction: Transaction, asked: Annotated[CasesAsked, Query()]) -> CasePage:
    """Issues and how far each is, the last recorded first."""
    return queries.cases(transaction, asked)


@router.get("/issues/{code:path}/case", dependencies=[_MAY_READ, personal("issue_cases")])
def case(code: Named, transaction: Transaction, response: Response, count: Counting) -> CaseRead:
    """How an issue is handled: what was done and found, what may follow and by whom; its ETag is what a step names."""
    found, response.headers["ETag"] = queries.case(transaction, code, count)
    return found


@router.post("/issues/{code:path}/steps", status_code=status.HTTP_201_CREATED)
def take(
    code: Named, body: StepGiven, transaction: Transaction, actor: Handler, response: Response, count: Counting,
    if_match: IfMatch = None,
) -> CaseRead:
    """Take the next step with an issue, as its case was read; none can be skipped."""
    actions.take(transaction, code, body, actor, refuse_unread(if_match), count)
    found, response.headers["ETag"] = queries.case(transaction, code, count)
    return found


@router.post("/issues/{code:path}/cause-decisions", status_code=status.HTTP_204_NO_CONTENT)
def decide_cause(
    code: Named, body: CauseDecisionGiven, transaction: Transaction,
    actor: Annotated[Principal, Depends(allow("quality"))],
) -> None:
    """Confirm or overrule what a trace found, with a reason; both are kept."""
    causes.decide(transaction, code, body, actor)


@router.post("/issues/{code:path}/process-change-requests", status_code=status.HTTP_201_CREATED)
def ask_for_change(code: Named, body: ChangeAsked, transaction: Transaction, actor: Handler) -> dict[str, str]:
    """Ask operations to change a process, where training will not fix it; the request's code."""
    return {"code": changes.ask(transaction, code, body, actor)}


@router.get("/process-change-requests", dependencies=[_MAY_READ])
def change_requests(transaction: Transaction, asked: Annotated[ChangesAsked, Query()]) -> ChangePage:
    """Requests to change a process, newest first."""
    return changes.changes(transaction, asked)


@router.post("/process-change-requests/{code}/decision", status_code=status.HTTP_204_NO_CONTENT)
def decide_change(
    code: Named, body: ChangeDecision, transaction: Transaction,
    actor: Annotated[Principal, Depends(allow("operations"))],
) -> None:
    """Accept or decline a request, with a reason."""
    changes.decide(transaction, code, body, actor)


for row in (Issue,):
    router.include_router(record_routes(row))

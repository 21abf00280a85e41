"""Routes: training sessions, their seats, and how they went."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from service.access import Principal, Transaction, allow
from service.audit.reads import personal
from service.records.routes import READERS
from service.records.tags import IfMatch, IfNoneMatch, is_known, refuse_unread
from service.records.wiretypes import Named
from service.training_sessions import actions, queries
from service.training_sessions.schemas import (
    Cancelled,
    Held,
    SeatsGiven,
    SessionChanges,
    SessionGiven,
    SessionPage,
    SessionRead,
    SessionsAsked,
    WaitingAsked,
    WaitingPage,
)

router = APIRouter(tags=["training sessions"])

_MAY_READ = [Depends(allow(*READERS)), personal("session_seats")]
_PLANNER = [Depends(allow("people"))]


@router.get("/training-sessions", dependencies=_MAY_READ)
def sessions(transaction: Transaction, asked: Annotated[SessionsAsked, Query()]) -> SessionPage:
    """Sessions with who has a seat, the last planned first."""
    return queries.sessions(transaction, asked)


@router.post("/training-sessions", status_code=status.HTTP_201_CREATED)
def plan(
    body: SessionGiven, transaction: Transaction, actor: Annotated[Principal, Depends(allow("people"))],
    response: Response,
) -> SessionRead:
    """Plan a session of a course, and give plan items a seat; they are told."""
    return _told(transaction, actions.plan(transaction, body, actor).code, response)


@router.get("/waiting-for-seats", dependencies=_MAY_READ)
def waiting(transaction: Transaction, asked: Annotated[WaitingAsked, Query()]) -> WaitingPage:
    """Who is on a published plan for a course and has no seat yet, in the order they were planned."""
    return queries.waiting(transaction, asked)


@router.get(
    "/training-sessions/{code}", dependencies=_MAY_READ, response_model=SessionRead,
    responses={304: {"description": "Unchanged since the ETag in If-None-Match"}},
)
def one(
    code: Named, transaction: Transaction, response: Response, if_none_match: IfNoneMatch = None
) -> SessionRead | Response:
    """One session; its ETag is what a change of it, or of its seats, names."""
    found = _told(transaction, code, response)
    if is_known(if_none_match, response.headers["ETag"]):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=dict(response.headers))
    return found


@router.get(
    "/training-sessions/{code}/calendar", dependencies=[Depends(allow(*READERS))], response_class=Response,
    responses={200: {"content": {"text/calendar": {}}, "description": "An iCalendar file"}},
)
def calendar(code: Named, transaction: Transaction) -> Response:
    """The session as a calendar file, without its people."""
    return Response(queries.calendar(transaction, code), media_type="text/calendar")


@router.patch("/training-sessions/{code}", dependencies=_PLANNER)
def change(
    code: Named, body: SessionChanges, transaction: Transaction, response: Response, if_match: IfMatch = None
) -> SessionRead:
    """Move a planned session as you read it, or change its place, trainer or seats; who has a seat is told."""
    actions.change(transaction, code, body, refuse_unread(if_match))
    return _told(transaction, code, response)


@router.post("/training-sessions/{code}/seats", status_code=status.HTTP_201_CREATED, dependencies=_PLANNER)
def seat(
    code: Named, body: SeatsGiven, transaction: Transaction, response: Response, if_match: IfMatch = None
) -> SessionRead:
    """Give plan items a seat; their people are told."""
    actions.seat(transaction, code, body.item_codes, refuse_unread(if_match))
    return _told(transaction, code, response)


@router.post("/training-sessions/{code}/freed-seats", status_code=status.HTTP_201_CREATED, dependencies=_PLANNER)
def unseat(
    code: Named, body: SeatsGiven, transaction: Transaction, response: Response, if_match: IfMatch = None
) -> SessionRead:
    """Take seats back; their people are told, and wait for another one."""
    actions.unseat(transaction, code, body.item_codes, refuse_unread(if_match))
    return _told(transaction, code, response)


@router.post("/training-sessions/{code}/cancellation", status_code=status.HTTP_201_CREATED, dependencies=_PLANNER)
def cancel(
    code: Named, body: Cancelled, transaction: Transaction, response: Response, if_match: IfMatch = None
) -> SessionRead:
    """Call a planned session off, with a reason; its people are told, and wait for another one."""
    actions.cancel(transaction, code, body.reason, refuse_unread(if_match))
    return _told(transaction, code, response)


@router.post("/training-sessions/{code}/attendance", status_code=status.HTTP_201_CREATED, dependencies=_PLANNER)
def record(
    code: Named, body: Held, transaction: Transaction, response: Response, if_match: IfMatch = None
) -> SessionRead:
    """Record who was there and how it went; who was absent or failed is on their plan once more."""
    actions.record(transaction, code, body.attendance, refuse_unread(if_match))
    return _told(transaction, code, response)


def _told(transaction: Transaction, code: str, response: Response) -> SessionRead:
    found, response.headers["ETag"] = queries.one(transaction, code)
    return found

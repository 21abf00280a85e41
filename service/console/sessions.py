"""Training sessions: who waits for a seat, sessions to come, and how they went."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.orm import Session

from service.access import Principal, Transaction, allow
from service.audit.reads import personal
from service.console.notes import confirmed
from service.console.pages import page, refusal, status_of
from service.console.session import MEMBERS
from service.errors import RetraceError
from service.records.wiretypes import Code, Named
from service.settings import settings
from service.training_sessions import actions, queries
from service.training_sessions.schemas import Cancelled, Held, SeatsGiven, SessionGiven, WaitingAsked

router = APIRouter(include_in_schema=False, dependencies=[*MEMBERS, personal("session_seats")], prefix="/sessions")

_Member = Depends(allow("operations", "quality", "people"))
_Planner = Annotated[Principal, Depends(allow("people"))]

#: people on one page who wait for a seat
_SHOWN = 200


class SessionForm(BaseModel):
    """A session to plan, or what is done with one (`act`) as its page showed it (`tag`); moments at the site."""

    course: str = ""
    place: str = ""
    seats: str = ""
    trainer: str = ""
    starts_at: str = ""
    ends_at: str = ""
    item: list[str] = Field(default_factory=list)
    result: list[str] = Field(default_factory=list)
    act: str = ""
    reason: str = ""
    tag: str = ""

    def session(self) -> SessionGiven:
        """The session to plan. Raises pydantic's `ValidationError`."""
        return SessionGiven.model_validate({
            "course_code": self.course, "place": self.place, "seats": self.seats.strip() or None,
            "trainer_code": self.trainer.strip() or None, "starts_at": _moment(self.starts_at),
            "ends_at": _moment(self.ends_at), "item_codes": self.item,
        })

    def held(self) -> Held:
        """How a session went; the columns arrive side by side. Raises pydantic's `ValidationError`."""
        rows = zip(self.item, self.result, strict=False)
        return Held.model_validate({
            "attendance": [{"item_code": item, "result": result} for item, result in rows]
        })


def _moment(typed: str) -> datetime | str:
    """What a browser's field for a moment says, at the site; anything else stays for validation to refuse."""
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=settings().zone)
    except ValueError:
        return typed


@router.get("", dependencies=[_Member])
def show(request: Request, transaction: Transaction, course: Annotated[Code | None, Query()] = None) -> Response:
    """Who waits, and the sessions."""
    return _shown(request, transaction, SessionForm(course=course or ""))


@router.post("")
def plan(
    request: Request, transaction: Transaction, actor: _Planner, form: Annotated[SessionForm, Form()]
) -> Response:
    """Plan a session."""
    try:
        with transaction.begin_nested():
            code = actions.plan(transaction, form.session(), actor).code
    except (ValidationError, RetraceError) as error:
        return _shown(request, transaction, form, error)
    return confirmed(request, "/sessions", "session_planned", code=code)


@router.post("/{code}")
def act(
    request: Request, transaction: Transaction, actor: _Planner, code: Named, form: Annotated[SessionForm, Form()]
) -> Response:
    """Give seats, call it off, or record how it went."""
    try:
        with transaction.begin_nested():
            _act(transaction, code, form)
    except (ValidationError, RetraceError) as error:
        return _shown(request, transaction, form, error, code)
    return confirmed(request, "/sessions", "session_kept", code=code)


@router.get("/{code}/calendar.ics", dependencies=[_Member])
def calendar(transaction: Transaction, code: Named) -> Response:
    """The session for a calendar."""
    return Response(queries.calendar(transaction, code), media_type="text/calendar")


def _act(session: Session, code: str, form: SessionForm) -> None:
    if form.act == "cancel":
        actions.cancel(session, code, Cancelled(reason=form.reason).reason, form.tag)
    elif form.act == "hold":
        actions.record(session, code, form.held().attendance, form.tag)
    else:
        actions.seat(session, code, SeatsGiven(item_codes=form.item).item_codes, form.tag)


def _shown(
    request: Request, session: Session, form: SessionForm, error: Exception | None = None, at: str = ""
) -> Response:
    waiting = queries.waiting_by_course(session)
    course = form.course or (waiting[0][0] if waiting else "")
    found = queries.waiting(session, WaitingAsked(course_code=course or None, limit=_SHOWN)).items if course else []
    said: dict[str, Any] = {
        "form": form, "at": at, "courses": waiting, "course": course, "waiting": found,
        "sessions": queries.shown(session), "problems": refusal(request, error) if error else {},
    }
    return page(request, "sessions.html", status_of(error) if error else 200, **said)

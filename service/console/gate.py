"""Starting work through the gate, and in an emergency past it; and the review of such starts."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from service.access import Principal, Transaction, allow
from service.audit.reads import personal
from service.console.notes import confirmed
from service.console.pages import page, refusal, status_of
from service.console.session import MEMBERS
from service.errors import RetraceError
from service.qualification import checked, checks, starts
from service.qualification.schemas import CheckAsked, CheckRead, ChecksAsked, ReviewGiven, StartGiven
from service.records.wiretypes import Code

router = APIRouter(include_in_schema=False, dependencies=[*MEMBERS, personal("qualification")], prefix="/gate")

_Operations = Annotated[Principal, Depends(allow("operations", "quality"))]
_Quality = Annotated[Principal, Depends(allow("quality"))]


#: emergency starts shown for review, the newest
_WAITING = 50


class ReviewForm(BaseModel):
    """What is made of an emergency start."""

    code: Code
    review: str = ""


class StartForm(BaseModel):
    """Who is to do what; `act` is the button that was pressed."""

    employee_code: str = ""
    process_code: str = ""
    post_code: str = ""
    batch_code: str = ""
    reason: str = ""
    act: str = "check"

    def filled(self) -> dict[str, Any]:
        """What was typed, for the wire."""
        typed = self.model_dump(exclude={"act"})
        return {name: text.strip() for name, text in typed.items() if text.strip()}


@router.get("")
def ask(request: Request, transaction: Transaction, actor: _Operations) -> Response:
    """The form, and for quality the emergency starts that wait for a review."""
    return _page(request, transaction, actor, StartForm())


@router.post("")
def act(request: Request, transaction: Transaction, actor: _Operations, form: Annotated[StartForm, Form()]) -> Response:
    """Check; or start if the gate lets them; or start in an emergency, with a reason."""
    try:
        if form.act == "check":
            asked = CheckAsked.model_validate({
                name: text for name, text in form.filled().items() if name not in {"batch_code", "reason"}
            })
            return _page(request, transaction, actor, form, said=checks.check(transaction, actor, asked))
        given = StartGiven.model_validate({**form.filled(), "emergency": form.act == "emergency"})
        said = _started(transaction, actor, given)
    except (ValidationError, RetraceError) as error:
        return _page(request, transaction, actor, form, error)
    kind = "started_emergency" if given.emergency else "started"
    return confirmed(request, "/gate", kind, code=said.work_code or "", who=said.employee_code)


@router.post("/review")
def review(
    request: Request, transaction: Transaction, actor: _Quality, form: Annotated[ReviewForm, Form()]
) -> Response:
    """Keep what somebody makes of an emergency start."""
    try:
        given = ReviewGiven(review=form.review.strip())
        with transaction.begin_nested():
            checked.review(transaction, actor, form.code, given.review)
    except (ValidationError, RetraceError) as error:
        return _page(request, transaction, actor, StartForm(), error)
    return confirmed(request, "/gate", "reviewed", code=form.code)


def _page(
    request: Request, session: Session, actor: Principal, form: StartForm, error: Exception | None = None,
    said: CheckRead | None = None,
) -> Response:
    waiting = ChecksAsked(unreviewed=True, limit=_WAITING)
    return page(
        request, "gate.html", 200 if error is None else status_of(error), form=form, said=said,
        problems={} if error is None else refusal(request, error),
        reviews=checked.checks(session, waiting).items if actor.may("quality") else [],
    )


def _started(session: Session, actor: Principal, given: StartGiven) -> CheckRead:
    """Start, or raise; that the gate held somebody back stays on record, whatever else was refused is undone."""
    held_back: starts.GateClosed
    with session.begin_nested():
        try:
            return starts.start(session, actor, given)
        except starts.GateClosed as error:
            held_back = error
    raise held_back

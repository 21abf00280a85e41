"""What one says of Retrace itself, from any page, and what became of it."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from service.access import Actor, Principal, Transaction
from service.console.notes import confirmed
from service.console.pages import page, refusal, status_of
from service.console.session import MEMBERS
from service.errors import RetraceError
from service.feedback import actions
from service.feedback.schemas import FeedbackGiven, FeedbackStepTaken
from service.records.wiretypes import Named

router = APIRouter(include_in_schema=False, dependencies=MEMBERS, prefix="/feedback")


class FeedbackForm(BaseModel):
    """Feedback, or an answer to one: `step` with its `reason`, of the state its page showed (`tag`)."""

    kind: str = "problem"
    text: str = ""
    page: str = ""
    step: str = ""
    tag: str = ""
    reason: str = ""


@router.get("")
def show(
    request: Request, transaction: Transaction, actor: Actor, about: Annotated[str, Query(max_length=500)] = ""
) -> Response:
    """The form, and what one said before."""
    return _shown(request, transaction, actor, FeedbackForm(page=about))


@router.post("")
def give(
    request: Request, transaction: Transaction, actor: Actor, form: Annotated[FeedbackForm, Form()]
) -> Response:
    """Keep what somebody says."""
    try:
        given = FeedbackGiven.model_validate({"kind": form.kind, "text": form.text, "page": form.page or None})
        code = actions.give(transaction, given, actor).code
    except ValidationError as error:
        return _shown(request, transaction, actor, form, error)
    return confirmed(request, "/feedback", "feedback", code=code)


@router.post("/{code}")
def take(
    request: Request, transaction: Transaction, actor: Actor, code: Named, form: Annotated[FeedbackForm, Form()]
) -> Response:
    """Answer it, or open it again."""
    try:
        given = FeedbackStepTaken.model_validate({"step": form.step, "text": form.reason})
        with transaction.begin_nested():
            actions.take(transaction, code, given, actor, form.tag)
    except (ValidationError, RetraceError) as error:
        return _shown(request, transaction, actor, form, error, code)
    return confirmed(request, "/feedback", "feedback_step", code=code)


def _shown(
    request: Request, session: Session, actor: Principal, form: FeedbackForm, error: Exception | None = None,
    at: str = "",
) -> Response:
    return page(
        request, "feedback.html", status_of(error) if error else 200, form=form, at=at,
        given=actions.tagged(session, actor), problems=refusal(request, error) if error else {},
    )

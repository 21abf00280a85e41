"""Type a batch, a name, a unit or an issue: get the cause. Prints, and leads to the binder."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from service.access import Principal, Transaction, allow
from service.audit.reads import personal
from service.console.notes import confirmed
from service.console.pages import page, refusal, status_of
from service.console.session import MEMBERS
from service.errors import RetraceError
from service.exchange.api import chunks
from service.exchange.binder import bind, zipped
from service.exchange.schemas import BinderAsked
from service.issues import causes
from service.issues.schemas import CauseDecisionGiven
from service.records.wiretypes import Code, Why
from service.trace import actions, assessing, subjects
from service.trace.schemas import Subject, TraceAsked

router = APIRouter(include_in_schema=False, dependencies=MEMBERS, prefix="/trace")

_TRACERS = ("operations", "quality", "people")
_Quality = Annotated[Principal, Depends(allow("quality"))]


class Typed(BaseModel):
    """What the search sends; `subject` only where one of several was chosen."""

    model_config = ConfigDict(extra="forbid")

    said: str = Field("", max_length=400)
    subject: Subject | None = None
    names_reason: str = Field("", max_length=2000)


class Decided(BaseModel):
    """What somebody makes of the verdict on an issue."""

    issue_code: Code
    decision: str = ""
    causes: list[str] = Field(default_factory=list)
    reason: str = ""


@router.get("", dependencies=[Depends(allow(*_TRACERS)), personal("trace")])
def search(request: Request, transaction: Transaction, typed: Annotated[Typed, Query()]) -> Response:
    """The question, and its answer where something was typed."""
    return _page(request, transaction, typed)


@router.post("/decide", dependencies=[personal("trace")])
def decide(
    request: Request, transaction: Transaction, actor: _Quality, form: Annotated[Decided, Form()]
) -> Response:
    """Keep the verdict on an issue as it is found now, and what a named person makes of it."""
    typed = Typed(said=form.issue_code, subject="issue")
    try:
        with transaction.begin_nested():
            found = assessing.assess(transaction, form.issue_code)
            given = CauseDecisionGiven.model_validate({
                "assessment_id": found.assessment_id, "decision": form.decision, "reason": form.reason.strip() or None,
                "causes": form.causes if form.decision == "overrule" else None,
            })
            causes.decide(transaction, form.issue_code, given, actor)
    except (ValidationError, RetraceError) as error:
        return _page(request, transaction, typed, error, form)
    return confirmed(request, f"/trace?subject=issue&said={form.issue_code}", "decided", code=form.issue_code)


@router.get("/binder.zip")
def binder(
    transaction: Transaction, actor: Annotated[Principal, Depends(allow("quality", "people"))],
    subject: Literal["batch", "employee"], code: Code, reason: Why,
) -> Response:
    """The binder of a batch or a person."""
    asked = BinderAsked.model_validate({f"{subject}_code": code, "reason": reason})
    headers = {"Content-Disposition": 'attachment; filename="binder.zip"'}
    file = zipped(transaction, bind(transaction, asked, actor.name))
    return StreamingResponse(chunks(file), media_type="application/zip", headers=headers)


def _page(
    request: Request, session: Session, typed: Typed, error: Exception | None = None, form: Decided | None = None
) -> Response:
    said, status = typed.said.strip(), 200
    shown: dict[str, Any] = {"found": None, "choices": [], "problems": {}}
    if error is not None:
        shown["problems"], status = refusal(request, error), status_of(error)
    choices = [(typed.subject, said)] if typed.subject and said else subjects.recognise(session, said) if said else []
    if len(choices) == 1:
        subject, code = choices[0]
        try:
            asked = TraceAsked.model_validate(
                {f"{subject}_code": code, "names_reason": typed.names_reason.strip() or None}
            )
            shown["found"] = actions.trace(session, asked)
        except (ValidationError, RetraceError) as refused:
            shown["problems"], status = refusal(request, refused), status_of(refused)
    else:
        shown["choices"] = choices
    return page(request, "trace.html", status, typed=typed, said=said, form=form, **shown)

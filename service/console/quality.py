"""The queue of inspections that are due, and the form that records what one found."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from pydantic import ValidationError

from service.access import Transaction, allow
from service.audit.reads import personal
from service.console.forms import ResultForm
from service.console.notes import confirmed
from service.console.pages import page, refusal, status_of
from service.console.session import MEMBERS
from service.errors import RetraceError
from service.inspections import actions
from service.settings import settings
from service.suggestions.actions import last_scorings

router = APIRouter(include_in_schema=False, dependencies=MEMBERS, prefix="/quality")

inspector = Depends(allow("quality"))


@router.get("", dependencies=[Depends(allow("quality", "operations")), personal("inspection_queue")])
def queue(
    request: Request, transaction: Transaction, limit: Annotated[int, Query(ge=1, le=500)] = 50, missed: bool = False
) -> Response:
    """What to inspect first; or what was missed."""
    shown = actions.queue(transaction, limit, missed=missed)
    return page(request, "quality.html", queue=shown, missed=missed, scorings=last_scorings(transaction))


@router.get("/inspections/{code:path}", dependencies=[inspector])
def ask(request: Request, transaction: Transaction, code: str) -> Response:
    """The form for one inspection's result."""
    item = actions.due(transaction, code)
    form = ResultForm(inspector_code=item.inspector_code or "")
    return page(request, "result.html", item=item, form=form, problems={}, zone=settings().timezone)


@router.post("/inspections/{code:path}", dependencies=[inspector])
def record(
    request: Request, transaction: Transaction, code: str, form: Annotated[ResultForm, Form()]
) -> Response:
    """Record the result and its findings, or show the form again with what is wrong and all that was typed."""
    item = actions.due(transaction, code)
    shown: dict[str, Any] = {"item": item, "form": form, "zone": settings().timezone}
    if form.more:
        return page(request, "result.html", problems={}, **shown)
    try:
        given = form.given(settings().zone)
        with transaction.begin_nested():
            actions.record_result(transaction, code, given)
    except (ValidationError, RetraceError) as error:
        return page(request, "result.html", status_of(error), problems=refusal(request, error), **shown)
    return confirmed(request, "/quality", f"recorded_{given.result}", code=code, count=len(given.findings))

"""The planner's list: accept, edit or dismiss what is suggested."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from service.access import Principal, Transaction, allow
from service.audit.reads import personal
from service.clock import now
from service.console.forms import AcceptanceForm, DismissalForm
from service.console.notes import confirmed
from service.console.pages import page, refusal, status_of
from service.console.session import MEMBERS
from service.courses.actions import offered
from service.errors import RetraceError
from service.retraining import actions, worklist
from service.settings import settings

router = APIRouter(include_in_schema=False, dependencies=[*MEMBERS, personal("suggestions")], prefix="/planner")

Planner = Annotated[Principal, Depends(allow("people"))]


@router.get("")
def suggested(
    request: Request, transaction: Transaction, planner: Planner, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> Response:
    """Who to retrain."""
    return _list(request, transaction, limit=limit)


@router.post("/accept")
def accept(
    request: Request, transaction: Transaction, planner: Planner, form: Annotated[AcceptanceForm, Form()]
) -> Response:
    """Take what was chosen into a plan, as suggested or edited."""
    try:
        given = form.given()
        with transaction.begin_nested():
            plan = actions.accept(transaction, given, planner)
    except (ValidationError, RetraceError) as error:
        return _list(request, transaction, error, form)
    count = len(given.suggestions)
    return confirmed(request, _back(form), "accepted", plan=plan.code, count=count, who=form.who if count == 1 else "")


@router.post("/{suggestion}/dismiss")
def dismiss(
    request: Request, transaction: Transaction, planner: Planner,
    suggestion: Annotated[int, Path(ge=1, le=2**62)], form: Annotated[DismissalForm, Form()],
) -> Response:
    """Turn a suggestion down, with a reason."""
    form.suggestions = [suggestion]
    try:
        given = form.given()
        with transaction.begin_nested():
            actions.dismiss(transaction, suggestion, given.reason, planner)
    except (ValidationError, RetraceError) as error:
        return _list(request, transaction, error, form)
    return confirmed(request, _back(form), "dismissed", who=form.who)


def _back(form: AcceptanceForm | DismissalForm) -> str:
    """The list as long as it was."""
    return "/planner" if form.limit == 50 else f"/planner?limit={form.limit}"


def _list(
    request: Request, session: Session, error: Exception | None = None,
    form: AcceptanceForm | DismissalForm | None = None, limit: int | None = None,
) -> Response:
    """The list; after a refused decision with what was typed and what is wrong with it."""
    refused: dict[str, Any] = {"form": form, "problems": refusal(request, error) if error else {}}
    today = now().astimezone(settings().zone).date()
    status = status_of(error) if error else 200
    shown = limit or (form.limit if form else 50)
    return page(
        request, "planner.html", status, list=worklist.worklist(session, shown), limit=shown, courses=offered(session),
        refused=refused, today=today, address="/planner", train_by=(now() + actions.TO_TRAIN).date(),
    )

"""Changes under way with what they cost, to review; and the plans that answer them, to accept and publish."""

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
from service.processes import actions as changing
from service.processes import queries
from service.processes.schemas import StepTaken
from service.records.wiretypes import Named
from service.retraining import costs, deciding, waiting
from service.retraining.schemas import Affected, PlanStep

router = APIRouter(include_in_schema=False, dependencies=MEMBERS)

_READERS = Depends(allow("operations", "quality", "people"))
_Taker = Annotated[Principal, Depends(allow("operations", "quality"))]
_Planner = Annotated[Principal, Depends(allow("people"))]


class StepForm(BaseModel):
    """The next step with a change or a plan, as its page showed it."""

    step: str = ""
    tag: str = ""
    revision: int | None = None
    reason: str = ""


@router.get("/changes", dependencies=[_READERS, personal("changes")])
def changes(request: Request, transaction: Transaction) -> Response:
    """Changes under way, what they cost, and which processes did not follow their standards."""
    return _changes(request, transaction)


@router.post("/changes/{code}")
def change(
    request: Request, transaction: Transaction, actor: _Taker, code: Named, form: Annotated[StepForm, Form()]
) -> Response:
    """Take the next step with a change."""
    try:
        given = StepTaken.model_validate(
            {"step": form.step, "revision": form.revision, "reason": form.reason.strip() or None}
        )
        with transaction.begin_nested():
            changing.take(transaction, code, given, actor, form.tag)
    except (ValidationError, RetraceError) as error:
        return _changes(request, transaction, error, form, code)
    return confirmed(request, "/changes", "change_step", code=code)


@router.get("/plans", dependencies=[_READERS, personal("plans")])
def plans(request: Request, transaction: Transaction) -> Response:
    """Plans that wait to be accepted or published, and how far the published ones are."""
    return _plans(request, transaction)


@router.post("/plans/{code}")
def plan(
    request: Request, transaction: Transaction, actor: _Planner, code: Named, form: Annotated[StepForm, Form()]
) -> Response:
    """Accept, publish or reject a plan."""
    try:
        given = PlanStep.model_validate({"step": form.step, "reason": form.reason.strip() or None})
        with transaction.begin_nested():
            deciding.take(transaction, code, given, actor, form.tag)
    except (ValidationError, RetraceError) as error:
        return _plans(request, transaction, error, form, code)
    return confirmed(request, "/plans", "plan_step", code=code)


def _changes(
    request: Request, session: Session, error: Exception | None = None, form: StepForm | None = None, at: str = ""
) -> Response:
    shown = [(each, tag, _cost(session, each.code)) for each, tag in queries.open_ones(session)]
    return page(
        request, "changes.html", status_of(error) if error else 200, changes=shown, at=at, form=form,
        out_of_step=queries.out_of_step(session), problems=refusal(request, error) if error else {},
    )


def _cost(session: Session, code: str) -> Affected | None:
    """What a change costs; None where no course teaches it yet."""
    try:
        return costs.affected(session, code)
    except RetraceError:
        return None


def _plans(
    request: Request, session: Session, error: Exception | None = None, form: StepForm | None = None, at: str = ""
) -> Response:
    said: dict[str, Any] = {"problems": refusal(request, error) if error else {}, "form": form, "at": at}
    return page(
        request, "plans.html", status_of(error) if error else 200, plans=waiting.plans(session), **said
    )

"""What is owed: a department's ledger, the word that there is nothing to report, and the questions at set-up."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.access import Principal, Transaction, allow
from service.console.notes import confirmed
from service.console.pages import page, refusal, status_of
from service.console.session import MEMBERS
from service.duties import fulfilling, ledger, setup
from service.duties.schemas import Answers, LedgerAsked, NothingToReport
from service.errors import RetraceError
from service.people.tables import Department
from service.records.wiretypes import Code

router = APIRouter(include_in_schema=False, dependencies=MEMBERS, prefix="/duties")

_Member = Annotated[Principal, Depends(allow("operations", "quality", "people"))]
_Named = Annotated[Code | None, Query()]

#: obligations on one page
_SHOWN = 200


class NothingForm(BaseModel):
    """That there is nothing to report for one obligation; `department` is whose ledger was shown."""

    code: str = ""
    reason: str = ""
    department: str = ""


class SetupForm(BaseModel):
    """A department's answers; the columns arrive side by side, `owed` names the questions answered with yes."""

    department: str = ""
    template: list[str] = Field(default_factory=list)
    owed: list[str] = Field(default_factory=list)
    cadence: list[str] = Field(default_factory=list)
    due_days: list[str] = Field(default_factory=list)
    reason: str = ""

    def given(self) -> Answers:
        """What was answered. Raises pydantic's `ValidationError`."""
        rows = zip(self.template, self.cadence, self.due_days, strict=False)
        return Answers.model_validate({
            "answers": [
                {"template": name, "owed": name in self.owed, "cadence": cadence, "due_days": due.strip() or None}
                for name, cadence, due in rows
            ],
            "reason": self.reason.strip() or None,
        })


@router.get("")
def show(request: Request, transaction: Transaction, actor: _Member, department: _Named = None) -> Response:
    """The ledger of one department, or of all the viewer sees."""
    return _ledger(request, transaction, actor, NothingForm(department=department or ""))


@router.post("/nothing")
def say_nothing(
    request: Request, transaction: Transaction, actor: _Member, form: Annotated[NothingForm, Form()]
) -> Response:
    """Keep the word that there is nothing to report."""
    try:
        given = NothingToReport(reason=form.reason.strip())
        with transaction.begin_nested():
            fulfilling.say_nothing(transaction, form.code, given.reason, actor)
    except (ValidationError, RetraceError) as error:
        return _ledger(request, transaction, actor, form, error)
    return confirmed(request, "/duties", "nothing", code=form.code)


def _ledger(
    request: Request, session: Session, actor: Principal, form: NothingForm, error: Exception | None = None
) -> Response:
    asked = LedgerAsked(department_code=form.department or None, limit=_SHOWN)
    return page(
        request, "duties.html", 200 if error is None else status_of(error), form=form, places=_places(session),
        problems={} if error is None else refusal(request, error), ledger=ledger.ledger(session, asked),
    )


@router.get("/setup")
def ask(request: Request, transaction: Transaction, actor: _Member, department: _Named = None) -> Response:
    """A department's questions, or the departments to choose from."""
    return _questions(request, transaction, SetupForm(department=department or ""))


@router.post("/setup")
def answer(
    request: Request, transaction: Transaction, actor: _Member, form: Annotated[SetupForm, Form()]
) -> Response:
    """Write the department's duties as it answered."""
    try:
        given = form.given()
        with transaction.begin_nested():
            setup.answer(transaction, form.department, given)
    except (ValidationError, RetraceError) as error:
        return _questions(request, transaction, form, error)
    return confirmed(request, "/duties", "set_up", code=form.department)


def _questions(request: Request, session: Session, form: SetupForm, error: Exception | None = None) -> Response:
    places = _places(session)
    known = form.department in {place.code for place in places}
    return page(
        request, "setup.html", 200 if error is None else status_of(error), form=form, places=places,
        problems={} if error is None else refusal(request, error),
        asked=setup.questions(session, form.department) if known else None,
    )


def _places(session: Session) -> list[Any]:
    return list(session.execute(select(Department.code, Department.name).order_by(Department.code).limit(500)))

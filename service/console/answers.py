"""You said, we did: reporting what is hard, and what became of it, similar reports together."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.access import Principal, Transaction, allow
from service.answers import actions, queries
from service.answers.schemas import Answer, AnswerGiven, AnswersAsked, ReportGiven
from service.audit.reads import personal
from service.console.notes import confirmed
from service.console.pages import page, refusal, status_of
from service.console.session import MEMBERS
from service.courses.actions import offered
from service.difficulties.linking import link
from service.difficulties.schemas import LinkGiven
from service.errors import RetraceError
from service.people.tables import Department
from service.processes.tables import Process
from service.records.wiretypes import Code

router = APIRouter(
    include_in_schema=False, dependencies=[*MEMBERS, personal("difficulty_reports")], prefix="/answers"
)

_Member = Annotated[Principal, Depends(allow("operations", "quality", "people", "employee"))]
_Reporter = Annotated[Principal, Depends(allow("operations", "employee"))]
_Planner = Annotated[Principal, Depends(allow("people"))]
_Judge = Annotated[Principal, Depends(allow("operations", "quality", "people"))]

#: reports on one page
_SHOWN = 100


class AnswersForm(BaseModel):
    """A report; or what somebody says of one, or plans for it. `at` is the report whose form it is."""

    kind: str = "difficulty"
    department: str = ""
    process: str = ""
    severity: str = "3"
    text: str = ""
    unnamed: bool = False
    at: str = ""
    reports: list[str] = Field(default_factory=list)
    course: str = ""
    due_on: str = ""
    target: str = ""
    verdict: str = ""


@router.get("")
def show(
    request: Request, transaction: Transaction, actor: _Member, department: Annotated[Code | None, Query()] = None,
    before: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Reports and what became of each, newest first."""
    return _shown(request, transaction, actor, AnswersForm(department=department or ""), before=before)


@router.post("")
def report(
    request: Request, transaction: Transaction, actor: _Reporter, form: Annotated[AnswersForm, Form()]
) -> Response:
    """Keep a report."""
    try:
        given = ReportGiven.model_validate({
            "kind": form.kind, "department_code": form.department, "process_code": form.process or None,
            "severity": form.severity, "text": form.text, "unnamed": form.unnamed,
        })
        with transaction.begin_nested():
            code = actions.report(transaction, given, actor)
    except (ValidationError, RetraceError) as error:
        return _shown(request, transaction, actor, form, error)
    return confirmed(request, "/answers", "reported", code=code)


@router.post("/links")
def say(
    request: Request, transaction: Transaction, actor: _Judge, form: Annotated[AnswersForm, Form()]
) -> Response:
    """Keep whether a report is about a clause or a course."""
    try:
        given = LinkGiven.model_validate(
            {"kind": form.kind, "target_code": form.target, "verdict": form.verdict}
        )
        with transaction.begin_nested():
            link(transaction, form.at, given, actor)
    except (ValidationError, RetraceError) as error:
        return _shown(request, transaction, actor, form, error)
    return confirmed(request, "/answers", "linked", code=form.at)


@router.post("/plans")
def plan(
    request: Request, transaction: Transaction, actor: _Planner, form: Annotated[AnswersForm, Form()]
) -> Response:
    """Draft a plan that answers reports."""
    try:
        given = AnswerGiven.model_validate({
            "report_codes": form.reports, "course_codes": [form.course] if form.course else [],
            "due_on": form.due_on or None,
        })
        with transaction.begin_nested():
            made = actions.draft(transaction, given, actor)
    except (ValidationError, RetraceError) as error:
        return _shown(request, transaction, actor, form, error)
    return confirmed(request, "/answers", "answered", plan=made.code)


def _shown(
    request: Request, session: Session, actor: Principal, form: AnswersForm, error: Exception | None = None,
    before: str | None = None,
) -> Response:
    # only the form of a report not kept names a department that is no filter
    place = None if error else form.department or None
    found = queries.answers(session, AnswersAsked(department_code=place, cursor=before, limit=_SHOWN), actor)
    said: dict[str, Any] = {
        "form": form, "groups": _together(found.items), "older": found.next, "at": form.at,
        "problems": refusal(request, error) if error else {}, "places": _named(session, Department),
        "processes": _named(session, Process), "courses": offered(session) if actor.may("people") else [],
    }
    return page(request, "answers.html", status_of(error) if error else 200, **said)


def _together(found: list[Answer]) -> list[list[Answer]]:
    """Reports about the same, together, in the order of the first of each."""
    known = {each.report_code: each for each in found}
    shown: list[list[Answer]] = []
    while known:
        first = known.pop(next(iter(known)))
        shown.append([first, *(known.pop(code) for code in first.similar if code in known)])
    return shown


def _named(session: Session, row: type[Department] | type[Process]) -> list[Any]:
    return list(session.execute(select(row.code, row.name).order_by(row.name, row.code)).all())

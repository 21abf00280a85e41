"""A department's monthly quality report: what its indicators said, and what is done about it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.orm import Session

from service.access import Principal, Transaction, allow
from service.audit.reads import personal
from service.console.notes import confirmed
from service.console.pages import page, refusal, status_of
from service.console.session import MEMBERS
from service.errors import RetraceError
from service.indicators import editing, reports
from service.indicators.catalogue import INDICATORS
from service.indicators.report_schemas import ReportChanges
from service.indicators.schemas import Month
from service.records.wiretypes import Named

router = APIRouter(
    include_in_schema=False, dependencies=[*MEMBERS, personal("quality_reports")], prefix="/reports"
)

_Member = Annotated[Principal, Depends(allow("operations", "quality", "people", "data"))]
_Editor = Annotated[Principal, Depends(allow("operations", "quality"))]
_Closer = Annotated[Principal, Depends(allow("quality"))]


class ReportForm(BaseModel):
    """What is said of a report's rows; the columns arrive side by side. Shares are written in percent."""

    tag: str = ""
    indicator: list[str] = Field(default_factory=list)
    detail: list[str] = Field(default_factory=list)
    target: list[str] = Field(default_factory=list)
    action: list[str] = Field(default_factory=list)
    owner: list[str] = Field(default_factory=list)
    due_on: list[str] = Field(default_factory=list)

    def given(self) -> ReportChanges:
        """What was said. Raises pydantic's `ValidationError`."""
        rows = zip(self.indicator, self.detail, self.target, self.action, self.owner, self.due_on, strict=False)
        return ReportChanges.model_validate({"rows": [
            {"indicator": indicator, "detail": detail or None, "target": _in_its_unit(indicator, target.strip()),
             "action": action.strip() or None, "owner_code": owner.strip() or None, "due_on": due_on or None}
            for indicator, detail, target, action, owner, due_on in rows
        ]})


def _in_its_unit(indicator: str, said: str) -> object:
    if said and indicator in INDICATORS and INDICATORS[indicator].unit == "percent":
        try:
            return round(float(said.rstrip("%")) / 100, 6)
        except ValueError:
            return said
    return said or None


@router.get("/{department:path}/{month}")
def show(request: Request, transaction: Transaction, _: _Member, department: Named, month: Month) -> Response:
    """One report."""
    return _shown(request, transaction, department, month)


@router.post("/{department:path}/{month}/closing")
def close(
    request: Request, transaction: Transaction, actor: _Closer, department: Named, month: Month,
    form: Annotated[ReportForm, Form()],
) -> Response:
    """Close it in one's own name."""
    try:
        with transaction.begin_nested():
            editing.close(transaction, f"{department}@{month}", actor, form.tag)
    except RetraceError as error:
        return _shown(request, transaction, department, month, error)
    return confirmed(request, f"/reports/{department}/{month}", "report_closed", code=f"{department}@{month}")


@router.post("/{department:path}/{month}")
def change(
    request: Request, transaction: Transaction, actor: _Editor, department: Named, month: Month,
    form: Annotated[ReportForm, Form()],
) -> Response:
    """Keep targets, actions, owners and dates."""
    try:
        with transaction.begin_nested():
            editing.change(transaction, f"{department}@{month}", form.given(), actor, form.tag)
    except (ValidationError, RetraceError) as error:
        return _shown(request, transaction, department, month, error, form)
    return confirmed(request, f"/reports/{department}/{month}", "report_kept", code=f"{department}@{month}")


def _shown(
    request: Request, session: Session, department: str, month: str, error: Exception | None = None,
    form: ReportForm | None = None,
) -> Response:
    found, tag = reports.one(session, f"{department}@{month}")
    said: dict[str, Any] = {
        "report": found, "tag": tag, "indicators": INDICATORS, "month": month, "form": form,
        "problems": refusal(request, error) if error else {},
    }
    return page(request, "report.html", status_of(error) if error else 200, **said)

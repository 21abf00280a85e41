"""Routes: monthly quality reports."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from service.access import Principal, Transaction, allow
from service.audit.reads import personal
from service.indicators import editing, reports
from service.indicators.report_schemas import QualityReportPage, QualityReportRead, ReportChanges, ReportsAsked
from service.records.routes import READERS
from service.records.tags import IfMatch, IfNoneMatch, is_known, refuse_unread
from service.records.wiretypes import Named

router = APIRouter(tags=["indicators"])

_READ = [Depends(allow(*READERS)), personal("quality_reports")]

Editor = Annotated[Principal, Depends(allow("quality", "operations"))]


@router.get("/quality-reports", dependencies=_READ)
def listed(transaction: Transaction, asked: Annotated[ReportsAsked, Query()]) -> QualityReportPage:
    """Departments' monthly quality reports, newest first."""
    return reports.listed(transaction, asked)


@router.get(
    "/quality-reports/{code:path}", response_model=QualityReportRead, dependencies=_READ,
    responses={304: {"description": "Unchanged since the ETag in If-None-Match"}},
)
def one(
    code: Named, transaction: Transaction, response: Response, if_none_match: IfNoneMatch = None
) -> QualityReportRead | Response:
    """One report (DEPARTMENT@YYYY-MM); its ETag is what a change names."""
    found, response.headers["ETag"] = reports.one(transaction, code)
    if is_known(if_none_match, response.headers["ETag"]):
        return Response(status_code=304, headers=dict(response.headers))
    return found


@router.patch("/quality-reports/{code:path}")
def change(
    code: Named, body: ReportChanges, transaction: Transaction, actor: Editor, response: Response,
    if_match: IfMatch = None,
) -> QualityReportRead:
    """Set targets, actions, owners and dates of a report that is open, as you read it."""
    editing.change(transaction, code, body, actor, refuse_unread(if_match))
    found, response.headers["ETag"] = reports.one(transaction, code)
    return found


@router.post("/quality-reports/{code:path}/closing")
def close(
    code: Named, transaction: Transaction, actor: Annotated[Principal, Depends(allow("quality"))], response: Response,
    if_match: IfMatch = None,
) -> QualityReportRead:
    """Close a report in your name; each missed target must have an action, an owner and a date."""
    editing.close(transaction, code, actor, refuse_unread(if_match))
    found, response.headers["ETag"] = reports.one(transaction, code)
    return found

"""Reading quality reports, and the targets they set."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from service.db.base import Query
from service.db.context import everywhere
from service.errors import NotFound
from service.indicators import rules
from service.indicators.catalogue import INDICATORS
from service.indicators.report_schemas import (
    QualityReportPage,
    QualityReportRead,
    ReportRowRead,
    ReportsAsked,
)
from service.indicators.schemas import first_day
from service.indicators.tables import QualityReport, QualityReportRow
from service.people.tables import Account, Department, Employee
from service.records.paging import Cursors
from service.records.tags import tag
from service.records.wiretypes import Id

_CURSORS = Cursors("quality-reports", Id)


def listed(session: Session, asked: ReportsAsked) -> QualityReportPage:
    """Reports, the last drawn up first. Raises `BadCursor`."""
    query = _CURSORS.newest_first(_reports(), asked, QualityReport.id, QualityReport.updated_at)
    if asked.department_code is not None:
        query = query.where(Department.code == asked.department_code)
    if asked.month is not None:
        query = query.where(QualityReport.month == first_day(asked.month))
    if asked.state is not None:
        query = query.where(QualityReport.state == asked.state)
    rows = session.execute(query).all()
    following = _CURSORS.following(asked, [row.QualityReport.id for row in rows])
    return QualityReportPage(items=_read(session, rows), next=following)


def one(session: Session, code: str) -> tuple[QualityReportRead, str]:
    """A report and its ETag. Raises `NotFound`."""
    rows = session.execute(_reports().where(QualityReport.code == code)).all()
    if not rows:
        raise unknown(code)
    return _read(session, rows)[0], tag_of(rows[0].QualityReport)


def targets(session: Session, from_month: date, to_month: date) -> dict[tuple[str, date, str, str | None], float]:
    """The targets set for the months from one to another, by department, month, indicator and detail."""
    row = QualityReportRow
    found = session.execute(
        select(Department.code, QualityReport.month, row.indicator, row.detail, row.target)
        .join(QualityReport, QualityReport.id == row.report_id)
        .join(Department, Department.id == QualityReport.department_id)
        .where(row.target.is_not(None), QualityReport.month.between(from_month, to_month))
    )
    return {(row.code, row.month, row.indicator, row.detail): row.target for row in found if row.target is not None}


def unknown(code: str) -> NotFound:
    """What is said of a report that is not there, or not in the reader's departments."""
    return NotFound(f"There is no quality report {code!r} in your departments.")


def tag_of(report: QualityReport) -> str:
    """The ETag of a report."""
    return tag(report.id, int(report.updated_at.timestamp() * 1_000_000))


def light_of(row: QualityReportRow) -> rules.Light | None:
    """Whether a row reaches its target."""
    return rules.light(INDICATORS[row.indicator].better, row.value, row.target)


def _reports() -> Query:
    return (
        select(QualityReport, Department.code.label("department_code"), Department.name.label("department"),
               Account.name.label("closed_by"))
        .join(Department, Department.id == QualityReport.department_id)
        .outerjoin(Account, Account.id == QualityReport.closed_by_id)
        .execution_options(populate_existing=True)
    )


_KEPT = ("code", "month", "state", "closed_at", "created_at", "updated_at")
_COUNTED = ("indicator", "detail", "numerator", "denominator", "value", "target", "action", "due_on")


def _read(session: Session, found: Sequence[Any]) -> list[QualityReportRead]:
    setter, order = aliased(Account), list(INDICATORS)
    query = (
        select(QualityReportRow, setter.name, Employee.code, Employee.name)
        .outerjoin(setter, setter.id == QualityReportRow.target_by_id)
        .outerjoin(Employee, Employee.id == QualityReportRow.owner_id)
        .where(QualityReportRow.report_id.in_([row.QualityReport.id for row in found]))
    )
    rows: dict[int, list[ReportRowRead]] = defaultdict(list)
    with everywhere(session):  # an owner may have moved to another department since
        told = session.execute(query).all()
    for row, by, owner_code, owner in told:
        rows[row.report_id].append(ReportRowRead(
            **{name: getattr(row, name) for name in _COUNTED}, target_by=by, owner_code=owner_code, owner=owner,
            light=light_of(row),
        ))
    return [
        QualityReportRead(
            **{name: getattr(row.QualityReport, name) for name in _KEPT}, department_code=row.department_code,
            department=row.department, closed_by=row.closed_by,
            rows=sorted(rows[row.QualityReport.id], key=lambda each: (order.index(each.indicator), each.detail or "")),
        )
        for row in found
    ]

"""Reading quality reports, saying what is done about what they show, and closing them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from service.access import Principal
from service.clock import now
from service.db.base import Query
from service.db.context import everywhere
from service.errors import NotFound
from service.events.publishing import Event, publish
from service.indicators import rules
from service.indicators.catalogue import INDICATORS
from service.indicators.report_schemas import (
    QualityReportPage,
    QualityReportRead,
    ReportChanges,
    ReportRowRead,
    ReportsAsked,
    RowChanges,
)
from service.indicators.schemas import first_day
from service.indicators.tables import QualityReport, QualityReportRow
from service.messages.sending import Notice, To, send
from service.people.tables import Account, Department, Employee
from service.records.paging import Cursors
from service.records.tags import refuse_stale, tag
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
        raise _unknown(code)
    return _read(session, rows)[0], _tag(rows[0].QualityReport)


def change(session: Session, code: str, given: ReportChanges, actor: Principal, if_match: str) -> None:
    """Set targets, actions, owners and dates; whoever comes to own an action is told.

    Raises `NotFound` for an unknown report, indicator or employee, `PreconditionFailed`, `Conflict` where it is closed.
    """
    report = _held(session, code, if_match)
    rows = {
        (row.indicator, row.detail): row
        for row in session.scalars(select(QualityReportRow).where(QualityReportRow.report_id == report.id))
    }
    owners = _employees(session, [row.owner_code for row in given.rows if row.owner_code is not None])
    told = []
    for said in given.rows:
        row = rows.get((said.indicator, said.detail))
        if row is None:
            where = said.indicator if said.detail is None else f"{said.indicator} of {said.detail}"
            raise NotFound(f"Report {code} has no row {where!r}.")
        before = row.owner_id
        _set(row, said, owners, actor)
        if row.owner_id is not None and row.owner_id != before:
            told.append(row)
    _touch(session, report)
    publish(session, Event("quality_report.changed", f"quality-reports/{code}"))
    send(session, *(_asked(report, row) for row in told))


def close(session: Session, code: str, actor: Principal, if_match: str) -> None:
    """Close a report in one's own name.

    Raises `NotFound`, `PreconditionFailed`, `Conflict` where it is closed, or misses a target nobody acts on.
    """
    report = _held(session, code, if_match)
    rows = session.scalars(
        select(QualityReportRow).where(QualityReportRow.report_id == report.id).order_by(QualityReportRow.id)
    )
    rules.refuse_unanswered(code, [
        row.indicator if row.detail is None else f"{row.indicator} of {row.detail}" for row in rows
        if _light(row) == "red" and None in {row.action, row.owner_id, row.due_on}
    ])
    report.state, report.closed_by_id, report.closed_at = "closed", actor.account_id, now()
    _touch(session, report)
    publish(session, Event("quality_report.closed", f"quality-reports/{code}"))


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


def _held(session: Session, code: str, if_match: str) -> QualityReport:
    query = select(QualityReport).where(QualityReport.code == code).with_for_update()
    report = session.scalar(query.execution_options(populate_existing=True))
    if report is None:
        raise _unknown(code)
    refuse_stale(if_match, _tag(report))
    rules.refuse_closed(report.state, code)  # type: ignore[arg-type]
    return report


def _unknown(code: str) -> NotFound:
    return NotFound(f"There is no quality report {code!r} in your departments.")


def _tag(report: QualityReport) -> str:
    return tag(report.id, int(report.updated_at.timestamp() * 1_000_000))


def _touch(session: Session, report: QualityReport) -> None:
    session.flush()
    touched = update(QualityReport).where(QualityReport.id == report.id).values(updated_at=func.clock_timestamp())
    session.execute(touched.execution_options(synchronize_session=False))
    session.refresh(report)


def _employees(session: Session, codes: Sequence[str]) -> dict[str, int]:
    found = dict(session.execute(select(Employee.code, Employee.id).where(Employee.code.in_(codes))).all())
    for code in codes:
        if code not in found:
            raise NotFound(f"There is no employee {code!r} in your departments.")
    return found


def _set(row: QualityReportRow, said: RowChanges, owners: dict[str, int], actor: Principal) -> None:
    given = said.model_dump(include={"target", "action", "due_on"}, exclude_unset=True)
    if "target" in given and given["target"] != row.target:
        row.target_by_id = None if given["target"] is None else actor.account_id
    for name, value in given.items():
        setattr(row, name, value)
    if "owner_code" in said.model_fields_set:
        row.owner_id = None if said.owner_code is None else owners[said.owner_code]


def _asked(report: QualityReport, row: QualityReportRow) -> Notice:
    words = INDICATORS[row.indicator].said("name")
    told = {
        "code": report.code, "indicator_en": words.en, "indicator_zh": words.zh, "action": row.action or "–",
        "due": row.due_on.isoformat() if row.due_on else "–",
    }
    to = (To(employee_id=row.owner_id),)
    return Notice("quality_report.action", f"quality-reports/{report.code}", to, told)


def _light(row: QualityReportRow) -> rules.Light | None:
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
            light=_light(row),
        ))
    return [
        QualityReportRead(
            **{name: getattr(row.QualityReport, name) for name in _KEPT}, department_code=row.department_code,
            department=row.department, closed_by=row.closed_by,
            rows=sorted(rows[row.QualityReport.id], key=lambda each: (order.index(each.indicator), each.detail or "")),
        )
        for row in found
    ]

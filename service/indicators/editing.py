"""Saying what is done about what a quality report shows, and closing it."""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.access import Principal
from service.clock import now
from service.errors import NotFound
from service.events.publishing import Event, publish
from service.indicators import reports, rules
from service.indicators.catalogue import INDICATORS
from service.indicators.report_schemas import ReportChanges, RowChanges
from service.indicators.tables import QualityReport, QualityReportRow
from service.messages.sending import Notice, To, send
from service.people.tables import Employee
from service.records.tags import refuse_stale


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
        if reports.light_of(row) == "red" and None in {row.action, row.owner_id, row.due_on}
    ])
    report.state, report.closed_by_id, report.closed_at = "closed", actor.account_id, now()
    _touch(session, report)
    publish(session, Event("quality_report.closed", f"quality-reports/{code}"))


def _held(session: Session, code: str, if_match: str) -> QualityReport:
    query = select(QualityReport).where(QualityReport.code == code).with_for_update()
    report = session.scalar(query.execution_options(populate_existing=True))
    if report is None:
        raise reports.unknown(code)
    refuse_stale(if_match, reports.tag_of(report))
    rules.refuse_closed(report.state, code)  # type: ignore[arg-type]
    return report


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

"""Drawing up every department's quality report of the month that is over. Once drawn up it is not drawn up again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from service.events.publishing import Event, publish
from service.indicators import rules
from service.indicators.catalogue import INDICATORS, SIGNALS
from service.indicators.counting import counted, today
from service.indicators.schemas import Value
from service.indicators.tables import QualityReport, QualityReportRow
from service.messages.sending import Notice, To, send
from service.people.tables import Department

#: of an indicator counted by clause, so many stand in a report: those with the lowest values
LOWEST = 5


def draw_up(session: Session) -> int:
    """Draw up what is missing for the month before this one, and tell each department's quality; how many there were.

    A department of which nothing was counted has none.
    """
    month = rules.before(today().replace(day=1))
    done = select(QualityReport.department_id).where(QualityReport.month == month)
    missing = {
        row.id: row for row in session.execute(
            select(Department.id, Department.code, Department.name).where(Department.id.not_in(done))
        )
    }
    found = _values(session, month, {number: row.code for number, row in missing.items()}) if missing else {}
    targets = _targets(session)
    reports = []
    for number, row in missing.items():
        if not found.get(row.code):
            continue
        report = QualityReport(code=f"{row.code}@{month:%Y-%m}", department_id=number, month=month)
        session.add(report)
        session.flush()
        session.execute(insert(QualityReportRow), _rows(report, found[row.code], targets))
        reports.append((report, row.name))
    publish(session, *(Event("quality_report.drawn_up", f"quality-reports/{report.code}") for report, _ in reports))
    send(session, *(_notice(report, name) for report, name in reports))
    return len(reports)


def _notice(report: QualityReport, department: str) -> Notice:
    said = {"department": department, "month": f"{report.month:%Y-%m}", "code": report.code}
    to = (To(role="quality", department_id=report.department_id),)
    return Notice("quality_report.drawn_up", f"quality-reports/{report.code}", to, said)


def _values(session: Session, month: date, seen: Mapping[int, str]) -> Mapping[str, list[Value]]:
    """What was counted of each department."""
    found: dict[str, list[Value]] = defaultdict(list)
    for code, indicator in INDICATORS.items():
        if code in SIGNALS:
            continue
        for value in counted(session, indicator, rules.Period(month, month), seen, whole=False):
            if value.department_code is not None:
                found[value.department_code].append(value)
    return {code: _few(values) for code, values in found.items()}


def _few(values: Sequence[Value]) -> list[Value]:
    detailed = sorted((each for each in values if each.detail is not None), key=lambda each: each.value or 0)
    return [each for each in values if each.detail is None] + detailed[:LOWEST]


def _targets(session: Session) -> Mapping[tuple[int, str, str | None], tuple[float, int]]:
    """What each department's last report aims at, and who said so: it goes on until somebody says otherwise."""
    last = (
        select(QualityReport.id).ext(distinct_on(QualityReport.department_id))
        .order_by(QualityReport.department_id, QualityReport.month.desc())
    )
    row = QualityReportRow
    rows = session.execute(
        select(QualityReport.department_id, row.indicator, row.detail, row.target, row.target_by_id)
        .join(QualityReport, QualityReport.id == row.report_id)
        .where(row.report_id.in_(last), row.target.is_not(None))
    )
    return {(each.department_id, each.indicator, each.detail): (each.target, each.target_by_id) for each in rows}


def _rows(report: QualityReport, values: Sequence[Value], targets: Mapping[Any, tuple[float, int]]) -> list[Any]:
    rows = []
    for each in values:
        target, by = targets.get((report.department_id, each.code, each.detail), (None, None))
        counts = each.model_dump(include={"detail", "numerator", "denominator", "value"})
        rows.append({"report_id": report.id, "indicator": each.code, "target": target, "target_by_id": by, **counts})
    return rows

"""The event table of difficulty reports: each by what its author named, and by the process that its text told."""

from typing import Any

from sqlalchemy import BigInteger, Label, Select, Subquery, Text, cast, func, null, or_, select, union_all

from service.difficulties.tables import DifficultyReport, ReportProcess
from service.history.revised import Only, coded, event, moment, revised
from service.people.tables import Department
from service.processes.tables import Process


def difficulties(only: Only) -> Select[Any]:
    """One row per revision; of a report whose author named no process one more, without a department.

    That row is known from when the process was found, and until another was.
    """
    rows = union_all(_given(only), _told(only)).subquery()
    return select(*rows.c)


def _given(only: Only) -> Select[Any]:
    report = revised(DifficultyReport, only)
    rows = select(*_plain(report), *event(report, report.c.occurred_at))
    return coded(
        rows, department_code=(Department, report.c.department_id), process_code=(Process, report.c.process_id)
    )


def _told(only: Only) -> Select[Any]:
    report, found = revised(DifficultyReport, only), ReportProcess.__table__
    following = func.lead(found.c.known_at).over(partition_by=found.c.report_code, order_by=found.c.id)
    told = select(found, following.label("replaced_at")).subquery("told")
    known = func.greatest(report.c.known_at, told.c.known_at)
    until = func.least(report.c.superseded_at, told.c.replaced_at)
    rows = (
        select(
            *_plain(report), moment(report.c.occurred_at).label("occurred_at"), moment(known).label("known_at"),
            moment(until).label("superseded_at"), cast(null(), Text).label("department_code"),
        )
        .join(told, told.c.report_code == report.c.code)
        .where(report.c.process_id.is_(None), or_(until.is_(None), until > known))
    )
    return coded(rows, process_code=(Process, told.c.process_id))


def _plain(report: Subquery) -> list[Label[Any]]:
    kind, severity = func.coalesce(report.c.kind, "difficulty"), cast(report.c.severity, BigInteger)
    return [report.c.code.label("report_code"), kind.label("kind"), severity.label("severity")]

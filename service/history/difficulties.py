"""The event table of difficulty reports: each by what its author named, and by the process that its text told."""

from typing import Any

from sqlalchemy import BigInteger, Select, Text, cast, func, null, or_, select, union_all

from service.difficulties.tables import DifficultyReport, ReportProcess
from service.history.revised import Only, code_of, event, moment, revised
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
    return select(
        report.c.code.label("report_code"), func.coalesce(report.c.kind, "difficulty").label("kind"),
        code_of(Department, report.c.department_id, "department_code"),
        code_of(Process, report.c.process_id, "process_code"), cast(report.c.severity, BigInteger).label("severity"),
        *event(report, report.c.occurred_at),
    )


def _told(only: Only) -> Select[Any]:
    report, found = revised(DifficultyReport, only), ReportProcess.__table__
    following = func.lead(found.c.known_at).over(partition_by=found.c.report_code, order_by=found.c.id)
    told = select(found, following.label("replaced_at")).subquery("told")
    known = func.greatest(report.c.known_at, told.c.known_at)
    until = func.least(report.c.superseded_at, told.c.replaced_at)
    return (
        select(
            report.c.code.label("report_code"), func.coalesce(report.c.kind, "difficulty").label("kind"),
            cast(null(), Text).label("department_code"), code_of(Process, told.c.process_id, "process_code"),
            cast(report.c.severity, BigInteger).label("severity"), moment(report.c.occurred_at).label("occurred_at"),
            moment(known).label("known_at"), moment(until).label("superseded_at"),
        )
        .join(told, told.c.report_code == report.c.code)
        .where(report.c.process_id.is_(None), or_(until.is_(None), until > known))
    )

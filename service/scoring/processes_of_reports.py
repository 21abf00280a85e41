"""The process of a report whose author named none, where its text says so twice over.

A process is taken only where its name is the best, the best clause belongs to a standard that it follows, and the text
shares enough n-grams with both. What was found is kept with the moment, and not found anew.
"""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from models.text import Lexicon
from models.text_records import Records, Report
from service.difficulties.tables import ReportProcess
from service.processes.tables import Process, ProcessVersion
from service.standards.tables import Clause, Standard

#: the cosine below which two texts have too little in common; what had nothing to do with the work stayed below it
_ENOUGH = 0.15


def keep(session: Session, records: Records, reports: Sequence[Report]) -> int:
    """Keep the process of each report that has none and whose text names one; how many were found."""
    known = set(session.scalars(select(ReportProcess.report_code)))
    asked = [report for report in reports if report.process is None and report.code not in known]
    found = agreed(records, asked, followers(session)) if asked else []
    if found:
        ids = dict(session.execute(select(Process.code, Process.id)).all())
        rows = [{"report_code": report, "process_id": ids[process], "how": "matched"} for report, process in found]
        session.execute(insert(ReportProcess), rows)
    return len(found)


def followers(session: Session) -> set[tuple[str, str]]:
    """(clause code, process code): which process follows the standard of which clause, in any version of either."""
    followed = (
        select(Process.code.label("process"), ProcessVersion.standards).join(Process)
        .where(ProcessVersion.standards.is_not(None))
    )
    pairs = {
        (standard.rpartition("@")[0], row.process) for row in session.execute(followed) for standard in row.standards
    }
    clauses = session.execute(
        select(Clause.code, Standard.code).join(Standard, Standard.id == Clause.standard_id)
    )
    by_standard: dict[str, list[str]] = {}
    for standard, process in pairs:
        by_standard.setdefault(standard, []).append(process)
    return {(clause, process) for clause, standard in clauses for process in by_standard.get(standard, ())}


def agreed(
    records: Records, reports: Sequence[Report], following: set[tuple[str, str]]
) -> list[tuple[str, str]]:
    """(report code, process code) where the best process follows the standard of the best clause."""
    processes, clauses = records.among("process"), records.among("clause")
    if not (reports and processes and clauses):
        return []
    said = [report.text for report in reports]
    by_name, by_clause = (
        Lexicon([one.text for one in targets]).similarity(said) for targets in (processes, clauses)
    )
    spoken = np.minimum(by_name.max(axis=1), by_clause.max(axis=1)) >= _ENOUGH
    best = zip(reports, np.argmax(by_name, axis=1), np.argmax(by_clause, axis=1), spoken, strict=True)
    return [
        (report.code, processes[process].code) for report, process, clause, both in best
        if both and (clauses[clause].code, processes[process].code) in following
    ]

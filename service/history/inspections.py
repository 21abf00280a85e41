"""Inspections, and the clauses found wanting at them, as events: the widest of the event queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Float, Integer, Label, Select, Subquery, and_, case, cast, func, or_, select

from service.history.revised import Only, asked, attributes, moment, revised
from service.inspections.tables import Finding, Inspection, InspectionOrder, ReserveDraw
from service.people.tables import Department, Employee
from service.processes.tables import Process
from service.work.tables import Batch, WorkParticipant, WorkRecord

SEVERITIES = ("critical", "major", "minor")


def inspections(keys: Sequence[str], only: Only = None) -> Select[Any]:
    """One row per revision of an inspection and, where it is of a work record, per revision of that in force then.

    So a later correction of who did the work moves the inspection to the right person from when it became known.
    `only`: which inspections are asked for.
    """
    rows, found = _rows(only), _findings(only)
    seen = rows.seen
    return select(
        *_subject(rows), seen.c.kind, seen.c.inspector_code, moment(seen.c.due_at).label("due_at"),
        seen.c.sample_size, seen.c.nonconforming, cast(seen.c.score, Float(53)).label("score"),
        *(func.coalesce(found.c[severity], 0).label(severity) for severity in SEVERITIES),
        InspectionOrder.propensity, ReserveDraw.chance.label("reserve_chance"),
        cast(cast(ReserveDraw.drawn, Integer), BigInteger).label("reserved"), *rows.times, *attributes(seen, keys),
    ).select_from(
        rows.source.outerjoin(found, _in_force(rows, found))
        .outerjoin(InspectionOrder, InspectionOrder.inspection_code == seen.c.code)
        .outerjoin(ReserveDraw, ReserveDraw.inspection_code == seen.c.code)
    )


def findings(only: Only = None) -> Select[Any]:
    """One row per row of `inspections` and clause found wanting. `only`: of which inspections."""
    rows, found = _rows(only), _findings(only, by_clause=True)
    return select(
        *_subject(rows), found.c.clause, *(found.c[severity] for severity in SEVERITIES), *rows.times
    ).select_from(rows.source.join(found, and_(_in_force(rows, found), found.c.clause.is_not(None))))


@dataclass(frozen=True)
class _Rows:
    """The rows of `inspections` before columns are chosen."""

    seen: Subquery
    work: Subquery
    root: Any
    #: the batch that was inspected, and else the one the work was on
    batches: tuple[Any, Any]
    process: Any
    department: Any
    #: who was inspected, and who did the work
    person: Any
    worker: Any
    source: Any

    @property
    def known(self) -> Any:
        return func.greatest(self.seen.c.known_at, case((self.work.c.revision > 1, self.work.c.known_at)))

    @property
    def times(self) -> list[Label[Any]]:
        superseded = func.least(self.seen.c.superseded_at, self.work.c.superseded_at)
        return [
            moment(self.seen.c.performed_at).label("occurred_at"), moment(self.known).label("known_at"),
            moment(superseded).label("superseded_at"),
        ]  # fmt: skip


def _rows(only: Only) -> _Rows:
    seen, work, first = revised(Inspection, only), revised(WorkRecord), WorkRecord.__table__.alias("first")
    root, process, department = Inspection.__table__.alias("root"), Process.__table__, Department.__table__
    # Apart, as row security keeps what is joined by an expression from being looked up.
    own, of_work = Batch.__table__.alias("own"), Batch.__table__.alias("of_work_batch")
    process_id = func.coalesce(seen.c.process_id, work.c.process_id, own.c.process_id, of_work.c.process_id)
    person, worker = Employee.__table__.alias("person"), Employee.__table__.alias("worker")
    overlap = and_(
        work.c.code == first.c.code,
        or_(work.c.superseded_at.is_(None), work.c.superseded_at > seen.c.known_at),
        or_(work.c.revision == 1, seen.c.superseded_at.is_(None), work.c.known_at < seen.c.superseded_at),
    )
    source = (
        seen.join(root, and_(root.c.code == seen.c.code, root.c.revision == 1))
        .outerjoin(first, first.c.id == seen.c.work_id)
        .outerjoin(work, overlap)
        .outerjoin(own, own.c.id == seen.c.batch_id)
        .outerjoin(of_work, and_(of_work.c.id == work.c.batch_id, seen.c.batch_id.is_(None)))
        .outerjoin(process, process.c.id == process_id)
        .outerjoin(department, department.c.id == seen.c.department_id)
        .outerjoin(person, person.c.id == seen.c.employee_id)
        .outerjoin(worker, worker.c.id == work.c.employee_id)
    )
    return _Rows(seen, work, root, (own, of_work), process, department, person, worker, source)


def _subject(rows: _Rows) -> list[Any]:
    """What was inspected, and whether it failed."""
    seen, work = rows.seen, rows.work
    batch_code = func.coalesce(*(batch.c.code for batch in rows.batches))
    return [
        seen.c.code.label("inspection_code"), _person(rows).label("employee_code"),
        rows.process.c.code.label("process_code"), rows.department.c.code.label("department_code"),
        work.c.code.label("work_code"), batch_code.label("batch_code"), _failed(seen).label("failed"),
    ]  # fmt: skip


def _in_force(rows: _Rows, found: Subquery) -> Any:
    return and_(
        found.c.inspection_id == rows.root.c.id,
        found.c.revision <= rows.seen.c.revision,
        or_(found.c.until.is_(None), found.c.until > rows.seen.c.revision),
    )


def _person(rows: _Rows) -> Any:
    """Whoever was inspected, else who did the work, if nobody is known to have taken part in it.

    A team's failure is never one person's. Both are joined by their plain ids: a sub-select in the condition of a
    join makes PostgreSQL look through all employees for every row.
    """
    part = WorkParticipant.__table__
    took_part = (part.c.work_id == rows.seen.c.work_id, part.c.known_at <= rows.known)
    team = select(part.c.id).where(*took_part).correlate_except(part).exists()
    return case((rows.seen.c.employee_id.is_not(None), rows.person.c.code), (~team, rows.worker.c.code))


def _failed(seen: Subquery) -> Any:
    return cast(case((seen.c.result == "fail", 1), (seen.c.result == "pass", 0)), BigInteger)


def _of(only: Only, column: str) -> Select[Any]:
    """A column of the inspections asked for."""
    table = Inspection.__table__.alias("of_asked")
    return select(table.c[column]).where(asked(table, only))


def _findings(only: Only, *, by_clause: bool = False) -> Subquery:
    """Each set of findings counted by severity, with the parent's revision at which the next set takes over.

    `by_clause`: one row per clause of a set, and one for its findings without a clause.
    """
    table = Finding.__table__
    weight = cast(func.coalesce(table.c["count"], 1), BigInteger)
    counts = [
        cast(func.coalesce(func.sum(weight).filter(table.c.severity == severity), 0), BigInteger).label(severity)
        for severity in SEVERITIES
    ]
    by = [table.c.inspection_id, table.c.revision, *([table.c.clause] if by_clause else [])]
    sets = select(*by, *counts).group_by(*by)
    if only is not None:
        sets = sets.where(table.c.inspection_id.in_(_of(only, "id")))
    sums = sets.subquery("counted")
    until = func.min(sums.c.revision).over(
        partition_by=sums.c.inspection_id, order_by=sums.c.revision, range_=(1, None)
    )
    return select(sums, until.label("until")).subquery("found")

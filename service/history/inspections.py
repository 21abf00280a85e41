"""Inspections as events: the widest of the event queries."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Float, Select, Subquery, and_, case, cast, func, or_, select

from service.history.revised import Only, asked, attributes, code_of, moment, revised
from service.inspections.tables import Finding, Inspection
from service.people.tables import Department, Employee
from service.processes.tables import Process
from service.work.tables import Batch, WorkParticipant, WorkRecord


def inspections(keys: Sequence[str], only: Only = None) -> Select[Any]:
    """One row per revision of an inspection and, where it is of a work record, per revision of that in force then.

    So a later correction of who did the work moves the inspection to the right person from when it became known.
    `only`: which inspections are asked for.
    """
    seen, work, findings = revised(Inspection, only), _work(only), _findings(only)
    root = Inspection.__table__.alias("root")
    batch = Batch.__table__.alias("batch")
    known = func.greatest(seen.c.known_at, case((work.c.revision > 1, work.c.known_at)))
    superseded = func.least(seen.c.superseded_at, work.c.superseded_at)
    overlap = and_(
        work.c.root_id == seen.c.work_id,
        or_(work.c.superseded_at.is_(None), work.c.superseded_at > seen.c.known_at),
        or_(work.c.revision == 1, seen.c.superseded_at.is_(None), work.c.known_at < seen.c.superseded_at),
    )
    in_force = and_(
        findings.c.inspection_id == root.c.id,
        findings.c.revision <= seen.c.revision,
        or_(findings.c.until.is_(None), findings.c.until > seen.c.revision),
    )
    return select(
        seen.c.code.label("inspection_code"), seen.c.kind,
        code_of(Employee, func.coalesce(seen.c.employee_id, _alone(work, known)), "employee_code"),
        code_of(Process, func.coalesce(seen.c.process_id, work.c.process_id, batch.c.process_id), "process_code"),
        code_of(Department, seen.c.department_id, "department_code"),
        work.c.code.label("work_code"), batch.c.code.label("batch_code"), seen.c.inspector_code,
        moment(seen.c.due_at).label("due_at"), _failed(seen).label("failed"),
        seen.c.sample_size, seen.c.nonconforming, cast(seen.c.score, Float(53)).label("score"),
        *(func.coalesce(findings.c[severity], 0).label(severity) for severity in ("critical", "major", "minor")),
        moment(seen.c.performed_at).label("occurred_at"), moment(known).label("known_at"),
        moment(superseded).label("superseded_at"), *attributes(seen, keys),
    ).select_from(
        seen.join(root, and_(root.c.code == seen.c.code, root.c.revision == 1))
        .outerjoin(work, overlap)
        .outerjoin(batch, batch.c.id == func.coalesce(seen.c.batch_id, work.c.batch_id))
        .outerjoin(findings, in_force)
    )


def _alone(work: Subquery, known: Any) -> Any:
    """Who did the work, if nobody is known to have taken part: a team's failure is never one person's."""
    part = WorkParticipant.__table__
    took_part = (part.c.work_id == work.c.root_id, part.c.known_at <= known)
    team = select(part.c.id).where(*took_part).correlate_except(part).exists()
    return case((~team, work.c.employee_id))


def _failed(seen: Subquery) -> Any:
    return cast(case((seen.c.result == "fail", 1), (seen.c.result == "pass", 0)), BigInteger)


def _of(only: Only, column: str) -> Select[Any]:
    """A column of the inspections asked for."""
    table = Inspection.__table__.alias("of_asked")
    return select(table.c[column]).where(asked(table, only))


def _work(only: Only) -> Subquery:
    """Work records' revisions, each with the id of its first."""
    first, named = WorkRecord.__table__.alias("first"), WorkRecord.__table__.alias("named")
    codes = select(named.c.code).where(named.c.id.in_(_of(only, "work_id")))
    every = revised(WorkRecord, only and (lambda work: work.c.code.in_(codes)))
    same = and_(first.c.code == every.c.code, first.c.revision == 1)
    return select(every, first.c.id.label("root_id")).join(first, same).subquery("of_work")


def _findings(only: Only) -> Subquery:
    """Each set of findings counted by severity, with the parent's revision at which the next set takes over."""
    table = Finding.__table__
    weight = cast(func.coalesce(table.c["count"], 1), BigInteger)
    counts = [
        cast(func.coalesce(func.sum(weight).filter(table.c.severity == severity), 0), BigInteger).label(severity)
        for severity in ("critical", "major", "minor")
    ]
    sets = select(table.c.inspection_id, table.c.revision, *counts).group_by(table.c.inspection_id, table.c.revision)
    if only is not None:
        sets = sets.where(table.c.inspection_id.in_(_of(only, "id")))
    counted = sets.subquery("counted")
    until = func.lead(counted.c.revision).over(partition_by=counted.c.inspection_id, order_by=counted.c.revision)
    return select(counted, until.label("until")).subquery("found")



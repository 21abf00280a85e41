"""Ordering the inspections that the gate and the floor demand, and holding results against what was ordered."""

import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Row, any_, exists, func, literal, select, true, type_coerce, union_all
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session, aliased

from service.clock import now
from service.db.base import Query
from service.db.context import everywhere
from service.errors import Invalid, Violation
from service.inspections.floor import DUE_WITHIN, FIRSTS, Facts, Floor, Order, kind, ordered
from service.inspections.tables import Inspection, InspectionFloor, InspectionOrder
from service.people.tables import Employee, Shift
from service.processes.tables import ProcessVersion
from service.qualification.evidence import as_known
from service.records import folder
from service.records.actions import put
from service.records.codes import new_code
from service.settings import settings
from service.standards.tables import Standard, StandardVersion
from service.work.tables import Batch, BatchInput, WorkParticipant, WorkRecord

#: failures further back than this no longer raise anybody's floor
_REMEMBERED = timedelta(days=90)

#: of nobody's choosing, and nobody's to foresee
draw = random.SystemRandom().random


def order_flagged(session: Session, flagged: Sequence[tuple[str, str]]) -> None:
    """Order an inspection of each flagged piece of work: its code, and why."""
    why = dict(flagged)
    with everywhere(session):
        first = select(WorkRecord.id, WorkRecord.code).where(WorkRecord.code.in_(why), WorkRecord.revision == 1)
        found = session.execute(first).all()
        _order(session, [(row.id, row.code, Order((why[row.code],), 1.0)) for row in found])


def order_recorded(session: Session) -> None:
    """Order what the floors of processes demand for the work this transaction recorded."""
    if not session.scalar(select(exists(select(InspectionFloor.id)))):
        return
    with everywhere(session):
        rows = session.execute(_recorded()).all()
        processes = {row.process_id for row in rows}
        changes, failures = _changes(session, processes), _failures(session, processes)
        since = _pieces_since(session, [(row.id, row.process_id, row.started_at) for row in rows], failures)
        found = []
        for row in rows:
            facts = Facts(_days_since(changes[row.process_id], row.started_at), since.get(row.id), _first(row))
            order = ordered(_floor(row), facts, draw)
            if order is not None:
                found.append((row.id, row.code, order))
        _order(session, found)


def _order(session: Session, orders: Sequence[tuple[int, str, Order]]) -> None:
    """One inspection for each piece of work that has no order yet."""
    known = set(session.scalars(
        select(InspectionOrder.work_id).where(InspectionOrder.work_id == any_(_ids(work for work, _, _ in orders)))
    ))
    new = [(new_code("IM"), *order) for order in orders if order[0] not in known]
    if not new:
        return
    due = now() + DUE_WITHIN
    put(session, folder.of(Inspection), [
        {"code": code, "kind": kind(order.whys), "work_code": work_code, "due_at": due}
        for code, _, work_code, order in new
    ])
    session.execute(insert(InspectionOrder), [
        {"inspection_code": code, "work_id": work, "whys": list(order.whys), "propensity": order.propensity}
        for code, work, _, order in new
    ])


def _recorded() -> Query:
    """New work on processes that have a floor, and the piece done before it on the same post."""
    new = aliased(WorkRecord, name="new")
    floor = (
        select(InspectionFloor)
        .where(InspectionFloor.process_id == new.process_id, InspectionFloor.at <= new.started_at)
        .order_by(InspectionFloor.at.desc(), InspectionFloor.id.desc()).limit(1).lateral("floor")
    )
    before = (
        select(WorkRecord.employee_id, WorkRecord.process_version, WorkRecord.batch_id, WorkRecord.started_at)
        .where(
            WorkRecord.process_id == new.process_id, WorkRecord.post_id.is_not_distinct_from(new.post_id),
            WorkRecord.started_at < new.started_at, as_known(WorkRecord, None),
        )
        .order_by(WorkRecord.started_at.desc(), WorkRecord.id.desc()).limit(1).lateral("before")
    )
    shift = (
        select(func.max(Shift.starts_at).label("starts_at"))
        .where(
            Shift.employee_id == new.employee_id, Shift.starts_at <= new.started_at, Shift.ends_at > new.started_at,
            as_known(Shift, None),
        )
        .lateral("shift")
    )
    zone = settings().timezone
    midnight = func.timezone(zone, func.date_trunc("day", func.timezone(zone, new.started_at)))
    same_inputs = _inputs(new.batch_id).is_not_distinct_from(_inputs(before.c.batch_id))
    return (
        select(
            new.id, new.code, new.process_id, new.started_at, floor.c.after_change_days,
            floor.c.after_failure_pieces, floor.c.first_article, floor.c.share,
            before.c.employee_id.is_distinct_from(new.employee_id).label("person"),
            before.c.process_version.is_distinct_from(new.process_version).label("process_version"),
            func.coalesce(before.c.started_at < func.coalesce(shift.c.starts_at, midnight), true()).label("shift"),
            (before.c.started_at.is_(None) | ~same_inputs).label("input_batch"),
        )
        .select_from(new).join(floor, true()).outerjoin(before, true()).outerjoin(shift, true())
        .where(new.revision == 1, new.recorded_at >= func.now())
    )


def _inputs(batch: Any) -> Any:
    """What went into a batch, by its set in force."""
    every = aliased(BatchInput)
    in_force = select(func.max(every.revision)).where(every.batch_id == batch).scalar_subquery()
    listed = func.array_agg(func.distinct(BatchInput.input_id))
    return select(listed).where(BatchInput.batch_id == batch, BatchInput.revision == in_force).scalar_subquery()


def _floor(row: Row[Any]) -> Floor:
    return Floor(row.after_change_days, row.after_failure_pieces, frozenset(row.first_article), row.share)


def _first(row: Row[Any]) -> frozenset[str]:
    return frozenset(respect for respect in FIRSTS if row._mapping[respect])


def _days_since(moments: Sequence[datetime], at: datetime) -> float | None:
    """How long ago the last of some ordered moments was."""
    passed = bisect_right(moments, at)
    return (at - moments[passed - 1]) / timedelta(days=1) if passed else None


def _changes(session: Session, processes: Collection[int]) -> Mapping[int, Sequence[datetime]]:
    """When each process, or a standard it ever followed, changed: in order."""
    own = select(ProcessVersion.process_id, ProcessVersion.effective_at)
    followed = select(
        ProcessVersion.process_id, func.split_part(func.unnest(ProcessVersion.standards), "@", 1).label("standard")
    ).where(ProcessVersion.process_id == any_(_ids(processes))).distinct().subquery()
    standards = (
        select(followed.c.process_id, StandardVersion.effective_at)
        .join(Standard, Standard.code == followed.c.standard)
        .join(StandardVersion, StandardVersion.standard_id == Standard.id)
    )
    found: dict[int, list[datetime]] = defaultdict(list)
    for process, at in session.execute(
        union_all(own.where(ProcessVersion.process_id == any_(_ids(processes))), standards).order_by("effective_at")
    ):
        found[process].append(at)
    return found


def _failures(session: Session, processes: Collection[int]) -> Mapping[int, Sequence[datetime]]:
    """When inspections of each process failed lately: in order."""
    process = func.coalesce(Inspection.process_id, WorkRecord.process_id, Batch.process_id)
    query = (
        select(process.label("process_id"), Inspection.performed_at)
        .outerjoin(WorkRecord, WorkRecord.id == Inspection.work_id)
        .outerjoin(Batch, Batch.id == Inspection.batch_id)
        .where(
            Inspection.recorded_at > now() - _REMEMBERED, Inspection.result == "fail",
            as_known(Inspection, None), process == any_(_ids(processes)),
        )
        .order_by(Inspection.performed_at)
    )
    found: dict[int, list[datetime]] = defaultdict(list)
    for number, at in session.execute(query):
        if at is not None:
            found[number].append(at)
    return found


def _pieces_since(
    session: Session, works: Sequence[tuple[int, int, datetime]], failures: Mapping[int, Sequence[datetime]]
) -> Mapping[int, int]:
    """How many pieces were done on the process between its last failure and each piece of work."""
    asked = []
    for work, process, at in works:
        passed = bisect_right(failures[process], at)
        if passed:
            asked.append((work, process, failures[process][passed - 1], at))
    if not asked:
        return {}
    times = [type_coerce([each[place] for each in asked], ARRAY(_TIME)) for place in (2, 3)]
    given = func.unnest(_ids(each[0] for each in asked), _ids(each[1] for each in asked), *times).table_valued(
        "work", "process", "failed", "at", name="asked"
    ).render_derived()
    pieces = select(func.count()).where(
        WorkRecord.process_id == given.c.process, WorkRecord.started_at > given.c.failed,
        WorkRecord.started_at < given.c.at, WorkRecord.revision == 1,
    ).scalar_subquery()
    return dict(session.execute(select(given.c.work, pieces)).all())


_TIME = Inspection.__table__.c.performed_at.type


def hold_to_orders(session: Session) -> None:
    """Refuse what this transaction recorded of ordered inspections if it would close one unperformed.

    Raises `Invalid`: an ordered inspection stays with its work, and is performed by somebody else, after it.
    """
    found = [problem for row in session.execute(_results()).all() for problem in _unperformed(row)]
    if found:
        raise Invalid([Violation("inspections", None, column, value, said) for column, value, said in found])


@cache  # made once: it is asked with every inspection
def _results() -> Query:
    """What was just recorded of ordered inspections, beside the work they look at."""
    took_part = (
        select(func.array_agg(Employee.code)).join(WorkParticipant, WorkParticipant.employee_id == Employee.id)
        .where(WorkParticipant.work_id == InspectionOrder.work_id).scalar_subquery()
    )
    last = aliased(WorkRecord, name="last")
    begun = select(func.max(last.started_at)).where(last.code == WorkRecord.code).scalar_subquery()
    return (
        select(
            Inspection.code, Inspection.result, Inspection.performed_at, Inspection.inspector_code,
            Inspection.sample_size, (Inspection.work_id == InspectionOrder.work_id).label("kept"),
            WorkRecord.code.label("work"), Employee.code.label("worker"), begun.label("begun"),
            func.coalesce(took_part, literal([], ARRAY(Employee.code.type))).label("participants"),
        )
        .join(InspectionOrder, InspectionOrder.inspection_code == Inspection.code)
        .join(WorkRecord, WorkRecord.id == InspectionOrder.work_id)
        .join(Employee, Employee.id == WorkRecord.employee_id)
        .where(Inspection.recorded_at >= func.now(), Inspection.revision > 1)
    )


def _unperformed(row: Row[Any]) -> Iterable[tuple[str, object, str]]:
    """What shows that an ordered inspection was not really performed: column, value, problem."""
    if not row.kept:
        yield "work_code", row.code, f"was ordered for work {row.work} and stays with it"
    if row.result is None:
        return
    if row.inspector_code is None:
        yield "inspector_code", row.code, "must be inspected; say who did"
    elif row.inspector_code in {row.worker, *row.participants}:
        yield "inspector_code", row.inspector_code, f"did work {row.work}; somebody else must inspect it"
    if row.performed_at is None or not row.begun <= row.performed_at <= now():
        moment = row.performed_at and row.performed_at.isoformat()
        yield "performed_at", moment, f"must lie between the start of work {row.work} and now"
    if row.sample_size == 0:
        yield "sample_size", 0, f"looked at nothing; work {row.work} must be inspected"


def _ids(numbers: Iterable[int]) -> Any:
    return type_coerce(list(numbers), ARRAY(BigInteger))

"""Ordering inspections, recording what they found, and the queue of those that are due."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any

from pydantic import Field, FiniteFloat
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Double,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from service.clock import now
from service.db.base import Query
from service.errors import Conflict, NotFound
from service.events.publishing import Event, publish
from service.inspections.floor import RESERVED, SAYS
from service.inspections.schemas import Queue, QueueItem, Reason, ResultGiven
from service.inspections.tables import Finding, Inspection, InspectionOrder, ReserveDraw
from service.people.tables import Department, Employee
from service.processes.tables import Process
from service.records import folder
from service.records.actions import database_time, put
from service.records.paging import Cursors
from service.records.wire import latest
from service.records.wiretypes import LAST_ID, Id, Moment
from service.suggestions.rules import light, too_little_data
from service.suggestions.stopping import HIGH, LOW, MODEL, PROBABILITY, RANK, REASONS
from service.suggestions.tables import Scoring, Suggestion
from service.work.tables import Batch, WorkRecord

#: overdue by more than this, an inspection counts as missed
MISSED_AFTER = timedelta(days=30)


def record_result(session: Session, code: str, given: ResultGiven) -> None:
    """Complete an inspection with what it found; with a reason, correct it.

    Raises `NotFound` for an unknown code, `Invalid` where the result contradicts what is recorded without a reason.
    """
    recorded = session.execute(
        select(Inspection.performed_at)
        .where(Inspection.code == code)
        .order_by(Inspection.revision.desc())
        .limit(1)
    ).one_or_none()
    if recorded is None:
        raise NotFound(f"There is no inspection {code!r}.")
    said = given.model_dump(exclude={"findings", "reason"}, exclude_none=True)
    if recorded.performed_at is None:
        said.setdefault("performed_at", now())
    at = database_time(session)
    put(session, folder.of(Inspection), [{"code": code, **said}], given.reason, at)
    if given.findings:
        found = [finding.model_dump() | {"inspection_code": code} for finding in given.findings]
        put(session, folder.of(Finding), found, given.reason, at)
    publish(session, Event("inspection.done", f"inspections/{code}", {"result": given.result}))


def queue(
    session: Session, limit: int = 50, *, missed: bool = False, cursor: str | None = None,
    since: datetime | None = None,
) -> Queue:
    """Inspections without a result: what must be inspected, the random reserve, then riskiest first by the last
    scorings, then by due date.

    Those more than 30 days overdue are `missed`: nobody will find that work as it was, but they are not forgotten.
    What must be inspected is never missed; it waits in front until somebody performs it.
    A further page goes on in the scorings that the first page showed. `since`: only what was recorded or scored then
    or later. Raises `BadCursor`.
    """
    cursors = _CURSORS[missed]
    scorings, *place = cursors.read(cursor) if cursor is not None else (None,)
    late = (Inspection.due_at < now() - MISSED_AFTER) & ~_must()
    here = late if missed else func.coalesce(~late, true())
    counts = select(func.count().filter(here), func.count().filter(late), *_scored(here))
    shown = _last_scorings() if scorings is None else scorings
    waiting = counts.select_from(Inspection).outerjoin(Suggestion, _of(shown)).where(_open())
    total, gone, scored, chances, last = session.execute(waiting.add_columns(_as_list(_last_scorings()))).one()
    scorings = (last or []) if scorings is None else scorings
    found = _due(scorings).add_columns(Inspection.id).where(here, _behind(*place), _since(since)).limit(limit)
    rows = session.execute(found).all()
    in_order = sorted(chances or ())
    items = [_item(row, _share_above(row.probability, in_order, scored)) for row in rows]
    following = None
    if len(rows) == limit:
        end = rows[-1]
        last_place = (bool(end.whys), end.reserved, end.probability, end.rank, end.due_at, end.id)
        following = cursors.write(scorings, *last_place)
    return Queue(items=items, total=total, missed=gone, next=following)


#: of the queue and of the missed: the scorings shown (`_last_scorings`), how many inspections were, and the last one's
#: place in the order
_PLACE = (Annotated[list[Id], Field(max_length=3)], bool, bool, FiniteFloat | None, Id | None, Moment | None, Id)
_CURSORS = (Cursors("inspection-queue", *_PLACE), Cursors("missed-inspections", *_PLACE))


def _order(
    must: ColumnElement[bool], reserved: ColumnElement[bool], probability: ColumnElement[Any],
    rank: ColumnElement[Any], due_at: ColumnElement[Any], number: ColumnElement[Any],
) -> tuple[ColumnElement[Any], ...]:
    """Where an inspection stands: what must be first, then what was drawn, then riskiest; what lacks a value last."""
    never: ColumnElement[Any] = literal_column("'infinity'::timestamptz")
    unscored = literal(1.0, Double)
    return (
        ~must, ~reserved, func.coalesce(-probability, unscored), func.coalesce(rank, LAST_ID),
        func.coalesce(due_at, never), number,
    )


def _place() -> tuple[ColumnElement[Any], ...]:
    return _order(
        InspectionOrder.id.is_not(None), ReserveDraw.id.is_not(None), PROBABILITY, RANK,
        Inspection.due_at, Inspection.id,  # type: ignore[arg-type]
    )


def _behind(
    must: bool = False, reserved: bool = False, probability: float | None = None, rank: int | None = None,
    due_at: datetime | None = None, number: int | None = None,
) -> ColumnElement[bool]:
    if number is None:
        return true()
    place = _order(
        literal(must), literal(reserved), cast(probability, Double), cast(rank, BigInteger),
        cast(due_at, DateTime(timezone=True)), cast(number, BigInteger),
    )
    return tuple_(*_place()) > tuple_(*place)


def _since(moment: datetime | None) -> ColumnElement[bool]:
    return true() if moment is None else or_(Inspection.recorded_at >= moment, Scoring.created_at >= moment)


def _open() -> ColumnElement[bool]:
    return Inspection.result.is_(None) & _latest()


def _must() -> ColumnElement[bool]:
    """Whether an inspection was ordered and waits until it is performed."""
    order = aliased(InspectionOrder)
    return select(order.id).where(order.inspection_code == Inspection.code).exists()


def _latest() -> ColumnElement[bool]:
    return latest(folder.of(Inspection))


def _last_scorings() -> Select[int]:
    """The last scorings over everyone eligible, and the last of all: what arrived since was scored between them."""
    here = Scoring.target.in_(_TARGETS)
    whole = select(func.max(Scoring.id)).where(here, ~Scoring.live).group_by(Scoring.target)
    newest = select(func.max(Scoring.id)).where(here).having(func.max(Scoring.id).is_not(None))
    return select(whole.union(newest).subquery().c[0])


_TARGETS = ("risk-work", "risk-unit")


def _as_list(numbers: Select[int]) -> ColumnElement[Any]:
    each = numbers.subquery()
    return select(func.array_agg(each.c[0])).scalar_subquery()


def _of(scorings: Sequence[int] | Select[int]) -> ColumnElement[bool]:
    """What the scorings, or those of single arrivals between them, said last of an inspection."""
    said, single = aliased(Suggestion), aliased(Scoring)
    first, last = _ends(scorings)
    arrived = select(single.id).where(single.live, single.target.in_(_TARGETS), single.id.between(first, last))
    shown = or_(said.scoring_id.in_(scorings), said.scoring_id.in_(arrived))
    newest = select(func.max(said.id)).where(said.inspection_code == Inspection.code, shown)
    return Suggestion.id == newest.correlate(Inspection).scalar_subquery()


def _ends(scorings: Sequence[int] | Select[int]) -> tuple[Any, Any]:
    if not isinstance(scorings, Select):
        return min(scorings, default=0), max(scorings, default=0)
    each = scorings.subquery()
    return select(func.min(each.c[0])).scalar_subquery(), select(func.max(each.c[0])).scalar_subquery()


@dataclass(frozen=True)
class Arrived:
    """An open inspection that nobody has scored, and by which target it would be."""

    code: str
    target: str


def unscored(session: Session, limit: int) -> list[Arrived]:
    """The open inspections recorded since the last scorings over everyone, and scored by none; the first first."""
    found = session.execute(_unscored(), {"limit": limit})
    return [Arrived(code, "risk-work" if work else "risk-unit") for code, work in found]


@cache
def _unscored() -> Select[str, bool]:
    """Made once: to make it takes as long as to ask it."""
    since = select(func.max(Scoring.created_at)).where(Scoring.target.in_(_TARGETS), ~Scoring.live).scalar_subquery()
    of_work = or_(Inspection.work_id.is_not(None), Inspection.batch_id.is_not(None))
    of_unit = Inspection.department_id.is_not(None) & Inspection.employee_id.is_(None)
    return (
        select(Inspection.code, of_work)
        .outerjoin(Suggestion, _of(_last_scorings()))
        .where(_open(), Inspection.recorded_at >= since, or_(of_work, of_unit), Suggestion.id.is_(None))
        .order_by(Inspection.id)
        .limit(bindparam("limit", type_=Integer))
    )


def _due(scorings: Sequence[int] | Select[int]) -> Query:
    subject = func.coalesce(Employee.code, WorkRecord.code, Batch.code, Department.code)
    name = func.coalesce(Employee.name, Batch.product, Department.name)
    of_batch = Batch.id == func.coalesce(Inspection.batch_id, WorkRecord.batch_id)
    return (
        select(
            Inspection.code, Inspection.kind, Inspection.due_at, Inspection.inspector_code,
            subject.label("subject_code"), name.label("subject_name"),
            Process.code.label("process_code"), Process.name.label("process_name"),
            PROBABILITY.label("probability"), LOW.label("probability_low"), HIGH.label("probability_high"),
            RANK.label("rank"), Suggestion.baseline_rank, REASONS.label("reasons"),
            MODEL.label("model"), Scoring.usual,
            InspectionOrder.whys, ReserveDraw.id.is_not(None).label("reserved"),
        )
        .select_from(Inspection)
        .outerjoin(InspectionOrder, InspectionOrder.inspection_code == Inspection.code)
        .outerjoin(ReserveDraw, and_(ReserveDraw.inspection_code == Inspection.code, ReserveDraw.drawn))
        .outerjoin(Suggestion, _of(scorings))
        .outerjoin(Scoring, Scoring.id == Suggestion.scoring_id)
        .outerjoin(Employee, Employee.id == Inspection.employee_id)
        .outerjoin(WorkRecord, WorkRecord.id == Inspection.work_id)
        .outerjoin(Batch, of_batch)
        .outerjoin(Department, Department.id == Inspection.department_id)
        .outerjoin(Process, Process.id == func.coalesce(Inspection.process_id, WorkRecord.process_id, Batch.process_id))
        .where(_open())
        .order_by(*_place())
    )


def _item(row: Row[Any], share_above: float) -> QueueItem:
    said = {name: row._mapping[name] for name in QueueItem.model_fields if name in row._mapping}
    whys = row.whys or []
    asked = [*(SAYS[why] for why in whys), *([RESERVED] if row.reserved else [])]
    reasons = [*(Reason(en=en, zh=zh) for en, zh in asked), *(row.reasons or [])]
    shown = {
        "must": bool(whys), "reasons": reasons, "light": light(row.probability, share_above),
        "too_little_data": too_little_data(row.probability, row.probability_low, row.probability_high, row.usual),
    }
    return QueueItem(**said | shown)


def _scored(here: ColumnElement[bool]) -> tuple[ColumnElement[Any], ...]:
    """How many of a list's inspections were scored, and the chances of those that have one."""
    return (
        func.count(Suggestion.id).filter(here),
        func.array_agg(PROBABILITY).filter(here, PROBABILITY.is_not(None)),
    )


def _share_above(probability: float | None, chances: Sequence[float], scored: int) -> float:
    """The share of the scored whose chance is greater. Its place says less: what was drawn stands in front."""
    return (len(chances) - bisect_right(chances, probability or 0.0)) / max(scored, 1)


def due(session: Session, code: str) -> QueueItem:
    """One inspection of the queue. Raises `NotFound`, and `Conflict` if it has a result already."""
    scorings = _last_scorings()
    found = session.execute(_due(scorings).where(Inspection.code == code).limit(1)).one_or_none()
    if found is not None:
        waiting = select(*_scored(true())).select_from(Inspection).outerjoin(Suggestion, _of(scorings)).where(_open())
        scored, chances = session.execute(waiting).one()
        return _item(found, _share_above(found.probability, sorted(chances or ()), scored))
    if session.scalar(select(Inspection.id).where(Inspection.code == code).limit(1)) is None:
        raise NotFound(f"There is no inspection {code!r}.")
    raise Conflict(f"Inspection {code} has a result already.")


@dataclass(frozen=True)
class Tally:
    """Inspections that wait, and what those done since a moment found."""

    due: int
    overdue: int
    inspected: int
    passed: int


def tally(session: Session, since: datetime, at: datetime) -> Tally:
    """How many inspections wait or are overdue at a moment (the missed left out), and the results since another."""
    missed = func.coalesce(Inspection.due_at < at - MISSED_AFTER, false()) & ~_must()
    waiting, recent = Inspection.result.is_(None) & ~missed, Inspection.performed_at >= since
    counts = select(
        func.count().filter(waiting), func.count().filter(waiting, Inspection.due_at < at),
        func.count().filter(recent, Inspection.result.is_not(None)),
        func.count().filter(recent, Inspection.result == "pass"),
    )
    return Tally(*session.execute(counts.select_from(Inspection).where(or_(waiting, recent), _latest())).one())

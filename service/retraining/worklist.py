"""What a planner sees first: the suggestions to decide on, and how much waits."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select, true, tuple_
from sqlalchemy.orm import Session, aliased

from service.clock import now
from service.courses.tables import Course
from service.db.base import Query
from service.people.tables import Employee
from service.processes.tables import Process
from service.records.paging import BadCursor, Cursors
from service.records.wiretypes import LAST_ID, Id
from service.retraining.schemas import Worklist, WorklistItem
from service.retraining.tables import PlanItem
from service.suggestions.actions import followed, latest_scoring
from service.suggestions.rules import RESTS, light, too_little_data
from service.suggestions.stopping import HIGH, LOW, PROBABILITY, RANK, REASONS, WHY
from service.suggestions.tables import Decision, Scoring, Suggestion

#: a place behind which each kind goes on: rank, today's rank, id
_Place = tuple[Id, Id, Id]
_CURSORS = Cursors("suggestions", Id, _Place | None, _Place | None)


def worklist(
    session: Session, limit: int = 50, cursor: str | None = None, since: datetime | None = None
) -> Worklist:
    """Undecided suggestions of the last scoring: what a rule asks for first, then by training priority.

    Up to `limit` of either kind, so that the one never hides the other; a further page goes on with both, in the
    scoring that the first page showed. Left out: who has an open plan item for the process, and what was dismissed
    within the last 30 days. Raises `BadCursor`.
    """
    scoring, *places = _place(session, cursor)
    if scoring is None or (since is not None and scoring.created_at < since):
        return Worklist(items=[], total=0, required=0, model=None, fallback=None, as_of=None, data_known_at=None)
    undecided = _undecided(scoring.id, now())
    every = undecided.subquery()
    counts = select(func.count(), func.count(every.c.rule_gap), WHY).select_from(every)
    total, required, why_stopped = session.execute(counts).one()
    ranked = select(func.count(Suggestion.score)).where(Suggestion.scoring_id == scoring.id)
    scored = session.scalar(ranked)
    by_rule = Suggestion.rule_gap.is_not(None)
    kinds = [
        session.execute(undecided.where(kind, _behind(place)).limit(limit)).all()
        for kind, place in zip((by_rule, ~by_rule), places, strict=True)
    ]
    return Worklist(
        items=[_item(row, scored or 1, scoring.usual) for rows in kinds for row in rows],
        total=total, required=required, **asdict(followed(scoring, why_stopped)),
        next=_next(scoring, kinds, places) if limit in map(len, kinds) else None,
    )


def _place(session: Session, cursor: str | None) -> tuple[Scoring | None, Any, Any]:
    """The scoring to show, and where each kind goes on."""
    if cursor is None:
        return latest_scoring(session, "need"), None, None
    number, by_rule, by_score = _CURSORS.read(cursor)
    scoring = session.get(Scoring, number)
    if scoring is None or scoring.target != "need":
        raise BadCursor("cursor is of a list that is gone; leave it out to start over.")
    return scoring, by_rule, by_score


def _next(scoring: Scoring, kinds: Sequence[Sequence[Row[Any]]], places: Sequence[Any]) -> str:
    ends = [_end(rows[-1]) if rows else place for rows, place in zip(kinds, places, strict=True)]
    return _CURSORS.write(scoring.id, *ends)


def _end(last: Row[Any]) -> tuple[int, int, int]:
    place, row = last.shown_rank, last.Suggestion
    return (LAST_ID if place is None else place, row.baseline_rank or LAST_ID, row.id)


_RANK = func.coalesce(RANK, LAST_ID)


def _behind(place: tuple[int, int, int] | None) -> ColumnElement[bool]:
    if place is None:
        return true()
    return tuple_(_RANK, Suggestion.baseline_rank, Suggestion.id) > place


def _undecided(scoring_id: int, at: datetime) -> Query:
    return (
        select(
            Suggestion, Employee.name.label("employee_name"), Process.name.label("process_name"),
            Course.title.label("course_title"), RANK.label("shown_rank"),
            PROBABILITY.label("shown_probability"), LOW.label("shown_probability_low"),
            HIGH.label("shown_probability_high"), REASONS.label("shown_reasons"),
        )
        .select_from(Suggestion)
        .join(Employee, Employee.code == Suggestion.employee_code)
        .join(Process, Process.code == Suggestion.process_code)
        .outerjoin(Course, Course.code == Suggestion.course_code)
        .where(Suggestion.scoring_id == scoring_id, ~_planned(), ~_settled(at))
        .order_by(
            case((Suggestion.rule_gap.is_not(None), 0), else_=1), _RANK, Suggestion.baseline_rank, Suggestion.id
        )
    )


def _planned() -> ColumnElement[bool]:
    open_item = and_(
        PlanItem.employee_id == Employee.id, PlanItem.process_id == Process.id, PlanItem.status == "open"
    )
    return select(PlanItem.id).where(open_item).exists()


def _settled(at: datetime) -> ColumnElement[bool]:
    """Decided itself, or dismissed lately for the same person and process."""
    before = aliased(Suggestion)
    same = and_(
        before.employee_code == Suggestion.employee_code, before.process_code == Suggestion.process_code,
        Decision.outcome == "dismissed", Decision.decided_at > at - RESTS,
        # a new rule gap is news, whatever was dismissed before
        before.rule_gap.is_not_distinct_from(Suggestion.rule_gap),
    )
    mentioned = or_(before.id == Suggestion.id, same)
    return select(Decision.id).join(before, before.id == Decision.suggestion_id).where(mentioned).exists()


def _item(row: Row[Any], scored: int, usual: float | None) -> WorklistItem:
    suggestion: Suggestion = row.Suggestion
    above = (row.shown_rank - 1) / scored if row.shown_rank else 1.0
    said = {name: getattr(suggestion, name) for name in WorklistItem.model_fields if hasattr(suggestion, name)}
    shown = {name.removeprefix("shown_"): value for name, value in row._mapping.items() if name != "Suggestion"}
    chance = row.shown_probability, row.shown_probability_low, row.shown_probability_high
    doubt = too_little_data(*chance, usual)
    return WorklistItem(**said | shown, light=light(row.shown_probability, above), too_little_data=doubt)


@dataclass(frozen=True)
class Load:
    """What waits for a planner: suggestions to decide on, and plan items still open."""

    undecided: int
    required: int
    open_items: int
    overdue_items: int


def load(session: Session, today: date) -> Load:
    """How much waits, as of a day. `required` are the undecided suggestions that a rule asks for."""
    scoring = latest_scoring(session, "need")
    undecided = required = 0
    if scoring is not None:
        waiting = _undecided(scoring.id, now()).with_only_columns(Suggestion.rule_gap).order_by(None).subquery()
        counts = select(func.count(), func.count(waiting.c.rule_gap)).select_from(waiting)
        undecided, required = session.execute(counts).one()
    is_open = PlanItem.status == "open"
    items = select(func.count().filter(is_open), func.count().filter(is_open, PlanItem.due_on < today))
    return Load(undecided, required, *session.execute(items.select_from(PlanItem)).one())

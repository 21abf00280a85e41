"""What a planner sees: the suggestions to decide on, and the plans made."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from service.clock import now
from service.courses.tables import Course, TrainingRecord
from service.db.base import Query
from service.inspections.tables import Inspection
from service.people.tables import Employee
from service.processes.tables import Process
from service.retraining.schemas import PlanItemRead, PlanPage, PlanRead, Worklist, WorklistItem
from service.retraining.tables import Plan, PlanItem
from service.suggestions.actions import latest_scoring
from service.suggestions.rules import RESTS, light
from service.suggestions.tables import Decision, Suggestion


def worklist(session: Session, limit: int = 50) -> Worklist:
    """Undecided suggestions of the last scoring: what a rule asks for first, then by training priority.

    Up to `limit` of either kind, so that the one never hides the other.
    Left out: who has an open plan item for the process, and what was dismissed within the last 30 days.
    """
    scoring = latest_scoring(session, "need")
    if scoring is None:
        return Worklist(items=[], total=0, required=0, model=None, fallback=None, as_of=None, data_known_at=None)
    undecided = _undecided(scoring.id, now())
    every = undecided.subquery()
    total, required = session.execute(select(func.count(), func.count(every.c.rule_gap)).select_from(every)).one()
    ranked = select(func.count(Suggestion.score)).where(Suggestion.scoring_id == scoring.id)
    scored = session.scalar(ranked)
    by_rule = Suggestion.rule_gap.is_not(None)
    rows = [row for kind in (by_rule, ~by_rule) for row in session.execute(undecided.where(kind).limit(limit))]
    return Worklist(
        items=[_item(row, scored or 1) for row in rows], total=total, required=required,
        model=scoring.model, fallback=scoring.fallback,
        as_of=scoring.as_of, data_known_at=scoring.data_known_at,
    )


def _undecided(scoring_id: int, at: datetime) -> Query:
    return (
        select(
            Suggestion, Employee.name.label("employee_name"), Process.name.label("process_name"),
            Course.title.label("course_title"),
        )
        .select_from(Suggestion)
        .join(Employee, Employee.code == Suggestion.employee_code)
        .join(Process, Process.code == Suggestion.process_code)
        .outerjoin(Course, Course.code == Suggestion.course_code)
        .where(Suggestion.scoring_id == scoring_id, ~_planned(), ~_settled(at))
        .order_by(
            case((Suggestion.rule_gap.is_not(None), 0), else_=1), Suggestion.rank.nulls_last(),
            Suggestion.baseline_rank, Suggestion.id,
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


def _item(row: Row[Any], scored: int) -> WorklistItem:
    suggestion: Suggestion = row.Suggestion
    above = (suggestion.rank - 1) / scored if suggestion.rank else 1.0
    names = {"employee_name": row.employee_name, "process_name": row.process_name, "course_title": row.course_title}
    said = {name: getattr(suggestion, name) for name in WorklistItem.model_fields if hasattr(suggestion, name)}
    return WorklistItem(**said, **names, light=light(suggestion.probability, above))


def plans(session: Session, before: int | None, limit: int) -> PlanPage:
    """Plans with their items, newest first."""
    query = select(Plan).order_by(Plan.id.desc()).limit(limit)
    found = session.scalars(query.where(Plan.id < before) if before else query).all()
    items = _items(session, [plan.id for plan in found])
    read = [
        PlanRead(code=plan.code, title=plan.title, created_at=plan.created_at, items=items.get(plan.id, []))
        for plan in found
    ]
    return PlanPage(items=read, next=str(found[-1].id) if len(found) == limit else None)


def _items(session: Session, plan_ids: list[int]) -> dict[int, list[PlanItemRead]]:
    rows = session.execute(
        select(
            PlanItem.plan_id, PlanItem.code, PlanItem.due_on, PlanItem.status, PlanItem.cancelled_reason,
            Employee.code.label("employee_code"), Process.code.label("process_code"),
            Course.code.label("course_code"), TrainingRecord.code.label("training_code"),
            Inspection.code.label("inspection_code"),
        )
        .select_from(PlanItem)
        .join(Employee, Employee.id == PlanItem.employee_id)
        .join(Process, Process.id == PlanItem.process_id)
        .join(Course, Course.id == PlanItem.course_id)
        .join(TrainingRecord, TrainingRecord.id == PlanItem.training_id)
        .outerjoin(Inspection, Inspection.id == PlanItem.inspection_id)
        .where(PlanItem.plan_id.in_(plan_ids))
        .order_by(PlanItem.id)
    )
    by_plan: dict[int, list[PlanItemRead]] = {}
    for row in rows:
        said = {name: value for name, value in row._mapping.items() if name != "plan_id"}
        by_plan.setdefault(row.plan_id, []).append(PlanItemRead(**said))
    return by_plan


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

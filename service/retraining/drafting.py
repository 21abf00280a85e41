"""Drafting plans: for an approved change, for a round more after poor results; set by set, however many they are."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from service.clock import now
from service.db.context import everywhere
from service.errors import Conflict
from service.events.publishing import Event, publish
from service.processes import actions as changing
from service.processes.rules import follow
from service.processes.tables import Change, Process
from service.records.codes import new_code
from service.retraining.concerned import Taught, asked, asked_of, due_on, over
from service.retraining.tables import Plan, PlanItem
from service.settings import settings
from service.standards.tables import Standard

#: codes are made where the rows are made: 48 random bits each
_ITEMS = """
INSERT INTO plan_items (code, plan_id, employee_id, process_id, course_id, due_on, status, method, minutes,
                        standard_version)
SELECT 'ITEM-' || upper(left(replace(gen_random_uuid()::text, '-', ''), 12)),
       CASE WHEN last IS NULL THEN CAST(:new_hire AS bigint) ELSE CAST(:retraining AS bigint) END,
       employee_id, process_id, course_id, CAST(:due_on AS date), 'draft',
       CASE WHEN last IS NULL THEN 'course' ELSE :method END,
       CASE WHEN last IS NULL THEN minutes ELSE coalesce(CAST(:changed AS bigint), minutes) END, standard_version
FROM concerned
"""

#: who of a plan was trained, and works here still
_TRAINED = """
FROM plan_items i JOIN employees e ON e.id = i.employee_id
WHERE i.plan_id = :before AND i.status = 'completed' AND (e.left_on IS NULL OR e.left_on > :today)
"""
_HOW_MANY = "SELECT count(DISTINCT i.employee_id)" + _TRAINED
_AGAIN = """
INSERT INTO plan_items (code, plan_id, employee_id, process_id, course_id, due_on, status, method, minutes,
                        standard_version)
SELECT DISTINCT ON (i.employee_id, i.course_id) 'ITEM-' || upper(left(replace(gen_random_uuid()::text, '-', ''), 12)),
       :plan, i.employee_id, i.process_id, i.course_id, :due_on, 'draft', 'course', i.minutes,
       i.standard_version
""" + _TRAINED


def draft(session: Session, change: Change) -> list[Plan]:
    """Draft the plans an approved change asks for: one for those who never learned it, one for those who knew it.

    Where nobody needs one, the change goes on by itself. Raises as `concerned.asked`.
    """
    with everywhere(session):
        given = asked(session, change)
        new_hires, retrained = people(session, given)
        plans = {"new_hire": None, "retraining": None} | {
            kind: _plan(session, change, kind)
            for kind, some in (("new_hire", new_hires), ("retraining", retrained)) if some
        }
        session.execute(over(_ITEMS), {
            **given, **{kind: plan.id if plan else None for kind, plan in plans.items()},
            "due_on": due_on(change, given["today"]), "changed": change.minutes,
            "method": "read" if change.scale == "minor" else "course",
        })
        drafted = [plan for plan in plans.values() if plan is not None]
        tell(session, *drafted)
    if not drafted:
        changing.move(session, change, follow("approved", "begin_training", change.code))
    return drafted


def draft_for(
    session: Session, title: str, taught: Sequence[Taught], until: date, account_id: int
) -> Plan:
    """Draft a plan that has whoever does these processes take the courses that teach them, whoever passed them before
    too. Raises `Conflict` where that is nobody."""
    with everywhere(session):
        given = asked_of(taught, until, now())
        plan = Plan(code=new_code("PLAN"), title=title, kind="answer", status="draft", account_id=account_id)
        session.add(plan)
        session.flush()
        session.execute(over(_ITEMS), {
            **given, "new_hire": plan.id, "retraining": plan.id, "due_on": until, "changed": None, "method": "course",
        })
        if not counted(session, [plan.id]):
            raise Conflict("Nobody who works here does what this is about: there is nobody to train.")
        tell(session, plan)
    return plan


def again(session: Session, plan: Plan, today: date, until: date) -> Plan | None:
    """Draft a plan that trains the people of another once more; None where all of them left."""
    given = {"before": plan.id, "today": today}
    if not session.scalar(text(_HOW_MANY), given):
        return None
    kind = "retraining" if plan.kind == "new_hire" else plan.kind
    made = Plan(
        code=new_code("PLAN"), title=plan.title, kind=kind, status="draft", change_id=plan.change_id,
        round=plan.round + 1,
    )
    session.add(made)
    session.flush()
    session.execute(text(_AGAIN), {**given, "plan": made.id, "due_on": until})
    tell(session, made)
    return made


def tell(session: Session, *plans: Plan) -> None:
    """Let it be known that plans wait to be accepted."""
    filled = counted(session, [plan.id for plan in plans])
    publish(session, *(
        Event("plan.drafted", f"plans/{plan.code}", {"kind": plan.kind, "people": filled.get(plan.id, 0)})
        for plan in plans
    ))


def counted(session: Session, plans: list[int]) -> Mapping[int, int]:
    """How many items each plan has that are not cancelled."""
    rows = session.execute(
        select(PlanItem.plan_id, func.count()).where(PlanItem.plan_id.in_(plans), PlanItem.status != "cancelled")
        .group_by(PlanItem.plan_id)
    )
    return dict(rows.all())


def people(session: Session, given: Mapping[str, Any]) -> tuple[int, int]:
    """How often a course is to be taken by somebody who never passed it, and by somebody who did."""
    counts = "SELECT count(*) FILTER (WHERE last IS NULL), count(*) FILTER (WHERE last IS NOT NULL) FROM concerned"
    new_hires, retrained = session.execute(over(counts), given).one()
    return new_hires, retrained


def _plan(session: Session, change: Change, kind: str) -> Plan:
    name = session.scalar(select(Process.name).where(Process.id == change.process_id)) or session.scalar(
        select(Standard.title).where(Standard.id == change.standard_id)
    )
    actor: Any = session.scalar(text("SELECT scope.account()"))
    made = Plan(
        code=new_code("PLAN"), title=f"{name} {change.version}", kind=kind, status="draft", change_id=change.id,
        account_id=actor,
    )
    session.add(made)
    session.flush()
    return made


def today() -> date:
    """The day at the site."""
    return now().astimezone(settings().zone).date()

"""Putting people on a plan, and taking them off."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service.courses.tables import Course
from service.errors import Conflict, NotFound
from service.people.tables import Employee
from service.processes.tables import Change, Process
from service.records.codes import new_code
from service.retraining import rules
from service.retraining.actions import refuse_past
from service.retraining.concerned import versions_to_teach
from service.retraining.deciding import open_records
from service.retraining.drafting import today
from service.retraining.schemas import Addition
from service.retraining.tables import Plan, PlanItem


def add(session: Session, plan: Plan, additions: Sequence[Addition]) -> bool:
    """Put people on a plan held; on one that is published their training opens at once. Whether there were any.

    Raises `NotFound`, `Conflict` for a plan that has ended, for who left and for who is on it already, `RetraceError`.
    """
    if not additions:
        return False
    if plan.status in {"rejected", "closed"}:
        raise Conflict(f"Plan {plan.code} is {plan.status}: nobody can be added to it.")
    people = _ids(session, Employee, {given.employee_code for given in additions})
    processes = _ids(session, Process, {given.process_code for given in additions})
    courses = _ids(session, Course, {given.course_code for given in additions})
    _refuse_left(session, plan, people.values())
    change = session.get(Change, plan.change_id) if plan.change_id is not None else None
    versions = versions_to_teach(session, change, set(courses.values())) if change is not None else {}
    rows: list[dict[str, Any]] = []
    for given in additions:
        refuse_past(given.due_on)
        course = courses[given.course_code]
        rows.append({
            "code": new_code("ITEM"), "plan_id": plan.id, "employee_id": people[given.employee_code],
            "process_id": processes[given.process_code], "course_id": course, "due_on": given.due_on,
            "status": "draft", "standard_version": versions.get(course),
        })
    _refuse_twice(session, plan, [(row["employee_id"], row["course_id"]) for row in rows])
    session.execute(insert(PlanItem), rows)
    if plan.status == "published":
        open_records(session, plan)
    return True


def remove(session: Session, plan: Plan, codes: Collection[str], reason: str) -> bool:
    """Take items off a plan held, with a reason. Raises `NotFound`, `Conflict` for one that ended already."""
    items = session.scalars(select(PlanItem).where(PlanItem.plan_id == plan.id, PlanItem.code.in_(codes))).all()
    missing = sorted(set(codes) - {item.code for item in items})
    if missing:
        raise NotFound(f"There is no item {missing[0]!r} on plan {plan.code}.")
    for item in items:
        if item.status not in {"draft", "open"}:
            raise Conflict(f"Plan item {item.code} is {item.status} already and cannot be taken off.")
        item.status, item.cancelled_reason = "cancelled", reason
    return bool(items)


def _ids(
    session: Session, row: type[Employee] | type[Process] | type[Course], codes: Collection[str]
) -> dict[str, int]:
    found = dict(session.execute(select(row.code, row.id).where(row.code.in_(codes))).all())
    for code in sorted(set(codes) - set(found)):
        raise NotFound(f"There is no {row.__name__.lower()} {code!r} in your departments.")
    return found


def _refuse_left(session: Session, plan: Plan, people: Collection[int]) -> None:
    left = session.scalars(select(Employee.code).where(Employee.id.in_(people), Employee.left_on <= today())).all()
    rules.refuse_nobody(plan.code, len(people), sorted(left))


def _refuse_twice(session: Session, plan: Plan, wanted: Sequence[tuple[int, int]]) -> None:
    on_it = session.execute(
        select(PlanItem.employee_id, PlanItem.course_id)
        .where(PlanItem.plan_id == plan.id, PlanItem.status.in_(("draft", "open")))
    )
    if len(set(wanted)) < len(wanted) or {tuple(row) for row in on_it} & set(wanted):
        raise Conflict(f"Somebody would be on plan {plan.code} twice for one course; add each once.")

"""From suggestion to plan, from plan to training, from training to the inspection that shows whether it helped."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service.access import Principal
from service.clock import now
from service.courses.actions import version_taught
from service.courses.tables import Course, TrainingRecord
from service.errors import Conflict, NotFound, RetraceError
from service.inspections import actions as inspections
from service.inspections.tables import Inspection
from service.people.tables import Employee
from service.processes.tables import Process
from service.records import folder
from service.records.actions import put
from service.records.codes import new_code
from service.retraining.schemas import Acceptance, Completion
from service.retraining.tables import Plan, PlanItem
from service.suggestions import actions as suggestions
from service.suggestions.rules import refuse_group
from service.suggestions.tables import Suggestion

#: time to train after a plan is accepted, and to inspect after the training, unless somebody says otherwise
TO_TRAIN = timedelta(days=30)
TO_INSPECT = timedelta(days=14)


def accept(session: Session, given: Acceptance, actor: Principal) -> Plan:
    """Take suggestions into a plan; each item opens a training record.

    Raises `NotFound`, `Conflict` (decided already, or score-only items accepted together), `RetraceError` (no course;
    another course than suggested without a reason).
    """
    chosen = suggestions.undecided(session, given.suggestions)
    refuse_group([suggestion.rule_gap for suggestion in chosen])
    courses = [_course_of(suggestion, given.course_code) for suggestion in chosen]
    edited = given.course_code is not None or given.due_on is not None
    suggestions.decide(session, chosen, actor, "edited" if edited else "accepted", given.reason, courses)
    plan = Plan(
        code=new_code("PLAN"), title=given.title or f"Retraining {now():%Y-%m-%d}", account_id=actor.account_id
    )
    session.add(plan)
    session.flush()
    _add_items(session, plan, chosen, courses, given.due_on or (now() + TO_TRAIN).date())
    return plan


def _course_of(suggestion: Suggestion, chosen: str | None) -> str:
    course = chosen or suggestion.course_code
    if course is None:
        raise RetraceError(f"No course covers process {suggestion.process_code}; choose one (course_code).")
    return course


def _add_items(
    session: Session, plan: Plan, chosen: Sequence[Suggestion], courses: Sequence[str], due_on: date
) -> None:
    """Open a training record for each suggestion and put it on the plan."""
    assigned = now()
    records = [
        {"code": new_code("TR"), "employee_code": suggestion.employee_code, "course_code": course,
         "assigned_at": assigned, "result": "open"}
        for suggestion, course in zip(chosen, courses, strict=True)
    ]
    put(session, folder.of(TrainingRecord), records)
    opened = session.execute(
        select(TrainingRecord.code, TrainingRecord.id, TrainingRecord.employee_id, TrainingRecord.course_id).where(
            TrainingRecord.code.in_([record["code"] for record in records])
        )
    )
    by_code = {row.code: row for row in opened}
    wanted = {suggestion.process_code for suggestion in chosen}
    processes = dict(session.execute(select(Process.code, Process.id).where(Process.code.in_(wanted))).all())
    items = [
        {"code": new_code("ITEM"), "plan_id": plan.id, "employee_id": by_code[record["code"]].employee_id,
         "course_id": by_code[record["code"]].course_id, "process_id": processes[suggestion.process_code or ""],
         "suggestion_id": suggestion.id, "due_on": due_on, "status": "open",
         "training_id": by_code[record["code"]].id}
        for suggestion, record in zip(chosen, records, strict=True)
    ]
    session.execute(insert(PlanItem), items)


def dismiss(session: Session, suggestion_id: int, reason: str, actor: Principal) -> None:
    """Turn a suggestion down, with a reason. Raises `NotFound`, `Conflict` if it was decided already."""
    chosen = suggestions.undecided(session, [suggestion_id])
    suggestions.decide(session, chosen, actor, "dismissed", reason, [None])


def complete(session: Session, item_code: str, given: Completion) -> str | None:
    """Record how an item's training went. Who passed is inspected two weeks later; the inspection's code.

    Raises `NotFound`, `Conflict` if the item is no longer open, `Invalid`.
    """
    found = session.execute(
        select(PlanItem, TrainingRecord.code, Course.code, Employee.code, Process.code)
        .join(TrainingRecord, TrainingRecord.id == PlanItem.training_id)
        .join(Course, Course.id == PlanItem.course_id)
        .join(Employee, Employee.id == PlanItem.employee_id)
        .join(Process, Process.id == PlanItem.process_id)
        .where(PlanItem.code == item_code)
        .with_for_update(of=PlanItem)
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no plan item {item_code!r}.")
    item, training, course, employee, process = found
    if item.status != "open":
        raise Conflict(f"Plan item {item_code} is {item.status} already.")
    completed_at = given.completed_at or now()
    version = given.standard_version or version_taught(session, course, completed_at)
    said = given.model_dump(exclude_none=True) | {"completed_at": completed_at}
    put(session, folder.of(TrainingRecord), [{"code": training, **said} | _if_known(standard_version=version)])
    item.status = "completed"
    if given.result != "passed":
        return None
    due = completed_at + TO_INSPECT
    asked = inspections.order(session, "effectiveness", due, employee_code=employee, process_code=process)
    item.inspection_id = session.scalar(select(Inspection.id).where(Inspection.code == asked))
    session.flush()
    return asked


def _if_known(**said: str | None) -> dict[str, str]:
    return {name: value for name, value in said.items() if value is not None}

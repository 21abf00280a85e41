"""From suggestion to plan: accepting, dismissing, and holding a plan while it is changed."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from service.access import Principal
from service.clock import now
from service.courses.tables import TrainingRecord
from service.errors import Conflict, RetraceError
from service.events.publishing import Event, publish
from service.people.tables import Employee
from service.processes.tables import Process
from service.records import folder
from service.records.actions import put
from service.records.codes import new_code
from service.records.tags import refuse_stale, tag
from service.retraining.schemas import Acceptance
from service.retraining.tables import Plan, PlanItem
from service.settings import settings
from service.suggestions import actions as suggestions
from service.suggestions.rules import refuse_group
from service.suggestions.tables import Suggestion

#: time to train after a plan is accepted, unless somebody says otherwise
TO_TRAIN = timedelta(days=30)


def accept(session: Session, given: Acceptance, actor: Principal) -> Plan:
    """Take suggestions into a plan; each item opens a training record.

    Raises `NotFound`, `Conflict` (decided or planned already, or score-only items accepted together), `RetraceError`
    (no course; a day that is over; another course or day than suggested without a reason).
    """
    refuse_past(given.due_on)
    chosen = suggestions.undecided(session, given.suggestions)
    refuse_group([suggestion.rule_gap for suggestion in chosen])
    _refuse_planned(session, chosen)
    _refuse_left(session, chosen)
    courses = [_course_of(suggestion, given.course_code) for suggestion in chosen]
    edited = given.course_code is not None or given.due_on is not None
    suggestions.decide(session, chosen, actor, "edited" if edited else "accepted", given.reason, courses)
    plan = Plan(
        code=new_code("PLAN"), title=given.title or f"Retraining {now():%Y-%m-%d}", account_id=actor.account_id,
        accepted_by_id=actor.account_id, published_at=now(),
    )
    session.add(plan)
    session.flush()
    _add_items(session, plan, chosen, courses, given.due_on or (now() + TO_TRAIN).date())
    publish(session, Event("plan.accepted", f"plans/{plan.code}", {"suggestions": given.suggestions}))
    return plan


def refuse_past(due_on: date | None) -> None:
    """Raise where nobody can be trained by a day, because it is over."""
    if due_on is not None and due_on < now().astimezone(settings().zone).date():
        raise RetraceError(f"Nobody can be trained by {due_on}: that day is over; choose a later one (due_on).")


def _refuse_planned(session: Session, chosen: Sequence[Suggestion]) -> None:
    """Raise where one of these people is to be trained for the same process already."""
    wanted = [(suggestion.employee_code, suggestion.process_code) for suggestion in chosen]
    if len(set(wanted)) < len(wanted):
        raise Conflict("Two of these suggestions are for the same person and process; accept one of them.")
    planned = session.execute(
        select(PlanItem.code, Employee.code.label("employee"), Process.code.label("process"))
        .join(Employee, Employee.id == PlanItem.employee_id)
        .join(Process, Process.id == PlanItem.process_id)
        .where(PlanItem.status == "open", tuple_(Employee.code, Process.code).in_(wanted))
        .limit(1)
    ).one_or_none()
    if planned is not None:
        raise Conflict(
            f"{planned.employee} is to be trained for {planned.process} already: complete or cancel plan item "
            f"{planned.code} first."
        )


def _refuse_left(session: Session, chosen: Sequence[Suggestion]) -> None:
    """Raise where one of these people does not work here any more."""
    codes = [suggestion.employee_code for suggestion in chosen]
    today = now().astimezone(settings().zone).date()
    gone = select(Employee.code).where(Employee.code.in_(codes), Employee.left_on <= today).order_by(Employee.code)
    if (left := session.scalar(gone.limit(1))) is not None:
        raise Conflict(f"{left} left and is not trained any more; dismiss the suggestion.")


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
    publish(session, Event("suggestion.dismissed", f"suggestions/{suggestion_id}"))


def hold(session: Session, plan: ColumnElement[bool], if_match: str | None = None) -> Plan | None:
    """A plan that nobody else changes, nor its items, until the transaction ends; None where there is none.

    Raises `PreconditionFailed` if it is no longer as it was read.
    """
    found = session.scalar(select(Plan).where(plan).with_for_update().execution_options(populate_existing=True))
    if found is not None:
        refuse_stale(if_match, state(found))
    return found


def state(plan: Plan) -> str:
    """The ETag of a plan and its items."""
    return tag(plan.id, int(plan.updated_at.timestamp() * 1_000_000))


def touch(session: Session, plan_ids: Iterable[int]) -> None:
    """Note that plans, or items of theirs, were changed."""
    changed = update(Plan).where(Plan.id.in_(plan_ids)).values(updated_at=func.clock_timestamp())
    session.execute(changed.execution_options(synchronize_session=False))

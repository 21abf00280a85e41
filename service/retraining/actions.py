"""From suggestion to plan, from plan to training, from training to the inspection that shows whether it helped."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, insert, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from service.access import Principal
from service.clock import now
from service.courses.actions import version_taught
from service.courses.tables import Course, TrainingRecord
from service.db.base import Query
from service.db.context import because
from service.errors import Conflict, NotFound, RetraceError
from service.events.publishing import Event, publish
from service.inspections.tables import Inspection
from service.people.tables import Employee
from service.processes.tables import Process
from service.records import folder
from service.records.actions import put
from service.records.codes import new_code
from service.records.tags import refuse_stale, tag
from service.retraining.schemas import Acceptance, Completion
from service.retraining.tables import Plan, PlanItem
from service.settings import settings
from service.suggestions import actions as suggestions
from service.suggestions.rules import refuse_group
from service.suggestions.tables import Suggestion

#: time to train after a plan is accepted, and to inspect after the training, unless somebody says otherwise
TO_TRAIN = timedelta(days=30)
TO_INSPECT = timedelta(days=14)


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


def complete(session: Session, item_code: str, given: Completion, if_match: str | None = None) -> str | None:
    """Record how an item's training went. Who passed is inspected two weeks later; the inspection's code.

    Where that was recorded already (it was posted, or imported), this answers with what came of it.

    Raises `NotFound`, `PreconditionFailed` if its plan is no longer as it was read, `Conflict` if the item was
    cancelled or its record says otherwise, `Invalid`.
    """
    item = _held_item(session, item_code, if_match)
    if item.status in {"draft", "cancelled"}:
        _refuse_closed(item)
    training, course, recorded = session.execute(_training_of(item)).one()
    if recorded == "open":
        _record(session, training, course, given, item.standard_version)
    elif recorded != given.result:
        raise Conflict(f"Training record {training} says {recorded} already; correct it there, with a reason.")
    settle(session)
    return session.scalar(select(Inspection.code).where(Inspection.id == item.inspection_id))


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


def _held_item(session: Session, code: str, if_match: str | None) -> PlanItem:
    """An item of a plan held. Raises `NotFound`."""
    of_item = select(PlanItem.plan_id).where(PlanItem.code == code).scalar_subquery()
    plan = hold(session, Plan.id == of_item, if_match)
    if plan is None:
        raise NotFound(f"There is no plan item {code!r}.")
    return session.scalars(
        select(PlanItem).where(PlanItem.code == code).execution_options(populate_existing=True)
    ).one()


def _open_item(session: Session, code: str, if_match: str | None) -> PlanItem:
    """An item of a plan held. Raises `NotFound`, and `Conflict` if it is no longer open."""
    item = _held_item(session, code, if_match)
    _refuse_closed(item)
    return item


def _refuse_closed(item: PlanItem) -> None:
    if item.status == "draft":
        raise Conflict(f"Plan item {item.code} is only drafted; its plan is to be accepted and published first.")
    if item.status != "open":
        raise Conflict(f"Plan item {item.code} is {item.status} already.")


def _training_of(item: PlanItem) -> Query:
    """The code of an item's training record, its course's, and the result by the record's last revision."""
    first, last = aliased(TrainingRecord), aliased(TrainingRecord)
    return (
        select(first.code, Course.code, last.result)
        .join(last, last.code == first.code)
        .join(Course, Course.id == first.course_id)
        .where(first.id == item.training_id)
        .order_by(last.revision.desc())
        .limit(1)
    )


def _record(session: Session, training: str, course: str, given: Completion, planned: str | None) -> None:
    """Complete a training record; before a new version takes force, only its plan knows that it was taught."""
    completed_at = given.completed_at or now()
    version = given.standard_version or planned or version_taught(session, course, completed_at)
    said = given.model_dump(exclude_none=True) | {"completed_at": completed_at}
    put(session, folder.of(TrainingRecord), [{"code": training, **said} | _if_known(standard_version=version)])


def _if_known(**said: str | None) -> dict[str, str]:
    return {name: value for name, value in said.items() if value is not None}


def cancel(session: Session, item_code: str, reason: str, if_match: str | None = None) -> None:
    """Take an item off its plan, with a reason; its training record stays open.

    Raises `NotFound`, `PreconditionFailed` if its plan is no longer as it was read, `Conflict` if the item is no
    longer open, or its training has ended.
    """
    item = _open_item(session, item_code, if_match)
    settle(session)
    because(session, reason)
    _refuse_closed(item)
    item.status, item.cancelled_reason = "cancelled", reason
    session.flush()
    touch(session, [item.plan_id])
    publish(session, Event("plan_item.cancelled", f"plan_items/{item.code}"))


def settle(session: Session) -> int:
    """Complete every open item whose training has ended, wherever that was recorded; how many there were.

    Who passed is inspected two weeks after the training.
    """
    ended = session.execute(_ended()).all()
    if not ended:
        return 0
    asked = {
        row.PlanItem.id: {"code": new_code("INS"), "kind": "effectiveness", "due_at": row.ended_at + TO_INSPECT,
                          "employee_code": row.employee, "process_code": row.process}
        for row in ended if row.result == "passed"
    }
    put(session, folder.of(Inspection), list(asked.values()))
    codes = [order["code"] for order in asked.values()]
    ids = dict(session.execute(select(Inspection.code, Inspection.id).where(Inspection.code.in_(codes))).all())
    for row in ended:
        row.PlanItem.status = "completed"
        if row.PlanItem.id in asked:
            row.PlanItem.inspection_id = ids[asked[row.PlanItem.id]["code"]]
    session.flush()
    touch(session, {row.PlanItem.plan_id for row in ended})
    publish(session, *(
        Event("plan_item.completed", f"plan_items/{row.PlanItem.code}", {"result": row.result}) for row in ended
    ))
    return len(ended)


def _ended() -> Query:
    """Open items whose training record's last revision has a result; not of plans somebody else changes right now."""
    first, last, later = aliased(TrainingRecord), aliased(TrainingRecord), aliased(TrainingRecord)
    followed = select(later.id).where(later.code == last.code, later.revision > last.revision).exists()
    return (
        select(
            PlanItem, last.result, func.coalesce(last.completed_at, last.known_at).label("ended_at"),
            Employee.code.label("employee"), Process.code.label("process"),
        )
        .join(Plan, Plan.id == PlanItem.plan_id)
        .join(first, first.id == PlanItem.training_id)
        .join(last, last.code == first.code)
        .join(Employee, Employee.id == PlanItem.employee_id)
        .join(Process, Process.id == PlanItem.process_id)
        .where(PlanItem.status == "open", last.result != "open", ~followed)
        .order_by(PlanItem.id)
        .with_for_update(of=(Plan, PlanItem), skip_locked=True)
    )

"""From plan to training, from training to the inspection that shows whether it helped; or to another try."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, aliased

from service.clock import now
from service.courses.actions import version_taught
from service.courses.tables import Course, TrainingRecord
from service.db.base import Query
from service.db.context import because
from service.errors import Conflict, NotFound
from service.events.publishing import Event, publish
from service.inspections.tables import Inspection
from service.people.tables import Employee
from service.processes.tables import Process
from service.records import folder
from service.records.actions import put
from service.records.codes import new_code
from service.retraining.actions import hold, touch
from service.retraining.deciding import open_records
from service.retraining.drafting import today
from service.retraining.schemas import Completion
from service.retraining.tables import Plan, PlanItem

#: time to inspect after the training, and to train again who failed or was absent
TO_INSPECT, TO_REPEAT = timedelta(days=14), timedelta(days=14)


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


def complete_all(session: Session, given: Mapping[str, Completion]) -> None:
    """Record how the training of several items went, by their codes, all or none.

    Raises `NotFound`, `Conflict` for an item that is not open or whose record says something already, `Invalid`.
    """
    rows = session.execute(_open_ones(given)).all()
    items = {row.PlanItem.code: row for row in rows}
    for code in given:
        if code not in items:
            raise NotFound(f"There is no plan item {code!r}.")
        _refuse_closed(items[code].PlanItem)
    at = now()
    timed = {code: each.model_copy(update={"completed_at": each.completed_at or at}) for code, each in given.items()}
    keys = {code: (items[code].course, each.completed_at or at) for code, each in timed.items()}
    taught = {key: version_taught(session, *key) for key in set(keys.values())}
    put(session, folder.of(TrainingRecord), [
        _row(items[code].training, each, each.standard_version or items[code].PlanItem.standard_version
             or taught[keys[code]])
        for code, each in timed.items()
    ])
    settle(session)


def _open_ones(codes: Iterable[str]) -> Query:
    """Items with their training records' and courses' codes; nobody else changes their plans until the end."""
    return (
        select(PlanItem, TrainingRecord.code.label("training"), Course.code.label("course"))
        .join(Plan, Plan.id == PlanItem.plan_id)
        .join(TrainingRecord, TrainingRecord.id == PlanItem.training_id)
        .join(Course, Course.id == PlanItem.course_id)
        .where(PlanItem.code.in_(list(codes))).with_for_update(of=Plan)
    )


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
    at = given.completed_at or now()
    version = given.standard_version or planned or version_taught(session, course, at)
    timed = given.model_copy(update={"completed_at": at})
    put(session, folder.of(TrainingRecord), [_row(training, timed, version)])


def _row(training: str, given: Completion, version: str | None) -> dict[str, Any]:
    said = {"code": training, **given.model_dump(), "standard_version": version}
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

    Who passed is inspected two weeks after the training; who failed or was absent is to take it again.
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
    _repeat(session, [row.PlanItem for row in ended if row.result != "passed" and row.stays])
    touch(session, {row.PlanItem.plan_id for row in ended})
    publish(session, *(
        Event("plan_item.completed", f"plan_items/{row.PlanItem.code}", {"result": row.result}) for row in ended
    ))
    return len(ended)


def _repeat(session: Session, items: Sequence[PlanItem]) -> None:
    """Put who did not pass on their plan once more: nobody is lost because they failed, or were not there."""
    if not items:
        return
    kept = ("plan_id", "employee_id", "process_id", "course_id", "suggestion_id", "method", "minutes",
            "standard_version", "assignment_id")
    rows: list[dict[str, Any]] = [
        {name: getattr(item, name) for name in kept}
        | {"code": new_code("ITEM"), "due_on": today() + TO_REPEAT, "status": "draft"}
        for item in items
    ]
    session.execute(insert(PlanItem), rows)
    plans = session.scalars(select(Plan).where(Plan.id.in_({item.plan_id for item in items})).order_by(Plan.id))
    for plan in plans.all():
        open_records(session, plan)
    publish(session, *(Event("plan_item.repeated", f"plan_items/{row['code']}") for row in rows))


def _ended() -> Query:
    """Open items whose training record's last revision has a result; not of plans somebody else changes right now."""
    first, last, later = aliased(TrainingRecord), aliased(TrainingRecord), aliased(TrainingRecord)
    followed = select(later.id).where(later.code == last.code, later.revision > last.revision).exists()
    return (
        select(
            PlanItem, last.result, func.coalesce(last.completed_at, last.known_at).label("ended_at"),
            Employee.code.label("employee"), Process.code.label("process"),
            (func.coalesce(Employee.left_on, today()) >= today()).label("stays"),
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

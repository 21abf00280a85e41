"""The plans made: reading them, and changing one."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.courses.tables import Course, TrainingRecord
from service.db.context import because
from service.errors import Conflict, NotFound, ReasonRequired
from service.events.publishing import Event, publish
from service.inspections.tables import Inspection
from service.people.tables import Employee
from service.processes.tables import Change, Process
from service.records.paging import Asked, Cursors
from service.records.tags import refuse_stale
from service.records.wiretypes import Id
from service.retraining import editing
from service.retraining.actions import hold, refuse_past, state, touch
from service.retraining.schemas import Move, PlanChanges, PlanItemRead, PlanPage, PlanRead
from service.retraining.tables import Plan, PlanItem

_CURSORS = Cursors("plans", Id)


def plans(session: Session, asked: Asked) -> PlanPage:
    """Plans with their items, newest first. Raises `BadCursor`."""
    found = session.scalars(_CURSORS.newest_first(select(Plan), asked, Plan.id, Plan.updated_at)).all()
    following = _CURSORS.following(asked, [plan.id for plan in found])
    return PlanPage(items=_read(session, found), next=following)


def plan(session: Session, code: str) -> tuple[PlanRead, str]:
    """One plan and its ETag. Raises `NotFound`."""
    query = select(Plan).where(Plan.code == code).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound(f"There is no plan {code!r}.")
    return _read(session, [found])[0], state(found)


def change(session: Session, code: str, given: PlanChanges, if_match: str) -> tuple[PlanRead, str]:
    """Rename a plan, move open items of it, take them off or put people on it, if it is still as the editor read it.

    Raises `NotFound`, `PreconditionFailed` where somebody was quicker, `ReasonRequired`, `Conflict` for an item that
    is no longer open and for people who left, `RetraceError` for a day that is over.
    """
    if given.reason is None:
        raise ReasonRequired("Say why: a plan is not renamed or moved without a reason.")
    found = hold(session, Plan.code == code)
    if found is None:
        raise NotFound(f"There is no plan {code!r}.")
    because(session, given.reason)
    refuse_stale(if_match, state(found))
    renamed = given.title is not None and given.title != found.title
    found.title = given.title or found.title
    edited = [
        _move(session, found, given.items), editing.remove(session, found, given.remove, given.reason),
        editing.add(session, found, given.add),
    ]
    if any(edited) or renamed:
        found.edited_reason = given.reason
        session.flush()
        touch(session, [found.id])
        publish(session, Event("plan.changed", f"plans/{found.code}"))
    return plan(session, code)


def _move(session: Session, of: Plan, moves: Sequence[Move]) -> bool:
    """Move items of a plan held; whether any day is another than before."""
    wanted = {move.code: move.due_on for move in moves}
    items = session.scalars(select(PlanItem).where(PlanItem.plan_id == of.id, PlanItem.code.in_(wanted))).all()
    missing = sorted(set(wanted) - {item.code for item in items})
    if missing:
        raise NotFound(f"There is no item {missing[0]!r} on plan {of.code}.")
    moved = [item for item in items if item.due_on != wanted[item.code]]
    for item in moved:
        if item.status not in {"draft", "open"}:
            raise Conflict(f"Plan item {item.code} is {item.status} already and cannot be moved.")
        refuse_past(wanted[item.code])
        item.due_on = wanted[item.code]
    return bool(moved)


def _read(session: Session, found: Sequence[Plan]) -> list[PlanRead]:
    items = _items(session, [plan.id for plan in found])
    changes = dict(session.execute(
        select(Change.id, Change.code).where(Change.id.in_({plan.change_id for plan in found if plan.change_id}))
    ).all())
    own = [name for name in PlanRead.model_fields if hasattr(Plan, name)]
    return [
        PlanRead(
            **{name: getattr(plan, name) for name in own}, change_code=changes.get(plan.change_id or 0),
            items=items.get(plan.id, []),
        )
        for plan in found
    ]


def _items(session: Session, plan_ids: list[int]) -> dict[int, list[PlanItemRead]]:
    rows = session.execute(
        select(
            PlanItem.plan_id, PlanItem.code, PlanItem.due_on, PlanItem.status, PlanItem.cancelled_reason,
            PlanItem.method, PlanItem.minutes, PlanItem.standard_version,
            Employee.code.label("employee_code"), Process.code.label("process_code"),
            Course.code.label("course_code"), TrainingRecord.code.label("training_code"),
            Inspection.code.label("inspection_code"),
        )
        .select_from(PlanItem)
        .join(Employee, Employee.id == PlanItem.employee_id)
        .join(Process, Process.id == PlanItem.process_id)
        .join(Course, Course.id == PlanItem.course_id)
        .outerjoin(TrainingRecord, TrainingRecord.id == PlanItem.training_id)
        .outerjoin(Inspection, Inspection.id == PlanItem.inspection_id)
        .where(PlanItem.plan_id.in_(plan_ids))
        .order_by(PlanItem.id)
    )
    by_plan: dict[int, list[PlanItemRead]] = {}
    for row in rows:
        said = {name: value for name, value in row._mapping.items() if name != "plan_id"}
        by_plan.setdefault(row.plan_id, []).append(PlanItemRead(**said))
    return by_plan

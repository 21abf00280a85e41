"""Somebody comes, moves or leaves: what they must learn for the new place, and what ends with the old one."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, insert, or_, select, text, update
from sqlalchemy.orm import Session

from service.clock import now
from service.courses.actions import version_taught
from service.courses.tables import Course
from service.db.context import everywhere
from service.errors import Conflict, NotFound
from service.events.publishing import Event, publish
from service.people.tables import Assignment, Department, Employee, Post
from service.qualification.evidence import Asked, answered
from service.qualification.matrix import load
from service.qualification.staff import done_in, done_on
from service.records import folder
from service.records.actions import put
from service.records.codes import new_code
from service.retraining.actions import TO_TRAIN, touch
from service.retraining.drafting import tell, today
from service.retraining.schemas import StaffMove
from service.retraining.tables import Plan, PlanItem
from service.settings import settings

#: an assignment that began longer ago is history that was loaded, and drafts nothing
_LATELY = timedelta(days=7)
_ACTOR = text("SELECT scope.account()")

#: a process, and a course that is still to be passed for it
_Gap = tuple[int, int]


def record(session: Session, given: StaffMove) -> None:
    """Record a move; what it asks for is drafted, and what it ends is closed, at once (`follow`).

    Raises `NotFound`, `Conflict` for who left already, was hired already, or is on the new place already, `Invalid`.
    """
    person = session.scalar(select(Employee).where(Employee.code == given.employee_code))
    if given.kind == "hire":
        if person is not None:
            raise Conflict(f"{given.employee_code} works here already; transfer them, or choose another code.")
        hired = {"code": given.employee_code, "name": given.name, "hired_on": given.on}
        put(session, folder.of(Employee), [hired])
    elif person is None:
        raise NotFound(f"There is no employee {given.employee_code!r} in your departments.")
    elif person.left_on is not None and person.left_on < given.on:
        raise Conflict(f"{given.employee_code} left on {person.left_on}; hire them anew under another code.")
    if given.kind != "hire":
        _end_assignments(session, given)
    if given.kind == "leave" and person is not None:
        put(session, folder.of(Employee), [{"code": person.code, "name": person.name, "left_on": given.on}])
    else:
        _assign(session, given)
    follow(session)


def _assign(session: Session, given: StaffMove) -> None:
    said = {"employee_code": given.employee_code, "department_code": given.department_code, "from_date": given.on,
            "post_code": given.post_code, "to_date": given.to_date, "mentor_code": given.mentor_code}
    put(session, folder.of(Assignment), [{name: value for name, value in said.items() if value is not None}])


def _end_assignments(session: Session, given: StaffMove) -> None:
    """End what somebody holds; a dated assignment (a rotation) leaves the own place as it is."""
    if given.to_date is not None:
        return
    last = given.on if given.kind == "leave" else given.on - timedelta(days=1)
    held = session.execute(
        select(Employee.code, Department.code, Post.code, Assignment.from_date)
        .join(Employee, Employee.id == Assignment.employee_id)
        .join(Department, Department.id == Assignment.department_id)
        .outerjoin(Post, Post.id == Assignment.post_id)
        .where(Employee.code == given.employee_code, or_(Assignment.to_date.is_(None), Assignment.to_date > last),
               Assignment.from_date <= last)
    ).all()
    names = ("employee_code", "department_code", "post_code", "from_date")
    put(session, folder.of(Assignment), [
        {name: value for name, value in zip(names, row, strict=True) if value is not None} | {"to_date": last}
        for row in held
    ])


def follow(session: Session) -> None:
    """Do what recorded staff asks for, by whatever door it came: draft gap plans, close what ended."""
    with everywhere(session):
        close_ended(session)
        _draft_gaps(session)


def close_ended(session: Session) -> int:
    """Close the plan items of who left, and of assignments that are over; how many."""
    day = today()
    left = select(Employee.id).where(Employee.left_on <= day)
    over = select(Assignment.id).where(Assignment.to_date < day)
    closed = session.execute(
        update(PlanItem)
        .where(PlanItem.status.in_(("draft", "open")),
               or_(PlanItem.employee_id.in_(left), PlanItem.assignment_id.in_(over)))
        .values(status="cancelled", cancelled_reason="Left, or the assignment it was for is over.")
        .returning(PlanItem.plan_id, PlanItem.code).execution_options(synchronize_session="fetch")
    ).all()
    touch(session, {row.plan_id for row in closed})
    publish(session, *(Event("plan_item.cancelled", f"plan_items/{row.code}") for row in closed))
    return len(closed)


def _draft_gaps(session: Session) -> None:
    """Draft one plan for what the people who come to a new place must still learn for it."""
    day = today()
    wanting = [
        (row, gap) for row, gaps in _gaps(session, _newcomers(session, day)) for gap in gaps
    ]
    if not wanting:
        return
    plan = Plan(code=new_code("PLAN"), title=f"New places {day}", kind="gap", status="draft",
                account_id=session.scalar(_ACTOR))
    session.add(plan)
    session.flush()
    codes = dict(session.execute(
        select(Course.id, Course.code).where(Course.id.in_({course for _, (_, course) in wanting}))
    ).all())
    taught = {course: version_taught(session, code, now()) for course, code in codes.items()}
    session.execute(insert(PlanItem), [
        {"code": new_code("ITEM"), "plan_id": plan.id, "employee_id": row.employee_id, "process_id": process,
         "course_id": course, "due_on": max(row.from_date, day + timedelta(days=TO_TRAIN.days)), "status": "draft",
         "assignment_id": row.id, "standard_version": taught[course]}
        for row, (process, course) in wanting
    ])
    tell(session, plan)


def _newcomers(session: Session, day: date) -> Sequence[Any]:
    """The assignments that begin about now, or later, and for which nothing was drafted yet."""
    drafted = select(PlanItem.id).where(PlanItem.assignment_id == Assignment.id).exists()
    return session.execute(
        select(Assignment.id, Assignment.employee_id, Assignment.department_id, Assignment.post_id,
               Assignment.from_date)
        .join(Employee, Employee.id == Assignment.employee_id)
        .where(Assignment.from_date >= day - _LATELY, or_(Assignment.to_date.is_(None), Assignment.to_date >= day),
               or_(Employee.left_on.is_(None), Employee.left_on > day), ~drafted)
        .order_by(Assignment.id)
    ).all()


def _gaps(session: Session, newcomers: Sequence[Any]) -> list[tuple[Any, list[_Gap]]]:
    """What each newcomer must still pass for the processes of the new place."""
    at = now()
    on = done_on(session, {row.post_id for row in newcomers if row.post_id is not None}, at)
    within = {
        place: [each.id for each in done_in(session, [place], at)] for place in {row.department_id for row in newcomers}
    }
    questions = [
        (row, Asked(row.employee_id, process, row.post_id, _begins(row.from_date)))
        for row in newcomers for process in on.get(row.post_id or 0) or within[row.department_id]
    ]
    matrix = load(
        session, {each.process_id for _, each in questions if each.process_id is not None},
        {row.post_id for row in newcomers if row.post_id is not None},
    ).without_grace()
    found: dict[int, tuple[Any, list[_Gap]]] = {}
    planned = _planned(session, {row.employee_id for row in newcomers})
    for (row, each), standing in zip(
        questions, answered(session, [each for _, each in questions], matrix), strict=True
    ):
        courses = {demand.code: demand.courses for demand in matrix.demands(each.process_id, each.post_id, each.at)}
        for answer in standing.unmet:
            for course in courses.get(answer.demand, ())[:1]:
                if (row.employee_id, course) not in planned:
                    planned.add((row.employee_id, course))
                    found.setdefault(row.id, (row, []))[1].append((each.process_id or 0, course))
    return list(found.values())


def _begins(day: date) -> datetime:
    return max(datetime.combine(day, time(), settings().zone), now())


def _planned(session: Session, people: set[int]) -> set[tuple[int, int]]:
    """Who is to be trained in what already."""
    waits = and_(PlanItem.employee_id.in_(people), PlanItem.status.in_(("draft", "open")))
    return {(who, course) for who, course in session.execute(
        select(PlanItem.employee_id, PlanItem.course_id).where(waits)
    )}

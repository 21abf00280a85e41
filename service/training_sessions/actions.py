"""Planning a session, moving it, giving seats, recording how it went."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from service.access import Principal
from service.clock import now
from service.courses.tables import Course
from service.db.context import because, everywhere
from service.errors import Conflict, NotFound
from service.events.publishing import Event, publish
from service.people.tables import Employee
from service.records.codes import new_code
from service.records.tags import refuse_stale, tag
from service.retraining.completing import complete_all
from service.retraining.drafting import today
from service.retraining.schemas import Completion
from service.retraining.tables import PlanItem
from service.training_sessions import rules, telling
from service.training_sessions.overlaps import busy, hold
from service.training_sessions.schemas import Attendance, SessionChanges, SessionGiven
from service.training_sessions.tables import SITS, AssessmentResult, Seat, TrainingSession


def plan(session: Session, given: SessionGiven, actor: Principal) -> TrainingSession:
    """Plan a session, and give its first seats.

    Raises `NotFound`, `Conflict` where its place, its trainer or somebody with a seat is taken at that time, or there
    are more people than seats, `RetraceError` for a time that is over.
    """
    hold(session)
    rules.refuse_time(given.starts_at, given.ends_at, now())
    made = TrainingSession(
        code=new_code("TS"), course_id=_course(session, given.course_code), place=given.place, seats=given.seats,
        trainer_id=_trainer(session, given.trainer_code), starts_at=given.starts_at, ends_at=given.ends_at,
        account_id=actor.account_id,
    )
    rules.refuse_overlap(busy(session, made, ()))
    session.add(made)
    session.flush()
    publish(session, Event("training_session.planned", f"training-sessions/{made.code}"))
    if given.item_codes:
        _seat(session, made, given.item_codes)
    return made


def change(session: Session, code: str, given: SessionChanges, if_match: str) -> TrainingSession:
    """Move a planned session, or change its place, trainer or seats; who has a seat is told.

    Raises as `plan`, `PreconditionFailed`, and `Conflict` for one that was held or cancelled.
    """
    found = _held(session, code, if_match)
    rules.refuse_ended(found.state, code)  # type: ignore[arg-type]
    because(session, given.reason)
    said = given.model_dump(exclude_none=True, exclude={"reason", "trainer_code"})
    if given.trainer_code is not None:
        said["trainer_id"] = _trainer(session, given.trainer_code)
    for name, value in said.items():
        setattr(found, name, value)
    with session.no_autoflush:
        rules.refuse_time(found.starts_at, found.ends_at, now())
        people = _seated(session, found)
        rules.refuse_full(code, found.seats, len(people))
        rules.refuse_overlap(busy(session, found, people))
    found.reason, found.reminded_at = given.reason, None
    found.revision += 1
    _touch(session, found)
    publish(session, Event("training_session.changed", f"training-sessions/{code}"))
    telling.of_seats(session, found, "training_session.moved", people)
    return found


def cancel(session: Session, code: str, reason: str, if_match: str) -> TrainingSession:
    """Call a planned session off, with a reason: its seats are freed, and who had one is told.

    Raises `NotFound`, `PreconditionFailed`, `Conflict` for one that is over.
    """
    found = _held(session, code, if_match)
    step = rules.follow(found.state, "cancel", code)  # type: ignore[arg-type]
    because(session, reason)
    people = _seated(session, found)
    found.state, found.reason = step.after, reason
    found.revision += 1
    session.flush()
    _become(session, Seat.session_id == found.id, "freed")
    _touch(session, found)
    publish(session, Event("training_session.cancelled", f"training-sessions/{code}"))
    telling.of_seats(session, found, "training_session.cancelled", people)
    return found


def seat(session: Session, code: str, items: Sequence[str], if_match: str) -> TrainingSession:
    """Give plan items a seat; their people are told.

    Raises `NotFound`, `PreconditionFailed`, `Conflict` where there are not enough seats, somebody is elsewhere at that
    time, has a seat already, left, or is on a plan that asks for another course or nothing any more.
    """
    found = _held(session, code, if_match)
    rules.refuse_ended(found.state, code)  # type: ignore[arg-type]
    _seat(session, found, items)
    return found


def unseat(session: Session, code: str, items: Sequence[str], if_match: str) -> TrainingSession:
    """Take seats back. Raises `NotFound` for an item without one, `PreconditionFailed`, `Conflict`."""
    found = _held(session, code, if_match)
    rules.refuse_ended(found.state, code)  # type: ignore[arg-type]
    taken = _taken(session, found)
    for item in items:
        if item not in taken:
            raise NotFound(f"Plan item {item!r} has no seat in session {code}.")
    _become(session, Seat.plan_item_id.in_([taken[item].id for item in items]) & (Seat.session_id == found.id), "freed")
    _touch(session, found)
    telling.of_seats(session, found, "training_session.unseated", [taken[item].employee_id for item in items])
    return found


def record(session: Session, code: str, given: Sequence[Attendance], if_match: str) -> TrainingSession:
    """Keep who was there and how it went, for everybody with a seat; who was absent or failed is asked again.

    Raises `NotFound`, `PreconditionFailed`, `Conflict` before it has begun or after it was recorded, `RetraceError`
    where not everybody with a seat is named once.
    """
    found = _held(session, code, if_match)
    step = rules.follow(found.state, "hold", code)  # type: ignore[arg-type]
    rules.refuse_early(code, found.starts_at, now())
    taken = _taken(session, found)
    rules.refuse_unnamed(code, taken, [each.item_code for each in given])
    found.state = step.after
    session.flush()
    for state, results in (("present", {"passed", "failed"}), ("absent", {"absent"})):
        ids = [taken[each.item_code].id for each in given if each.result in results]
        _become(session, Seat.plan_item_id.in_(ids) & (Seat.session_id == found.id), state)
    trainer = session.scalar(select(Employee.code).where(Employee.id == found.trainer_id))
    complete_all(session, {
        each.item_code: Completion(
            result=each.result, score=each.score, trainer_code=trainer, completed_at=min(found.ends_at, now())
        ) for each in given
    })
    _keep_scores(session, taken, given)
    _touch(session, found)
    publish(session, Event("training_session.held", f"training-sessions/{code}", {"people": len(given)}))
    return found


def state_tag(found: TrainingSession) -> str:
    """The ETag of a session and its seats."""
    return tag(found.code, int(found.updated_at.timestamp() * 1_000_000))


def _held(session: Session, code: str, if_match: str) -> TrainingSession:
    hold(session)
    query = select(TrainingSession).where(TrainingSession.code == code).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound(f"There is no training session {code!r}.")
    refuse_stale(if_match, state_tag(found))
    return found


def _seat(session: Session, found: TrainingSession, codes: Sequence[str]) -> None:
    items = _items(session, found, codes)
    people = [*_seated(session, found), *(item.employee_id for item in items)]
    rules.refuse_full(found.code, found.seats, len(people))
    if len(set(people)) < len(people):
        raise Conflict(f"Somebody would have two seats in session {found.code}: give each one.")
    rules.refuse_overlap(busy(session, found, [item.employee_id for item in items]))
    session.execute(insert(Seat), [{"session_id": found.id, "plan_item_id": item.id} for item in items])
    _touch(session, found)
    telling.of_seats(session, found, "training_session.seated", [item.employee_id for item in items])


def _items(session: Session, found: TrainingSession, codes: Sequence[str]) -> list[PlanItem]:
    """Plan items that may have a seat. Raises `NotFound`, `Conflict`."""
    known = {item.code: item for item in session.scalars(select(PlanItem).where(PlanItem.code.in_(codes)))}
    seated = set(session.scalars(
        select(Seat.plan_item_id).where(Seat.plan_item_id.in_([item.id for item in known.values()]),
                                        Seat.state == "taken")
    ))
    left = set(session.scalars(select(Employee.id).where(
        Employee.id.in_([item.employee_id for item in known.values()]), Employee.left_on < today()
    )))
    for code in dict.fromkeys(codes):
        item = known.get(code)
        if item is None:
            raise NotFound(f"There is no plan item {code!r} in your departments.")
        if item.status != "open":
            raise Conflict(f"Plan item {code} is {item.status}: only an item of a published plan gets a seat.")
        if item.course_id != found.course_id:
            raise Conflict(f"Plan item {code} asks for another course than session {found.code} is for.")
        if item.id in seated:
            raise Conflict(f"Plan item {code} has a seat already: take it back first.")
        if item.employee_id in left:
            raise Conflict(f"The person of plan item {code} left; take the item off its plan.")
    return [known[code] for code in dict.fromkeys(codes)]


def _taken(session: Session, found: TrainingSession) -> dict[str, PlanItem]:
    """The items with a seat, by code."""
    with everywhere(session):  # a session is its trainer's, whoever sits in it
        rows = session.scalars(
            select(PlanItem).join(Seat, Seat.plan_item_id == PlanItem.id)
            .where(Seat.session_id == found.id, SITS).order_by(Seat.id)
        )
        return {item.code: item for item in rows}


def _seated(session: Session, found: TrainingSession) -> list[int]:
    """The employees with a seat."""
    return [item.employee_id for item in _taken(session, found).values()]


def _become(session: Session, seats: Any, state: str) -> int:
    changed = session.execute(
        update(Seat).where(seats, Seat.state == "taken").values(state=state).returning(Seat.id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())


def _touch(session: Session, found: TrainingSession) -> None:
    session.flush()
    touched = update(TrainingSession).where(TrainingSession.id == found.id).values(updated_at=func.clock_timestamp())
    session.execute(touched.execution_options(synchronize_session=False))
    session.refresh(found, ["updated_at"])


def _keep_scores(session: Session, taken: dict[str, PlanItem], given: Collection[Attendance]) -> None:
    rows = [
        {"training_id": taken[each.item_code].training_id, **score.model_dump()}
        for each in given for score in each.clauses
    ]
    if rows:
        session.execute(insert(AssessmentResult), rows)


def _course(session: Session, code: str) -> int:
    found = session.scalar(select(Course.id).where(Course.code == code))
    if found is None:
        raise NotFound(f"There is no course {code!r}.")
    return found


def _trainer(session: Session, code: str | None) -> int | None:
    if code is None:
        return None
    with everywhere(session):  # a trainer may come from another department
        found = session.execute(select(Employee.id, Employee.left_on).where(Employee.code == code)).one_or_none()
    if found is None:
        raise NotFound(f"There is no employee {code!r} to be the trainer.")
    if found.left_on is not None and found.left_on < today():
        raise Conflict(f"{code} left and trains nobody any more: name another trainer (trainer_code).")
    number: int = found.id
    return number

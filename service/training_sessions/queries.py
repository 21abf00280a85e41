"""Reading sessions, and who waits for a seat."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from service.clock import now
from service.courses.tables import Course
from service.db.base import Query
from service.db.context import everywhere
from service.errors import NotFound
from service.people.tables import Employee
from service.records.paging import Cursors
from service.records.wiretypes import Id
from service.retraining.tables import Plan, PlanItem
from service.training_sessions.actions import state_tag
from service.training_sessions.calendar import entry
from service.training_sessions.schemas import (
    SeatRead,
    SessionPage,
    SessionRead,
    SessionsAsked,
    Waiting,
    WaitingAsked,
    WaitingPage,
)
from service.training_sessions.tables import SITS, Seat, TrainingSession

#: who has a seat, or had one until it was held
_COUNTS = SITS | Seat.state.in_(("present", "absent"))

_CURSORS, _WAITING = Cursors("training-sessions", Id), Cursors("waiting-for-seats", Id)


def sessions(session: Session, asked: SessionsAsked) -> SessionPage:
    """Sessions, the last planned first. Raises `BadCursor`."""
    query = _CURSORS.newest_first(select(TrainingSession), asked, TrainingSession.id, TrainingSession.updated_at)
    if asked.state is not None:
        query = query.where(TrainingSession.state == asked.state)
    if asked.course_code is not None:
        course = select(Course.id).where(Course.code == asked.course_code)
        query = query.where(TrainingSession.course_id.in_(course))
    found = session.scalars(query).all()
    return SessionPage(items=_read(session, found), next=_CURSORS.following(asked, [each.id for each in found]))


def one(session: Session, code: str) -> tuple[SessionRead, str]:
    """One session and its ETag. Raises `NotFound`."""
    found = _found(session, code)
    return _read(session, [found])[0], state_tag(found)


def calendar(session: Session, code: str) -> str:
    """The calendar file of a session. Raises `NotFound`."""
    found = _found(session, code)
    return entry(found, session.scalars(select(Course.title).where(Course.id == found.course_id)).one())


def shown(session: Session) -> list[tuple[SessionRead, str]]:
    """The planned sessions with their ETags, the next first, then the last that were held or cancelled."""
    away = func.abs(func.extract("epoch", TrainingSession.starts_at - now()))
    found = session.scalars(
        select(TrainingSession).order_by(TrainingSession.state != "planned", away).limit(100)
    ).all()
    return list(zip(_read(session, found), map(state_tag, found), strict=True))


def waiting(session: Session, asked: WaitingAsked) -> WaitingPage:
    """Who is on a published plan for a course and has no seat yet. Raises `BadCursor`."""
    query = _WAITING.as_made(_unseated(), asked, PlanItem.id, PlanItem.created_at)
    if asked.course_code is not None:
        query = query.where(Course.code == asked.course_code)
    rows = session.execute(query).all()
    return WaitingPage(
        items=[Waiting(**dict(zip(Waiting.model_fields, row[1:], strict=True))) for row in rows],
        next=_WAITING.following(asked, [row.id for row in rows]),
    )


def waiting_by_course(session: Session) -> list[tuple[str, str, int]]:
    """Per course how many wait for a seat, the most first: code, title, number."""
    unseated = _unseated().subquery()
    number = func.count()
    rows = session.execute(
        select(unseated.c.course_code, unseated.c.course_title, number)
        .group_by(unseated.c.course_code, unseated.c.course_title).order_by(number.desc(), unseated.c.course_code)
    )
    return [(code, title, count) for code, title, count in rows]


def _unseated() -> Query:
    seated = select(Seat.id).where(Seat.plan_item_id == PlanItem.id, Seat.state == "taken").exists()
    return (
        select(
            PlanItem.id, PlanItem.code.label("item_code"), Plan.code.label("plan_code"),
            Employee.code.label("employee_code"), Employee.name.label("employee_name"),
            Course.code.label("course_code"), Course.title.label("course_title"), PlanItem.due_on,
        )
        .join(Plan, Plan.id == PlanItem.plan_id).join(Employee, Employee.id == PlanItem.employee_id)
        .join(Course, Course.id == PlanItem.course_id)
        .where(PlanItem.status == "open", PlanItem.method == "course", ~seated)
    )


def _found(session: Session, code: str) -> TrainingSession:
    query: Select[TrainingSession] = select(TrainingSession).where(TrainingSession.code == code)
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound(f"There is no training session {code!r}.")
    return found


def _read(session: Session, found: Sequence[TrainingSession]) -> list[SessionRead]:
    courses = {row.id: row for row in session.execute(
        select(Course.id, Course.code, Course.title).where(Course.id.in_({each.course_id for each in found}))
    )}
    trainers, taken = _trainers(session, found), _counts(session, found)
    seated: dict[int, list[SeatRead]] = defaultdict(list)
    for row in session.execute(
        select(Seat.session_id, PlanItem.code, Employee.code, Employee.name, Seat.state)
        .join(PlanItem, PlanItem.id == Seat.plan_item_id).join(Employee, Employee.id == PlanItem.employee_id)
        .where(Seat.session_id.in_([each.id for each in found]), _COUNTS).order_by(Seat.id)
    ):
        seated[row[0]].append(SeatRead(item_code=row[1], employee_code=row[2], employee_name=row[3], state=row[4]))
    own = [name for name in SessionRead.model_fields if hasattr(TrainingSession, name)]
    return [
        SessionRead(
            **{name: getattr(each, name) for name in own}, course_code=courses[each.course_id].code,
            course_title=courses[each.course_id].title, free=each.seats - taken.get(each.id, 0),
            trainer_code=trainers.get(each.trainer_id, (None, None))[0],
            trainer_name=trainers.get(each.trainer_id, (None, None))[1], seated=seated[each.id],
        )
        for each in found
    ]


def _trainers(session: Session, found: Sequence[TrainingSession]) -> dict[int | None, tuple[str | None, str | None]]:
    with everywhere(session):  # a trainer may come from another department
        return {row.id: (row.code, row.name) for row in session.execute(
            select(Employee.id, Employee.code, Employee.name).where(Employee.id.in_(
                {each.trainer_id for each in found if each.trainer_id is not None}
            ))
        )}


def _counts(session: Session, found: Sequence[TrainingSession]) -> dict[int, int]:
    """Seats that are not free: also those of people whom the reader does not see."""
    with everywhere(session):
        return dict(session.execute(
            select(Seat.session_id, func.count())
            .where(Seat.session_id.in_([each.id for each in found]), _COUNTS).group_by(Seat.session_id)
        ).all())

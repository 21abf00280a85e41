"""What is taken in the time of a session: its place, its trainer, the people with a seat."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, cast, func, literal, select, union_all
from sqlalchemy.orm import Session

from service.db.base import Query
from service.people.tables import Employee
from service.retraining.tables import PlanItem
from service.training_sessions.rules import Busy
from service.training_sessions.tables import SITS, Seat, TrainingSession

#: whoever plans waits here for who plans at this moment: of two that overlap, the second one sees the first
_ONE_AT_A_TIME = select(func.pg_advisory_xact_lock(func.hashtext("training_sessions")))


def hold(session: Session) -> None:
    """Let nobody else plan or seat until the transaction ends."""
    session.execute(_ONE_AT_A_TIME)


def busy(session: Session, planned: TrainingSession, employees: Collection[int]) -> list[Busy]:
    """What of a session is taken by others at its time. `employees`: who has, or is to have, a seat in it."""
    overlapping = [
        TrainingSession.state == "planned", TrainingSession.code != planned.code,
        TrainingSession.starts_at < planned.ends_at, TrainingSession.ends_at > planned.starts_at,
    ]
    people = {*employees, *([] if planned.trainer_id is None else [planned.trainer_id])}
    same = func.lower(func.btrim(TrainingSession.place)) == planned.place.strip().lower()
    taught = select(Employee.code).where(Employee.id == TrainingSession.trainer_id).scalar_subquery()
    trainer_of = TrainingSession.trainer_id == planned.trainer_id if planned.trainer_id is not None else None
    parts = [_part("place", TrainingSession.place, *overlapping, same)]
    if trainer_of is not None:
        parts.append(_part("trainer", taught, *overlapping, trainer_of))
    parts.append(_part("person", taught, *overlapping, TrainingSession.trainer_id.in_(employees)))
    seated = (
        _part("person", Employee.code, *overlapping, SITS, PlanItem.employee_id.in_(people))
        .join(Seat, Seat.session_id == TrainingSession.id).join(PlanItem, PlanItem.id == Seat.plan_item_id)
        .join(Employee, Employee.id == PlanItem.employee_id)
    )
    found = union_all(*parts, seated).subquery()
    rows = session.execute(select(found).order_by(found.c.what, found.c.starts_at, found.c.name))
    return [Busy(*row) for row in rows]


def _part(what: str, name: SQLColumnExpression[str], *where: ColumnElement[bool]) -> Query:
    query: Query = select(
        cast(literal(what), Text).label("what"), name.label("name"), TrainingSession.code.label("session"),
        TrainingSession.starts_at, TrainingSession.ends_at,
    )
    return query.select_from(TrainingSession).where(*where)

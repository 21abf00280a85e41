"""Who belongs to a department on a day, and what is done there."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.people.tables import Assignment, Department, Employee, Post
from service.processes.tables import Process
from service.work.tables import WorkRecord

#: who did a process within this time counts as working on it
RECENT = timedelta(days=90)


class Member(NamedTuple):
    """Somebody assigned to a department, and on which post."""

    id: int
    code: str
    name: str
    post_id: int | None
    post_code: str | None


class Done(NamedTuple):
    """A process that is done in a department."""

    id: int
    code: str
    name: str


def below(session: Session, code: str) -> list[int]:
    """A department and all below it. Raises `NotFound`."""
    given = select(Department.id).where(Department.code == code)
    tree = given.cte("tree", recursive=True)
    tree = tree.union(select(Department.id).join(tree, Department.parent_id == tree.c.id))
    found = list(session.scalars(select(tree.c.id)))
    if not found:
        raise NotFound(f"There is no department {code!r} in your departments.")
    return found


def members(
    session: Session, departments: Collection[int], on: date, *, after: str = "", limit: int | None = None
) -> list[Member]:
    """Those assigned on a day and employed, by code; of several assignments the latest."""
    found = session.execute(
        select(Employee.id, Employee.code, Employee.name, Assignment.post_id, Post.code.label("post_code"))
        .join(Assignment, Assignment.employee_id == Employee.id)
        .outerjoin(Post, Post.id == Assignment.post_id)
        .where(Assignment.department_id.in_(departments), *assigned(on), *employed(on), Employee.code > after)
        .ext(distinct_on(Employee.code))
        .order_by(Employee.code, Assignment.from_date.desc(), Assignment.id.desc())
        .limit(limit)
    )
    return [Member(*row) for row in found]


def assigned(on: date | ColumnElement[date]) -> tuple[ColumnElement[bool], ...]:
    """Whether an assignment holds on a day."""
    return Assignment.from_date <= on, or_(Assignment.to_date.is_(None), Assignment.to_date >= on)


def employed(on: date) -> tuple[ColumnElement[bool], ...]:
    """Whether somebody works here on a day."""
    return func.coalesce(Employee.hired_on, on) <= on, func.coalesce(Employee.left_on, on) >= on


def done_in(session: Session, departments: Collection[int], at: datetime) -> list[Done]:
    """The processes that belong to departments; where none does, those their people recently worked on; by code."""
    processes = select(Process.id, Process.code, Process.name).order_by(Process.code)
    own = [Done(*row) for row in session.execute(processes.where(Process.department_id.in_(departments)))]
    if own:
        return own
    people = select(Assignment.employee_id).where(Assignment.department_id.in_(departments), *assigned(at.date()))
    recently = select(WorkRecord.process_id).where(
        WorkRecord.employee_id.in_(people), WorkRecord.started_at.between(at - RECENT, at)
    )
    return [Done(*row) for row in session.execute(processes.where(Process.id.in_(recently)))]


def done_on(session: Session, posts: Collection[int], at: datetime) -> dict[int, list[int]]:
    """The processes recently done on each post."""
    return _by_first(session, select(WorkRecord.post_id, WorkRecord.process_id).where(
        WorkRecord.post_id.in_(posts), WorkRecord.started_at.between(at - RECENT, at)
    ))


def done_by(session: Session, people: Collection[int], at: datetime) -> dict[int, list[int]]:
    """The processes each person recently did."""
    return _by_first(session, select(WorkRecord.employee_id, WorkRecord.process_id).where(
        WorkRecord.employee_id.in_(people), WorkRecord.started_at.between(at - RECENT, at)
    ))


def _by_first(session: Session, pairs: Any) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    rows: Sequence[Any] = session.execute(pairs.distinct().order_by(*pairs.selected_columns)).all()
    for first, second in rows:
        found.setdefault(first, []).append(second)
    return found

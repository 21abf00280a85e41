"""Finding whom and what a question names: the caller's process, and whoever stands before the gate."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, Integer, Text, bindparam, cast, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from service.db.base import Query
from service.db.context import everywhere
from service.errors import Invalid, NotFound, Violation
from service.people.tables import Assignment, Employee, Post
from service.processes.tables import Process, ProcessVersion
from service.qualification.gate import FIRST_MODE
from service.qualification.staff import assigned
from service.qualification.tables import GateSwitch, Supervision
from service.settings import settings

#: this module's advisory locks, by employee
_LOCKS = 7201


@dataclass(frozen=True)
class Named:
    """One piece of work somebody asks about, found by its codes."""

    employee_id: int
    employee: str
    hired_on: date | None
    left_on: date | None
    process_id: int
    process: str
    begins: datetime | None
    post_id: int | None
    post_code: str | None
    mode: str
    supervision: str | None
    supervisor_id: int | None
    supervisor: str | None
    supervisor_code: str | None


def process_named(session: Session, code: str) -> int:
    """The number of a process of the caller's departments; raises `NotFound` for any other."""
    known: int | None = session.scalar(_PROCESS, {"code": code})
    if known is None:
        raise NotFound(f"There is no process {code!r} in your departments.")
    return known


def find(session: Session, employee: str, process: int, post: str | None, at: datetime) -> Named:
    """Whom and what the codes name, how the gate stands at a moment, and under whom they may work then.

    Where no post is named it is the one they hold. To be asked `everywhere`; raises `NotFound` for codes nobody has.
    """
    on = at.astimezone(settings().zone).date()
    given = {"employee": employee, "process": process, "post": post, "at": at, "on": on}
    row = session.execute(_named(), given).one_or_none()
    if row is None:
        raise NotFound(f"There is no employee {employee!r}.")
    if post is not None and row.post_id is None:
        raise NotFound(f"There is no post {post!r}.")
    return Named(**row._mapping)


_PROCESS = select(Process.id).where(Process.code == bindparam("code"))


@cache
def _named() -> Any:
    """Made once: making it takes longer than asking it."""
    at = bindparam("at", type_=DateTime(timezone=True))
    process = bindparam("process", type_=BigInteger)
    switch = (
        select(GateSwitch.mode).where(GateSwitch.process_id == process, GateSwitch.at <= at)
        .order_by(GateSwitch.at.desc(), GateSwitch.id.desc()).limit(1).scalar_subquery()
    )
    version = ProcessVersion
    begins = select(func.min(version.effective_at)).where(version.process_id == process).scalar_subquery()
    mentor = aliased(Employee)
    under = (
        select(Supervision.code, Supervision.supervisor_id, mentor.name, mentor.code.label("mentor"))
        .join(mentor, mentor.id == Supervision.supervisor_id)
        .where(
            Supervision.employee_id == Employee.id, Supervision.process_id == process, Supervision.since <= at,
            Supervision.until > at,
        )
        .order_by(Supervision.id.desc()).limit(1).lateral("under")
    )
    post = bindparam("post", type_=Text)
    number = select(Post.id).where(Post.code == post).scalar_subquery()
    # whoever names no post is asked about the one they hold: leaving it out must not make the gate wider
    held = (
        select(Assignment.post_id, Post.code)
        .outerjoin(Post, Post.id == Assignment.post_id)
        .where(Assignment.employee_id == Employee.id, *assigned(bindparam("on", type_=Date)), post.is_(None))
        .order_by(Assignment.from_date.desc(), Assignment.id.desc()).limit(1).lateral("held")
    )
    return (
        select(
            Employee.id.label("employee_id"), Employee.name.label("employee"), Employee.hired_on,
            Employee.left_on, Process.id.label("process_id"), Process.name.label("process"),
            begins.label("begins"), func.coalesce(number, held.c.post_id).label("post_id"),
            func.coalesce(post, held.c.code).label("post_code"), func.coalesce(switch, FIRST_MODE).label("mode"),
            under.c.code.label("supervision"), under.c.supervisor_id, under.c.name.label("supervisor"),
            under.c.mentor.label("supervisor_code"),
        )
        .select_from(Employee).join(Process, Process.id == process).outerjoin(under, literal(value=True))
        .outerjoin(held, literal(value=True))
        .where(Employee.code == bindparam("employee"))
    )


def hold_back_suspensions(session: Session, employee: str) -> None:
    """Wait for a suspension of a person that is under way, and let none begin before this transaction ends.

    Only a moment taken after it lies behind every suspension there is.
    """
    with everywhere(session):
        session.execute(_HOLD, {"employee": employee})


_HOLD = select(func.pg_advisory_xact_lock_shared(_LOCKS, cast(Employee.id % 2**31, Integer))).where(
    Employee.code == bindparam("employee")
)


def hold_back_checks(session: Session, employee_id: int) -> None:
    """Wait for the checks of a person that are under way, and let no other begin before this transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(_LOCKS, cast(literal(employee_id, BigInteger) % 2**31, Integer))))


def refuse_absent(named: Named, at: datetime) -> None:
    """Raise `Invalid` for a moment before the process existed, or at which the person did not work here."""
    if named.begins is not None and at < named.begins:
        first = f"its first version is of {named.begins:%Y-%m-%d}"
        raise Invalid([_wrong(at, f"is before {named.process} existed; {first}")])
    on = at.astimezone(settings().zone).date()
    if (named.hired_on and on < named.hired_on) or (named.left_on and on > named.left_on):
        since, until = named.hired_on or "the beginning", named.left_on or "now"
        raise Invalid([_wrong(at, f"is not a time at which {named.employee} works here: {since} to {until}")])


def refuse_before_anything(session: Session, at: datetime | None, table: str, column: str) -> None:
    """Raise `Invalid` for a moment before anybody worked here and any process was in force; None: no such moment."""
    if at is None:
        return
    zone = settings().zone
    with everywhere(session):
        version, *days = session.execute(_BEGINNINGS).one()
    begun = [datetime.combine(day, time(), zone) for day in days if day is not None]
    first = min([*begun, *([version] if version is not None else [])], default=at)
    if at < first:
        problem = f"is before anything was done here; the records begin on {first.astimezone(zone):%Y-%m-%d}"
        raise Invalid([Violation(table, None, column, at.isoformat(), problem)])


_BEGINNINGS: Query = select(
    select(func.min(ProcessVersion.effective_at)).scalar_subquery(),
    select(func.min(Employee.hired_on)).scalar_subquery(),
    select(func.min(Assignment.from_date)).scalar_subquery(),
)


def _wrong(at: datetime, problem: str) -> Violation:
    return Violation("gate_checks", None, "at", at.isoformat(), problem)


def modes(session: Session, processes: Collection[int], at: datetime) -> dict[int, str]:
    """How each gate stands at a moment; those never switched are left out."""
    switch = GateSwitch
    found = session.execute(
        select(switch.process_id, switch.mode).where(switch.process_id.in_(processes), switch.at <= at)
        .ext(distinct_on(switch.process_id)).order_by(switch.process_id, switch.at.desc(), switch.id.desc())
    )
    return dict(found.all())

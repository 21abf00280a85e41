"""Rosters made ahead: who in them would not pass the gate, and who could take over."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from service.clock import now
from service.db.base import Query
from service.errors import Invalid, NotFound, Violation
from service.people.tables import Assignment, Employee, Post, Shift
from service.processes.tables import Process
from service.qualification.deciding import Decision, decide
from service.qualification.evidence import Asked, as_known
from service.qualification.people import refuse_before_anything
from service.qualification.staff import Member, below, done_by, done_on, members
from service.qualification.staffing_schemas import (
    RosterAsked,
    RosterGiven,
    RosterRead,
    SlotGiven,
    SlotOutcome,
    SlotRead,
    SwapRead,
)
from service.settings import settings

#: slots checked, and unqualified slots for which somebody is sought, in one answer
_MOST, _SOUGHT = 500, 100
#: named for each
_NAMED = 5


@dataclass(frozen=True)
class Slot:
    """Somebody is meant to work somewhere, on some processes, from when to when."""

    source: Literal["shift", "assignment", "given"]
    employee_id: int
    employee_code: str
    employee: str
    post_id: int | None
    post_code: str | None
    processes: tuple[int | None, ...]
    starts_at: datetime
    ends_at: datetime

    def questions(self, employee_id: int | None = None) -> list[Asked]:
        """What the gate is asked: of whom it names, or of somebody in their stead."""
        who = self.employee_id if employee_id is None else employee_id
        return [Asked(who, process, self.post_id, self.starts_at) for process in self.processes]

    def meets(self, other: "Slot") -> bool:
        """Whether two slots overlap."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def recorded(session: Session, asked: RosterAsked) -> RosterRead:
    """The shifts and assignments ahead of a department, checked. Raises `NotFound`, `Invalid`."""
    refuse_before_anything(session, asked.since, "roster", "since")
    departments = below(session, asked.department_code)
    since = asked.since or now()
    until = since + timedelta(days=asked.days)
    planned = session.execute(_shifts(departments, since, until))
    shifts = [_slot("shift", row, row.starts_at, row.ends_at) for row in planned]
    begun = _assignments(session, departments, since, until)
    return _checked(session, asked.department_code, departments, _with_processes(session, [*shifts, *begun][:_MOST]))


def _slot(source: Literal["shift", "assignment"], row: Any, starts_at: datetime, ends_at: datetime) -> Slot:
    return Slot(
        source, row.employee_id, row.employee_code, row.employee, row.post_id, row.post_code, (), starts_at, ends_at
    )


def given(session: Session, roster: RosterGiven) -> RosterRead:
    """A roster that is only planned, checked; nothing is recorded. Raises `NotFound`, `Invalid`."""
    departments = below(session, roster.department_code)
    _refuse_backward(roster.rows)
    people = _by_code(session, Employee, {row.employee_code for row in roster.rows})
    posts = _by_code(session, Post, {row.post_code for row in roster.rows if row.post_code is not None})
    processes = _by_code(session, Process, {row.process_code for row in roster.rows if row.process_code is not None})
    slots = []
    for row in roster.rows:
        number, name = people[row.employee_code]
        post = None if row.post_code is None else posts[row.post_code][0]
        on = () if row.process_code is None else (processes[row.process_code][0],)
        slots.append(Slot(
            "given", number, row.employee_code, name, post, row.post_code, on, row.starts_at, row.ends_at
        ))
    return _checked(session, roster.department_code, departments, _with_processes(session, slots))


def _refuse_backward(rows: Sequence[SlotGiven]) -> None:
    wrong = [
        Violation("roster", number, "ends_at", row.ends_at.isoformat(), "must lie after starts_at")
        for number, row in enumerate(rows, 1) if row.ends_at <= row.starts_at
    ]
    if wrong:
        raise Invalid(wrong)


def _by_code(
    session: Session, row: type[Employee] | type[Post] | type[Process], codes: Collection[str]
) -> dict[str, tuple[int, str]]:
    found = {code: (number, name) for code, number, name in session.execute(
        select(row.code, row.id, row.name).where(row.code.in_(codes))
    )}
    for code in sorted(set(codes) - set(found)):
        raise NotFound(f"There is no {row.__name__.lower()} {code!r} in your departments.")
    return found


def _shifts(departments: Collection[int], since: datetime, until: datetime) -> Query:
    staff = select(Assignment.employee_id).where(
        Assignment.department_id.in_(departments), or_(Assignment.to_date.is_(None), Assignment.to_date >= since.date())
    )
    here = or_(Shift.department_id.in_(departments), Shift.department_id.is_(None) & Shift.employee_id.in_(staff))
    return (
        select(*_WHO, Shift.starts_at, Shift.ends_at)
        .join(Employee, Employee.id == Shift.employee_id)
        .outerjoin(Post, Post.id == Shift.post_id)
        .where(here, Shift.starts_at < until, Shift.ends_at > since, as_known(Shift, None))
        .order_by(Shift.starts_at, Employee.code).limit(_MOST)
    )


def _assignments(
    session: Session, departments: Collection[int], since: datetime, until: datetime
) -> list[Slot]:
    """Assignments that begin within the time; asked about as of their first day."""
    zone = settings().zone
    found = session.execute(
        select(*_WHO, Assignment.from_date)
        .join(Employee, Employee.id == Assignment.employee_id)
        .outerjoin(Post, Post.id == Assignment.post_id)
        .where(
            Assignment.department_id.in_(departments), Assignment.from_date > since.astimezone(zone).date(),
            Assignment.from_date <= until.astimezone(zone).date(),
        )
        .order_by(Assignment.from_date, Employee.code).limit(_MOST)
    )
    begun = ((row, datetime.combine(row.from_date, time(), zone)) for row in found)
    return [_slot("assignment", row, at, at + timedelta(days=1)) for row, at in begun]


_WHO: tuple[ColumnElement[Any], ...] = (
    Employee.id.label("employee_id"), Employee.code.label("employee_code"), Employee.name.label("employee"),
    Post.id.label("post_id"), Post.code.label("post_code"),
)


def _with_processes(session: Session, slots: Sequence[Slot]) -> list[Slot]:
    """Slots that name no process get what is usually done on their post, or else by the person."""
    at = now()
    silent = [slot for slot in slots if not slot.processes]
    on = done_on(session, {slot.post_id for slot in silent if slot.post_id is not None}, at)
    by = done_by(session, {slot.employee_id for slot in silent}, at)
    return [slot if slot.processes else _usually(slot, on, by) for slot in slots]


def _usually(slot: Slot, on: Mapping[int, list[int]], by: Mapping[int, list[int]]) -> Slot:
    usual = on.get(slot.post_id or 0) or by.get(slot.employee_id)
    return replace(slot, processes=tuple(usual) if usual else (None,))


def _checked(session: Session, code: str, departments: Collection[int], slots: Sequence[Slot]) -> RosterRead:
    asked = [question for slot in slots for question in slot.questions()]
    answers = dict(zip(asked, decide(session, asked), strict=True)) if asked else {}
    codes = dict(session.execute(
        select(Process.id, Process.code).where(Process.id.in_({each.process_id for each in asked}))
    ).all())
    failing = [slot for slot in slots if not _passed(slot.questions(), answers)]
    takers = _takers(session, departments, slots, failing[:_SOUGHT], answers)
    items = [
        _read(slot, answers, codes, takers.get(number, []))
        for number, slot in enumerate(slots)
    ]
    return RosterRead(
        department_code=code, made_at=now(), checked=len(slots), unqualified=len(failing),
        items=sorted(items, key=lambda item: (item.qualified, item.starts_at, item.employee_code)),
    )


def _passed(questions: Iterable[Asked], answers: Mapping[Asked, Decision]) -> bool:
    return all(answers[question].passed for question in questions)


def _takers(
    session: Session, departments: Collection[int], slots: Sequence[Slot], failing: Sequence[Slot],
    answers: Mapping[Asked, Decision],
) -> dict[int, list[SwapRead]]:
    """For each failing slot, by its place in the roster, who could take over."""
    if not failing:
        return {}
    pool = members(session, departments, min(slot.starts_at for slot in failing).astimezone(settings().zone).date())
    known = dict(answers)
    new = {each for slot in failing for who in pool for each in slot.questions(who.id)}
    new |= {each for slot in failing for other in slots for each in other.questions(slot.employee_id)}
    unasked = sorted(new - set(known))
    known |= zip(unasked, decide(session, unasked), strict=True)
    busy: dict[int, list[Slot]] = defaultdict(list)
    for slot in slots:
        busy[slot.employee_id].append(slot)
    wanted = set(map(id, failing))
    return {
        number: _named(slot, pool, busy, known) for number, slot in enumerate(slots) if id(slot) in wanted
    }


def _named(
    slot: Slot, pool: Sequence[Member], busy: Mapping[int, list[Slot]], known: Mapping[Asked, Decision]
) -> list[SwapRead]:
    """Qualified colleagues: first who is free then, then who could trade their own slot."""
    able = [who for who in pool if who.id != slot.employee_id and _passed(slot.questions(who.id), known)]
    found: list[tuple[Member, Slot | None]] = []
    for who in able:
        clashing = [other for other in busy.get(who.id, ()) if slot.meets(other)]
        if not clashing:
            found.append((who, None))
        elif len(clashing) == 1 and _passed(clashing[0].questions(slot.employee_id), known):
            found.append((who, clashing[0]))
    found.sort(key=lambda each: (each[1] is not None, len(busy.get(each[0].id, ())), each[0].code))
    return [
        SwapRead(
            employee_code=who.code, employee=who.name, kind="swap" if other else "stand_in",
            swap_starts_at=other.starts_at if other else None,
        )
        for who, other in found[:_NAMED]
    ]


def _read(
    slot: Slot, answers: Mapping[Asked, Decision], codes: Mapping[int, str], takers: list[SwapRead]
) -> SlotRead:
    said = [(question, answers[question]) for question in slot.questions()]
    return SlotRead(
        source=slot.source, employee_code=slot.employee_code, employee=slot.employee, post_code=slot.post_code,
        starts_at=slot.starts_at, ends_at=slot.ends_at, qualified=all(each.passed for _, each in said),
        could_take_over=takers,
        checks=[
            SlotOutcome(
                process_code=codes.get(question.process_id or 0), outcome=each.outcome, mode=each.mode,
                allowed=each.allowed, evidence=list(each.evidence),
            )
            for question, each in said
        ],
    )

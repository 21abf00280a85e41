"""The skill matrix of a department, and whose qualifications end soon."""

from datetime import timedelta

from sqlalchemy.orm import Session

from service.clock import now
from service.db.context import everywhere
from service.qualification.deciding import Decision, decide
from service.qualification.evidence import Asked, standings
from service.qualification.gate import FIRST_MODE
from service.qualification.people import modes, refuse_before_anything
from service.qualification.rules import QUALIFIED, Standing
from service.qualification.staff import Done, Member, below, done_in, members
from service.qualification.staffing_schemas import (
    CellRead,
    EndingAsked,
    EndingPage,
    EndingRead,
    MatrixAsked,
    ProcessRead,
    RowRead,
    SkillMatrix,
)
from service.records.paging import Cursors
from service.records.wiretypes import Code, Moment
from service.settings import settings

_PEOPLE, _ENDINGS = Cursors("skill-matrix", Code), Cursors("expiring-qualifications", Moment, Code, Code)


def skill_matrix(session: Session, asked: MatrixAsked) -> SkillMatrix:
    """People x processes of a department at a moment. Raises `NotFound`, `BadCursor`, `Invalid`."""
    for column in ("at", "known_at"):
        refuse_before_anything(session, getattr(asked, column), "skill_matrix", column)
    made_at = now()
    at = asked.at or made_at
    departments = below(session, asked.department_code)
    after = _PEOPLE.read(asked.cursor)[0] if asked.cursor is not None else ""
    on = at.astimezone(settings().zone).date()
    people = members(session, departments, on, after=after, limit=asked.limit)
    done = done_in(session, departments, at)
    decided = decide(
        session, [Asked(who.id, what.id, who.post_id, at) for who in people for what in done], asked.known_at
    )
    stands = modes(session, {what.id for what in done}, at)
    return SkillMatrix(
        department_code=asked.department_code, at=at, known_at=asked.known_at, made_at=made_at,
        processes=[
            ProcessRead(process_code=what.code, process=what.name, mode=stands.get(what.id, FIRST_MODE))
            for what in done
        ],
        items=[
            _row(who, done, decided[place * len(done):(place + 1) * len(done)]) for place, who in enumerate(people)
        ],
        next=_PEOPLE.write(people[-1].code) if len(people) == asked.limit else None,
    )


def _row(who: Member, done: list[Done], decided: list[Decision]) -> RowRead:
    cells = [
        CellRead(
            process_code=what.code, outcome=said.outcome, evidence=list(said.evidence),
            until=said.standing.until if said.outcome == QUALIFIED else None, supervisor_code=said.supervisor_code,
        )
        for what, said in zip(done, decided, strict=True)
    ]
    return RowRead(employee_code=who.code, employee=who.name, post_code=who.post_code, cells=cells)


def endings(session: Session, asked: EndingAsked) -> EndingPage:
    """Whose qualifications end by themselves within some days, the soonest first. Raises `NotFound`, `BadCursor`."""
    at = now()
    departments = below(session, asked.department_code)
    people = members(session, departments, at.astimezone(settings().zone).date())
    pairs = [(who, what) for who in people for what in done_in(session, departments, at)]
    with everywhere(session):
        found = standings(session, [Asked(who.id, what.id, who.post_id, at) for who, what in pairs])
    soon = [
        _ending(who, what, standing) for (who, what), standing in zip(pairs, found, strict=True)
        if standing.until is not None and standing.until <= at + timedelta(days=asked.days)
    ]
    soon.sort(key=_place)
    if asked.cursor is not None:
        behind = _ENDINGS.read(asked.cursor)
        soon = [each for each in soon if _place(each) > behind]
    page = soon[:asked.limit]
    return EndingPage(items=page, next=_ENDINGS.write(*_place(page[-1])) if len(soon) > len(page) else None)


def _place(ending: EndingRead) -> tuple[object, ...]:
    return ending.until, ending.employee_code, ending.process_code


def _ending(who: Member, what: Done, standing: Standing) -> EndingRead:
    first = min((each for each in standing.answers if each.until is not None), key=lambda each: each.until or now())
    return EndingRead(
        employee_code=who.code, employee=who.name, process_code=what.code, process=what.name,
        until=standing.until or now(), requirement=first.demand, evidence=list(first.evidence),
    )

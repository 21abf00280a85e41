"""The gate: one question, asked in one way by every start, roster and board."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from service.access import Principal
from service.clock import now
from service.db.context import because, everywhere
from service.errors import ReasonRequired
from service.events.publishing import Event, publish
from service.qualification import gate
from service.qualification.evidence import Asked, standings
from service.qualification.people import Named, find, hold_back_suspensions, process_named, refuse_absent
from service.qualification.rules import QUALIFIED, SUPERVISED, Standing
from service.qualification.schemas import (
    Answered,
    CheckAsked,
    CheckRead,
    QualificationAsked,
    Said,
    Unmet,
)
from service.qualification.tables import GateCheck
from service.records.codes import new_code


@dataclass(frozen=True)
class Decided:
    """What the gate says to one piece of work."""

    named: Named
    at: datetime
    outcome: str
    allowed: bool
    standing: Standing
    evidence: tuple[str, ...]


def qualification(session: Session, asked: QualificationAsked) -> Answered:
    """Whether somebody is qualified at a moment, as known at another. Raises `NotFound`, `Invalid`."""
    at = asked.at or now()
    return _answered(asked, _decide(session, asked, at, asked.known_at, emergency=False), asked.known_at)


def check(session: Session, actor: Principal, asked: CheckAsked) -> CheckRead:
    """Ask the gate, and record what it answered and why.

    Raises `NotFound`, `Invalid` for somebody who does not work here, `ReasonRequired` for an emergency without one.
    """
    made, decided = record(session, actor, asked)
    return _told(made, asked, decided)


def record(session: Session, actor: Principal, asked: CheckAsked) -> tuple[Row[int, str, datetime | None], Decided]:
    """As `check`; the check's number and code, and what was decided."""
    if asked.emergency and asked.reason is None:
        raise ReasonRequired("Say why: an emergency start needs a reason.")
    because(session, asked.reason)
    hold_back_suspensions(session, asked.employee_code)
    at = now()
    decided = _decide(session, asked, at, None, emergency=asked.emergency)
    named = decided.named
    row = insert(GateCheck).values(
        code=new_code("GC"), employee_id=named.employee_id, process_id=named.process_id, post_id=named.post_id,
        supervisor_id=named.supervisor_id if decided.outcome == SUPERVISED else None, mode=named.mode,
        outcome=decided.outcome, allowed=decided.allowed, emergency=asked.emergency, reason=asked.reason,
        unmet=[each.model_dump() for each in _unmet(decided.standing)], evidence=list(decided.evidence),
        account_id=actor.account_id, checked_at=at, review_due_at=at + gate.REVIEW_WITHIN if asked.emergency else None,
    )
    made = session.execute(row.returning(GateCheck.id, GateCheck.code, GateCheck.review_due_at)).one()
    if asked.emergency:
        publish(session, Event("gate.emergency", f"gate_checks/{made.code}", {"process": asked.process_code}))
    return made, decided


def _decide(
    session: Session, asked: QualificationAsked | CheckAsked, at: datetime, known_at: datetime | None, *,
    emergency: bool,
) -> Decided:
    """The standing, and whether a qualified supervisor makes up for it; raises `NotFound`, `Invalid`."""
    process = process_named(session, asked.process_code)
    with everywhere(session):
        named = find(session, asked.employee_code, process, asked.post_code, at)
        if not emergency:
            refuse_absent(named, at)
        people = [person for person in (named.employee_id, named.supervisor_id) if person is not None]
        own, *mentor = standings(session, [Asked(each, process, named.post_id, at) for each in people], known_at)
    outcome, evidence = gate.outcome(own.outcome, mentor[0].outcome if mentor else None), own.evidence
    if outcome == SUPERVISED:
        evidence = (*own.evidence, f"supervisions/{named.supervision}", *mentor[0].evidence)
    return Decided(named, at, outcome, gate.allowed(named.mode, outcome, emergency=emergency), own, evidence)


def _unmet(standing: Standing) -> list[Unmet]:
    return [
        Unmet(requirement=each.demand, kind=each.kind, reason=each.reason, evidence=list(each.evidence))
        for each in standing.unmet
    ]


def says(outcome: str, who: str, what: str, mentor: str | None) -> Said:
    """The outcome in a sentence."""
    en, zh = (text.format(who=who, what=what, mentor=mentor) for text in gate.SAYS[outcome])
    return Said(en=en, zh=zh)


def _answered(asked: QualificationAsked | CheckAsked, decided: Decided, known_at: datetime | None) -> Answered:
    named, supervised = decided.named, decided.outcome == SUPERVISED
    return Answered(
        employee_code=asked.employee_code, process_code=asked.process_code, post_code=named.post_code, at=decided.at,
        known_at=known_at, mode=named.mode, outcome=decided.outcome, allowed=decided.allowed,
        supervisor_code=named.supervisor_code if supervised else None, unmet=_unmet(decided.standing),
        evidence=list(decided.evidence), until=decided.standing.until if decided.outcome == QUALIFIED else None,
        says=says(decided.outcome, named.employee, named.process, named.supervisor),
    )


def _told(made: Row[int, str, datetime | None], asked: CheckAsked, decided: Decided) -> CheckRead:
    return CheckRead(
        **_answered(asked, decided, None).__dict__, code=made.code, emergency=asked.emergency, reason=asked.reason,
        work_code=None, checked_at=decided.at, review_due_at=made.review_due_at, reviewed_at=None, review=None,
    )

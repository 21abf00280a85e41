"""What the gate would say to many at once: for rosters, boards and lists made ahead."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, any_, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from service.db.context import everywhere
from service.people.tables import Employee
from service.qualification import gate
from service.qualification.evidence import Asked, standings
from service.qualification.people import modes
from service.qualification.rules import SUPERVISED, Standing
from service.qualification.tables import Supervision


class Decision(NamedTuple):
    """What the gate says to one question."""

    outcome: str
    mode: str
    allowed: bool
    standing: Standing
    evidence: tuple[str, ...]
    supervisor_code: str | None

    @property
    def passed(self) -> bool:
        """Whether somebody qualified, or supervised by somebody qualified, would do it."""
        return self.outcome in gate.PASSED


def decide(session: Session, asked: Sequence[Asked], known_at: datetime | None = None) -> list[Decision]:
    """The answer to each question, in order: by the rules every start passes."""
    with everywhere(session):
        under = _supervisions(session, asked)
        mentors = [(number, each) for number, one in enumerate(asked) if (each := _under(under, one)) is not None]
        questions = [asked[number]._replace(employee_id=each.supervisor_id) for number, each in mentors]
        found = standings(session, [*asked, *questions], known_at)
        gates = {each.process_id for each in asked if each.process_id is not None}
        stands = modes(session, gates, max(each.at for each in asked)) if gates else {}
    beside = {number: (each, found[len(asked) + place]) for place, (number, each) in enumerate(mentors)}
    return [_decided(one, found[number], beside.get(number), stands) for number, one in enumerate(asked)]


def _decided(
    asked: Asked, own: Standing, beside: tuple["_Under", Standing] | None, stands: Mapping[int, str]
) -> Decision:
    outcome = gate.outcome(own.outcome, beside[1].outcome if beside else None)
    mode = stands.get(asked.process_id or 0, gate.FIRST_MODE)
    evidence, supervisor = own.evidence, None
    if beside is not None and outcome == SUPERVISED:
        under, mentor = beside
        evidence, supervisor = (*own.evidence, f"supervisions/{under.code}", *mentor.evidence), under.supervisor_code
    return Decision(outcome, mode, gate.allowed(mode, outcome), own, evidence, supervisor)


class _Under(NamedTuple):
    """Somebody's supervised work."""

    code: str
    supervisor_id: int
    supervisor_code: str
    since: datetime
    until: datetime


def _supervisions(session: Session, asked: Sequence[Asked]) -> Mapping[tuple[int, int], list[_Under]]:
    """Supervised work of the people in question, by person and process, the latest first."""
    if not asked:
        return {}
    mentor = aliased(Employee)
    found = session.execute(
        select(
            Supervision.employee_id, Supervision.process_id, Supervision.code, Supervision.supervisor_id, mentor.code,
            Supervision.since, Supervision.until,
        )
        .join(mentor, mentor.id == Supervision.supervisor_id)
        .where(
            Supervision.employee_id == any_(_ids({each.employee_id for each in asked})),
            Supervision.until > min(each.at for each in asked),
        )
        .order_by(Supervision.id.desc())
    )
    by: dict[tuple[int, int], list[_Under]] = defaultdict(list)
    for employee, process, code, supervisor, supervisor_code, since, until in found:
        by[employee, process].append(_Under(code, supervisor, supervisor_code, since, until))
    return by


def _under(supervisions: Mapping[tuple[int, int], list[_Under]], asked: Asked) -> _Under | None:
    if asked.process_id is None:
        return None
    of = supervisions.get((asked.employee_id, asked.process_id), ())
    return next((each for each in of if each.since <= asked.at < each.until), None)


def _ids(numbers: Collection[int]) -> Any:
    return type_coerce(list(numbers), ARRAY(BigInteger))

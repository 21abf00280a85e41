"""What would become unstaffable, before anyone lets it happen."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.clock import now
from service.db.context import everywhere
from service.errors import Invalid, NotFound, Violation
from service.people.tables import Employee, Shift
from service.processes.tables import Process
from service.qualification.evidence import Asked, Shown, as_known, gather
from service.qualification.gate import PASSED
from service.qualification.matrix import Matrix, load
from service.qualification.people import refuse_before_anything
from service.qualification.rules import Version, standing
from service.qualification.staff import Done, Member, below, done_by, done_in, members
from service.qualification.staffing_schemas import EffectRead, LostRead, Outlook, OutlookAsked
from service.settings import settings
from service.standards.tables import Standard, StandardVersion

#: how far ahead the shifts of those who are lost are counted
_AHEAD = timedelta(days=14)

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)

#: from a question to an outcome
Judge = Callable[[Asked], str]


def outlook(session: Session, asked: OutlookAsked) -> Outlook:
    """What a change would do to the staffing of a department. Raises `NotFound`, `Invalid`."""
    _refuse_several(asked)
    refuse_before_anything(session, asked.at, "staffing_outlook", "at")
    effective = _taking_effect(session, asked)
    at = effective if asked.standard_code is None else effective + timedelta(days=settings().grace_days)
    departments = below(session, asked.department_code)
    people = members(session, departments, at.astimezone(settings().zone).date())
    done = done_in(session, departments, now())
    if asked.gate_process_code is not None:
        done = [_process(session, asked.gate_process_code)]
    with everywhere(session):
        matrix = load(session, {what.id for what in done}, {who.post_id for who in people if who.post_id is not None})
        _refuse_unknown(asked, people, matrix)
        questions = {(who, what): Asked(who.id, what.id, who.post_id, at) for who in people for what in done}
        shown = gather(session, list(questions.values()), matrix, None)
        before, after = _judges(session, asked, effective, matrix, shown, people)
        shifts = _shifts(session, {who.id for who in people}, at)
    found = [
        _effect(what, [(who, before(questions[who, what]), after(questions[who, what])) for who in people], shifts)
        for what in done
    ]
    touched = [each for each in found if each.lost]
    touched.sort(key=lambda each: (not each.unstaffable, each.after, each.process_code))
    return Outlook(department_code=asked.department_code, at=at, processes=touched)


def _refuse_several(asked: OutlookAsked) -> None:
    supposed = [
        name for name in ("standard_code", "credential_kind", "gate_process_code") if getattr(asked, name) is not None
    ]
    if len(supposed) > 1:
        raise Invalid([_wrong(supposed[1], f"is supposed beside {supposed[0]}; suppose one thing at a time")])
    if (asked.standard_code is None) != (asked.version is None):
        raise Invalid([_wrong("version", "and standard_code go together")])
    if asked.employee_code is not None and asked.credential_kind is None:
        raise Invalid([_wrong("employee_code", "needs the credential_kind that lapses")])


def _refuse_unknown(asked: OutlookAsked, people: Collection[Member], matrix: Matrix) -> None:
    """Raise `NotFound` for a credential that nothing demands, and for a person who is not of the department.

    Said rather than answered with an empty list, because a wrong letter would look like good news.
    """
    demanded = sorted({line.credential_kind for line in matrix.lines if line.credential_kind is not None})
    if asked.credential_kind is not None and asked.credential_kind not in demanded:
        known = f"demanded are: {', '.join(demanded)}" if demanded else "no credential is demanded"
        raise NotFound(f"Nothing done in {asked.department_code} demands a {asked.credential_kind!r}; {known}.")
    if asked.employee_code is not None and asked.employee_code not in {who.code for who in people}:
        raise NotFound(f"There is no employee {asked.employee_code!r} in {asked.department_code} at that time.")


def _wrong(column: str, problem: str) -> Violation:
    return Violation("staffing_outlook", None, column, None, problem)


def _taking_effect(session: Session, asked: OutlookAsked) -> datetime:
    """When it happens: as asked; a version as announced; or now."""
    if asked.standard_code is None:
        return asked.at or now()
    standard = session.scalar(select(Standard.id).where(Standard.code == asked.standard_code))
    if standard is None:
        raise NotFound(f"There is no standard {asked.standard_code!r}.")
    announced = session.scalar(
        select(StandardVersion.effective_at)
        .where(StandardVersion.standard_id == standard, StandardVersion.version == asked.version)
    )
    return asked.at or announced or now()


def _judges(
    session: Session, asked: OutlookAsked, effective: datetime, matrix: Matrix, shown: Shown,
    people: Collection[Member],
) -> tuple[Judge, Judge]:
    """How each question is answered before and after what is supposed."""
    if asked.gate_process_code is not None:
        working = done_by(session, {who.id for who in people}, now())
        strict = _judge(matrix, shown)

        def unasked(each: Asked) -> str:
            return "qualified" if each.process_id in working.get(each.employee_id, ()) else strict(each)

        return unasked, strict
    if asked.standard_code is not None:
        versions = (Version(asked.version or "", moment) for moment in (_NEVER, effective))
        before, after = (matrix.with_version(asked.standard_code, version) for version in versions)
        return _judge(before, shown), _judge(after, shown)
    if asked.credential_kind is not None:
        whose = {who.id for who in people if asked.employee_code in {None, who.code}}
        return _judge(matrix, shown), _judge(matrix, _without(shown, asked.credential_kind, whose))
    today, at = now(), _judge(matrix, shown)
    return lambda each: at(each._replace(at=today)), at


def _judge(matrix: Matrix, shown: Shown) -> Judge:
    def judged(asked: Asked) -> str:
        demands = matrix.demands(asked.process_id, asked.post_id, asked.at)
        return standing(demands, shown.person(asked), asked.at).outcome

    return judged


def _without(shown: Shown, kind: str, whose: Collection[int]) -> Shown:
    """As if nobody of these held a credential of a kind."""
    credentials = {
        who: {name: held for name, held in kinds.items() if name != kind or who not in whose}
        for who, kinds in shown.credentials.items()
    }
    return replace(shown, credentials=credentials)


def _effect(what: Done, judged: Sequence[tuple[Member, str, str]], shifts: Mapping[int, int]) -> EffectRead:
    could = [(who, then) for who, first, then in judged if first in PASSED]
    lost = [
        LostRead(employee_code=who.code, employee=who.name, outcome=then, shifts=shifts.get(who.id, 0))
        for who, then in could if then not in PASSED
    ]
    left = len(could) - len(lost)
    return EffectRead(
        process_code=what.code, process=what.name, before=len(could), after=left, unstaffable=not left, lost=lost
    )


def _process(session: Session, code: str) -> Done:
    found = session.execute(select(Process.id, Process.code, Process.name).where(Process.code == code)).one_or_none()
    if found is None:
        raise NotFound(f"There is no process {code!r} in your departments.")
    return Done(*found)


def _shifts(session: Session, people: Collection[int], at: datetime) -> dict[int, int]:
    """How many shifts each person has in the days after a moment."""
    found = session.execute(
        select(Employee.id, func.count())
        .join(Shift, Shift.employee_id == Employee.id)
        .where(Employee.id.in_(people), Shift.starts_at.between(at, at + _AHEAD), as_known(Shift, None))
        .group_by(Employee.id)
    )
    return dict(found.all())

"""Pure rules of qualification: what is demanded at a moment, what a person can show, and what follows.

Missing data means no. Every answer names the records it stands on, as `table/code`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from service.courses.validity import Validity

QUALIFIED, SUPERVISED, NO_REQUIREMENT = "qualified", "supervised", "no_requirement_defined"

#: why somebody is not qualified, gravest first: of several reasons, the first is the outcome
GRAVITY = ("suspended", "not_trained", "failed", "expired", "superseded_version")

#: every outcome there is
OUTCOMES = (QUALIFIED, SUPERVISED, NO_REQUIREMENT, *GRAVITY)

_RANK = {reason: rank for rank, reason in enumerate(GRAVITY)}


class Version(NamedTuple):
    """A version of a standard and when it takes effect."""

    name: str
    effective_at: datetime


class Taught(NamedTuple):
    """A finished training record. `standard_version`: `3`, `STD@3`, or several of these, separated by semicolons."""

    code: str
    completed_at: datetime
    result: str
    standard_version: str | None


class Held(NamedTuple):
    """A credential: an outside licence, or an authorisation and who gave it."""

    code: str
    issued_at: datetime | None
    expires_at: datetime | None
    authorised_by: str | None


class Practice(NamedTuple):
    """What somebody did of a process before a moment: the last piece, and how many under supervision."""

    last: datetime | None = None
    code: str = ""
    supervised: int = 0


class Suspended(NamedTuple):
    """A time in which somebody may not do a process, by a named person's decision."""

    code: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Acceptable:
    """The versions of one standard that count at a moment, each until when (None: no end is known)."""

    standard: str
    until: Mapping[str, datetime | None]
    #: what a record that names no version taught, where the course's definition says it
    pinned: str | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """One requirement as it stands at a moment. `courses`: any of them meets it."""

    code: str
    kind: str
    courses: tuple[int, ...] = ()
    standards: tuple[Acceptable, ...] = ()
    credential_kind: str | None = None
    count: int = 1
    validity: Validity = field(default_factory=Validity)


@dataclass(frozen=True, slots=True)
class Person:
    """What somebody can show: trainings by course, credentials by kind, practice in the process, suspensions."""

    trainings: Mapping[int, Sequence[Taught]] = field(default_factory=dict)
    credentials: Mapping[str, Sequence[Held]] = field(default_factory=dict)
    practice: Practice = field(default_factory=Practice)
    suspensions: Sequence[Suspended] = ()


class Answer(NamedTuple):
    """Whether one demand is met: `reason` says why not; `until`: when it ends by itself; `evidence`: `table/code`."""

    demand: str
    kind: str
    reason: str | None
    evidence: tuple[str, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's qualification for a process and a post at a moment."""

    outcome: str
    answers: tuple[Answer, ...] = ()
    #: when it ends if nothing else happens
    until: datetime | None = None

    @property
    def unmet(self) -> tuple[Answer, ...]:
        """The demands that are not met, gravest first."""
        lacking = (answer for answer in self.answers if answer.reason is not None)
        return tuple(sorted(lacking, key=lambda answer: _RANK[answer.reason or ""]))

    @property
    def evidence(self) -> tuple[str, ...]:
        """Every record it stands on."""
        return tuple(dict.fromkeys(record for answer in self.answers for record in answer.evidence))


def standing(demands: Sequence[Demand], person: Person, at: datetime) -> Standing:
    """Whether a person is qualified at a moment: every demand is met, and nothing is suspended."""
    answers = tuple(_answer(demand, person, at) for demand in demands) + _suspensions(person, at)
    reasons = [answer.reason for answer in answers if answer.reason is not None]
    if reasons:
        return Standing(min(reasons, key=_RANK.__getitem__), answers)
    if not demands:
        return Standing(NO_REQUIREMENT, answers)
    ends = [answer.until for answer in answers if answer.until is not None]
    return Standing(QUALIFIED, answers, min(ends, default=None))


def _suspensions(person: Person, at: datetime) -> tuple[Answer, ...]:
    return tuple(
        Answer("suspension", "suspension", "suspended", (f"suspensions/{each.code}",))
        for each in person.suspensions
        if each.since <= at and (each.until is None or at < each.until)
    )


def _answer(demand: Demand, person: Person, at: datetime) -> Answer:
    if demand.kind in {"course", "assessment"}:
        return _taught(demand, person, at)
    if demand.kind in {"licence", "authorisation"}:
        return _held(demand, person.credentials.get(demand.credential_kind or "", ()), at)
    if demand.kind == "supervised":
        return _supervised(demand, person.practice)
    return _practised(demand, person, at)


def _taught(demand: Demand, person: Person, at: datetime) -> Answer:
    """Passed, not expired, and on a version that counts; of several records the one that holds longest."""
    records = [
        record for course in demand.courses for record in person.trainings.get(course, ()) if record.completed_at <= at
    ]
    passed = [record for record in records if record.result == "passed"]
    if not passed:
        failed = tuple(f"training_records/{record.code}" for record in records if record.result == "failed")
        return Answer(demand.code, demand.kind, "failed" if failed else "not_trained", failed)
    judged = [(_lasting(demand, record, at), record) for record in passed]
    reason, until, best = min(
        ((reason, until, record) for (reason, until), record in judged), key=lambda each: _preference(*each)
    )
    return Answer(demand.code, demand.kind, reason, (f"training_records/{best.code}",), until)


def _preference(reason: str | None, until: datetime | None, record: Taught) -> tuple[int, float, float]:
    """What counts of several passed records: valid before not, then what lasts longest, then the latest."""
    lasts = float("inf") if until is None else until.timestamp()
    return (0 if reason is None else 1, -lasts, -record.completed_at.timestamp())


def _lasting(demand: Demand, record: Taught, at: datetime) -> tuple[str | None, datetime | None]:
    """Why a passed record does not count at a moment, and until when it does or did."""
    ends = demand.validity.ends(record.completed_at)
    if ends is not None and ends <= at:
        return "expired", ends
    sole = len(demand.standards) == 1
    for standard in demand.standards:
        version = _version(record.standard_version, standard.standard, sole=sole) or standard.pinned
        if version is None or version not in standard.until:
            return "superseded_version", ends
        until = standard.until[version]
        ends = until if ends is None or (until is not None and until < ends) else ends
    return None, ends


def _version(said: str | None, standard: str, *, sole: bool) -> str | None:
    """The version of a standard that a training record names; a bare version is of the course's only standard."""
    for part in (said or "").split(";"):
        code, at, version = part.strip().rpartition("@")
        if version and (code == standard if at else sole):
            return version
    return None


def _held(demand: Demand, credentials: Sequence[Held], at: datetime) -> Answer:
    """Held at the moment. One without both dates proves nothing; an authorisation names who gave it."""
    known = [
        each for each in credentials
        if (each.issued_at or each.expires_at) and (demand.kind == "licence" or each.authorised_by)
    ]
    begun = [each for each in known if each.issued_at is None or each.issued_at <= at]
    if not begun:
        shown = tuple(f"credentials/{each.code}" for each in credentials)
        return Answer(demand.code, demand.kind, "not_trained", shown)
    ends = [(_first(each.expires_at, demand.validity.ends(each.issued_at)), each) for each in begun]
    until, best = max(ends, key=lambda each: float("inf") if each[0] is None else each[0].timestamp())
    reason = "expired" if until is not None and until <= at else None
    return Answer(demand.code, demand.kind, reason, (f"credentials/{best.code}",), until)


def _supervised(demand: Demand, practice: Practice) -> Answer:
    shown = (f"work_records/{practice.code}",) if practice.code else ()
    return Answer(demand.code, demand.kind, None if practice.supervised >= demand.count else "not_trained", shown)


def _practised(demand: Demand, person: Person, at: datetime) -> Answer:
    """Within the last days: the work itself, or a course of the process passed meanwhile."""
    done = [(person.practice.last, f"work_records/{person.practice.code}")] if person.practice.last else []
    done += [
        (record.completed_at, f"training_records/{record.code}")
        for course in demand.courses for record in person.trainings.get(course, ())
        if record.result == "passed" and record.completed_at <= at
    ]
    if not done:
        return Answer(demand.code, demand.kind, "not_trained")
    last, shown = max(done)
    until = demand.validity.ends(last)
    return Answer(demand.code, demand.kind, "expired" if until is not None and until <= at else None, (shown,), until)


def _first(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def acceptable(versions: Sequence[Version], at: datetime, grace: timedelta) -> dict[str, datetime | None] | None:
    """The versions that count at a moment, each until when; None where no version is in force and none is demanded.

    Those are the one in force, the one before it within the grace period, and those announced that come after.
    `versions`: by the moment they take effect.
    """
    in_force = sum(version.effective_at <= at for version in versions) - 1
    if in_force < 0:
        return None
    counts: dict[str, datetime | None] = {}
    for number, version in enumerate(versions):
        after = versions[number + 1].effective_at + grace if number + 1 < len(versions) else None
        if number >= in_force or (number == in_force - 1 and after is not None and at < after):
            counts[version.name] = after
    return counts

"""Pure rules of the verdict: what the records say for and against each cause.

The decision table is in docs/trace.md. A cause is *found* where a record shows it, *ruled out* where a record shows
the opposite, and *unknown* where nothing was recorded either way. Nothing found: undetermined.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from math import sqrt
from typing import Literal

from service.qualification.rules import Standing

CAUSES = (
    "training_not_covered", "training_not_completed", "standard_not_synced", "unqualified_on_post",
    "process_not_followed", "inspection_missed", "training_ineffective", "input_batch",
)
UNDETERMINED = "undetermined"

#: what no record of ours speaks of
NOT_EXAMINED = ("equipment", "environment", "measurement", "staffing")

#: which function answers for a cause
ACCOUNTABLE = {
    "training_not_covered": "people", "training_not_completed": "people", "standard_not_synced": "operations",
    "unqualified_on_post": "operations", "process_not_followed": "operations", "inspection_missed": "quality",
    "training_ineffective": "operations", "input_batch": "input",
}

#: what was owed by the responsibility map and missed speaks for a cause, by what it would have delivered
NEGLECT: Mapping[str, frozenset[str]] = {
    "training_not_covered": frozenset({"plan"}), "training_not_completed": frozenset({"plan"}),
    "standard_not_synced": frozenset({"standard_review", "process_review"}),
    "inspection_missed": frozenset({"inspection"}),
}

#: a process of which qualified people fail more often than this, beyond chance, is not mended by training
TOLERABLE = 0.10
#: fewer inspections than this say nothing
ENOUGH = 5
#: a process is inspected as a rule if this share of its batches is
CUSTOMARY = 0.5

Status = Literal["found", "ruled_out", "unknown"]


@dataclass(frozen=True)
class Statement:
    """One thing the records say: its `key` names the sentence, `told` what stands in it, `records` where to look."""

    key: str
    records: tuple[str, ...]
    told: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """What the records say of one cause."""

    cause: str
    status: Status
    speaks_for: tuple[Statement, ...] = ()
    against: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class Following:
    """A standard that the version in use of a process follows, and what of it was in force."""

    standard: str
    follows: str
    in_force: str
    since: datetime
    records: tuple[str, ...]

    @property
    def out_of_step(self) -> bool:
        """Whether the standard moved on and the process did not."""
        return self.follows != self.in_force


@dataclass(frozen=True)
class Did:
    """One person's part in one piece of work, with everything that was so at that moment."""

    work: str
    employee: str
    process: str
    at: datetime
    standing: Standing
    self_check: str
    supervised: bool
    version_used: str | None
    version_in_force: str | None
    version_record: str | None
    following: tuple[Following, ...]
    #: required courses that teach what the process follows, as records of the matrix
    courses: tuple[str, ...]
    #: standards the process follows that no required course teaches
    untaught: tuple[str, ...] = ()

    @property
    def out_of_step(self) -> tuple[Following, ...]:
        """Standards that moved on without the process."""
        return tuple(each for each in self.following if each.out_of_step)


@dataclass(frozen=True)
class Looked:
    """An inspection of the work or the batch: done with a result, or due and never done."""

    code: str
    result: str | None
    due_at: datetime | None
    performed_at: datetime | None


@dataclass(frozen=True)
class Upstream:
    """An input, however far back, that something was wrong with."""

    batch: str
    records: tuple[str, ...]


@dataclass(frozen=True)
class Neglected:
    """What a department owed by the responsibility map, was due before, and had not been delivered by then."""

    obligation: str
    deliverable: str
    title: str
    department: str
    due_on: date


@dataclass(frozen=True)
class Case:
    """Everything a verdict is made of."""

    at: datetime
    done: tuple[Did, ...]
    inspections: tuple[Looked, ...]
    #: of the process's batches in the months before: how many, and how many of them were inspected
    batches_before: int
    inspected_before: int
    upstream: tuple[Upstream, ...] = ()
    inputs: int = 0
    #: inspections of the process in the months before, of work by qualified people: failed, and all; which failed
    qualified_failed: int = 0
    qualified_inspected: int = 0
    failures: tuple[str, ...] = ()
    neglected: tuple[Neglected, ...] = ()


def verdict(case: Case) -> tuple[Finding, ...]:
    """What the records say of each cause, those found first."""
    judged = [
        _not_covered(case), _not_completed(case), _not_synced(case), _unqualified(case), _not_followed(case),
        _missed(case), _input(case),
    ]
    by_people = {"training_not_covered", "training_not_completed", "standard_not_synced", "unqualified_on_post"}
    people = any(each.status == "found" and each.cause in by_people for each in judged)
    judged.append(_ineffective(case, people_at_fault=people))
    judged = [_with_neglect(case, each) for each in judged]
    order = {"found": 0, "unknown": 1, "ruled_out": 2}
    return tuple(sorted(judged, key=lambda each: (order[each.status], CAUSES.index(each.cause))))


def causes(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The causes found, or `undetermined`."""
    return tuple(each.cause for each in findings if each.status == "found") or (UNDETERMINED,)


def _with_neglect(case: Case, finding: Finding) -> Finding:
    """A cause that is found, with the duties whose neglect speaks for it; by itself neglect finds no cause."""
    if finding.status != "found":
        return finding
    return replace(finding, speaks_for=(*finding.speaks_for, *_neglect(case, finding.cause)))


def _neglect(case: Case, cause: str) -> list[Statement]:
    return [
        Statement("duty_missed", (f"obligations/{each.obligation}",), {
            "department": each.department, "duty": each.title, "due": f"{each.due_on:%Y-%m-%d}",
        })
        for each in case.neglected if each.deliverable in NEGLECT.get(cause, ())
    ]


def _judge(cause: str, speaks_for: Sequence[Statement], against: Sequence[Statement]) -> Finding:
    status: Status = "found" if speaks_for else "ruled_out" if against else "unknown"
    return Finding(cause, status, tuple(_unique(speaks_for)), tuple(_unique(against)))


def _unique(statements: Sequence[Statement]) -> list[Statement]:
    seen: dict[tuple[str, tuple[str, ...]], Statement] = {}
    for each in statements:
        seen.setdefault((each.key, each.records), each)
    return list(seen.values())


def _work(did: Did) -> str:
    return f"work_records/{did.work}"


def _process(did: Did) -> tuple[str, ...]:
    return (f"processes/{did.process}", *((did.version_record,) if did.version_record else ()))


def _not_covered(case: Case) -> Finding:
    speaks_for, against = [], []
    for did in case.done:
        told = {"process": did.process, "standards": ", ".join(did.untaught)}
        if did.untaught:
            speaks_for.append(Statement("standard_untaught", (*_process(did), _work(did)), told))
        elif did.courses:
            against.append(Statement("course_required", did.courses, told))
        else:
            speaks_for.append(Statement("no_course_covers", (*_process(did), _work(did)), told))
    return _judge("training_not_covered", speaks_for, against)


_COURSES = {"course", "assessment"}


def _lacking(did: Did) -> list[tuple[str, tuple[str, ...]]]:
    """The course demands not met, each with its reason and records; a version the process never took up is not one."""
    return [
        (answer.reason, (f"requirements/{answer.demand}", *answer.evidence))
        for answer in did.standing.unmet
        if answer.kind in _COURSES and answer.reason is not None
        and not (answer.reason == "superseded_version" and did.out_of_step)
    ]


def _not_completed(case: Case) -> Finding:
    speaks_for, against = [], []
    for did in case.done:
        told = {"employee": did.employee, "process": did.process}
        for reason, records in _lacking(did):
            speaks_for.append(Statement(f"training_{reason}", (*records, _work(did)), told))
        shown = tuple(record for record in did.standing.evidence if record.startswith("training_records/"))
        if did.courses and shown and not _lacking(did):
            against.append(Statement("training_completed", shown, told))
    return _judge("training_not_completed", speaks_for, against)


def _not_synced(case: Case) -> Finding:
    speaks_for, against = [], []
    for did in case.done:
        for each in did.following:
            told = {"process": did.process, "standard": each.standard, "follows": each.follows,
                    "in_force": each.in_force, "since": f"{each.since:%Y-%m-%d}"}
            if each.out_of_step:
                speaks_for.append(Statement("standard_moved_on", (*each.records, _work(did)), told))
            else:
                against.append(Statement("process_follows", each.records, told))
    return _judge("standard_not_synced", speaks_for, against)


def _unqualified(case: Case) -> Finding:
    speaks_for, against = [], []
    for did in case.done:
        outcome, told = did.standing.outcome, {"employee": did.employee, "process": did.process}
        if outcome in {"qualified", "no_requirement_defined"}:
            if outcome == "qualified":
                against.append(Statement("was_qualified", (*did.standing.evidence, _work(did)), told))
        elif did.supervised:
            against.append(Statement("was_supervised", (_work(did),), told))
        elif _lacking(did) or any(answer.kind not in _COURSES for answer in did.standing.unmet):
            shown = (*did.standing.evidence, _work(did))
            speaks_for.append(Statement("on_post_unqualified", shown, told | {"reason": outcome}))
    return _judge("unqualified_on_post", speaks_for, against)


def _not_followed(case: Case) -> Finding:
    speaks_for, against = [], []
    for did in case.done:
        told = {"employee": did.employee, "process": did.process}
        if did.self_check in {"missing", "fail"}:
            speaks_for.append(Statement(f"self_check_{did.self_check}", (_work(did),), told))
        if did.version_used and did.version_in_force and did.version_used != did.version_in_force:
            versions = told | {"used": did.version_used, "in_force": did.version_in_force}
            speaks_for.append(Statement("wrong_version", (_work(did), *_process(did)[1:]), versions))
        if did.self_check == "pass":
            against.append(Statement("self_check_pass", (_work(did),), told))
    return _judge("process_not_followed", speaks_for, against)


_RESULTS = {"pass": "passed", "fail": "failed"}


def _missed(case: Case) -> Finding:
    """Due and not done; or nothing was inspected of what is inspected as a rule, or of what nobody ever inspected, or
    while whoever owed inspections missed them."""
    done = [each for each in case.inspections if each.result is not None]
    late = [
        each for each in case.inspections
        if each.result is None and each.due_at is not None and each.due_at < case.at
    ]
    speaks_for = [Statement("inspection_due_not_done", (f"inspections/{each.code}",)) for each in late]
    never = case.inspected_before == 0
    customary = case.batches_before > 0 and case.inspected_before >= CUSTOMARY * case.batches_before
    owed = bool(_neglect(case, "inspection_missed"))
    if not done and not late and case.done and (never or customary or owed):
        key = "never_inspected" if never else "inspected_as_a_rule" if customary else "not_inspected"
        told = {"inspected": str(case.inspected_before), "batches": str(case.batches_before)}
        speaks_for.append(Statement(key, tuple(dict.fromkeys(_work(did) for did in case.done)), told))
    against = [
        Statement(f"inspection_{_RESULTS[each.result]}", (f"inspections/{each.code}",))
        for each in done if each.result is not None
    ]
    return _judge("inspection_missed", speaks_for, against)


def _input(case: Case) -> Finding:
    speaks_for = [
        Statement("input_failed", (f"batches/{each.batch}", *each.records), {"batch": each.batch})
        for each in case.upstream
    ]
    against = [Statement("inputs_clean", (), {"count": str(case.inputs)})] if case.inputs and not speaks_for else []
    return _judge("input_batch", speaks_for, against)


def _ineffective(case: Case, *, people_at_fault: bool) -> Finding:
    failed, total = case.qualified_failed, case.qualified_inspected
    told = {"failed": str(failed), "inspected": str(total)}
    if total >= ENOUGH and wilson_lower(failed, total) > TOLERABLE and not people_at_fault and case.done:
        return _judge("training_ineffective", [Statement("qualified_keep_failing", case.failures, told)], [])
    enough = total >= ENOUGH and not people_at_fault
    return _judge("training_ineffective", [], [Statement("qualified_rarely_fail", (), told)] if enough else [])


def wilson_lower(failed: int, total: int, z: float = 1.96) -> float:
    """The lower end of Wilson's score interval for a rate (E. B. Wilson, JASA 22, 1927); 0 where nothing was seen."""
    if total == 0:
        return 0.0
    rate = failed / total
    middle = rate + z * z / (2 * total)
    half = z * sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    return max(0.0, (middle - half) / (1 + z * z / total))

"""Tracing: from a batch, a person, a unit or an issue to a cause."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.context import note
from service.db.context import everywhere
from service.errors import Invalid, Violation
from service.people.tables import Department, Employee
from service.qualification.people import refuse_before_anything
from service.trace import gathering, subjects
from service.trace.exposure import Around, exposures
from service.trace.gathering import CLOSELY, Participant
from service.trace.neglect import neglected
from service.trace.rules import ACCOUNTABLE, NOT_EXAMINED, Case, Finding, Statement, causes, verdict
from service.trace.schemas import CauseRead, Exposure, Lineage, Linked, Says, Subject, Trace, TraceAsked
from service.trace.sentences import sentence
from service.trace.timeline import timeline
from service.work.genealogy import Genealogy, where_from, where_used

_EMPTY = Genealogy((), (), 0, None)


def trace(session: Session, asked: TraceAsked) -> Trace:
    """The whole answer for one subject.

    Raises `Invalid` where not exactly one subject is named and for a moment before anything was done here, `NotFound`,
    `Conflict` for a name several people bear.
    """
    named: dict[Subject, str | None] = {
        "batch": asked.batch_code, "employee": asked.employee_code, "unit": asked.unit_code, "issue": asked.issue_code
    }
    given = [(subject, code) for subject, code in named.items() if code is not None]
    if len(given) != 1:
        raise Invalid([Violation("trace", None, None, None, "name exactly one batch, employee, unit or issue")])
    subject, code = given[0]
    found = trace_of(session, subject, code, asked.known_at)
    return _with_names(session, found, asked.names_reason) if asked.names_reason else found


def trace_of(session: Session, subject: Subject, code: str, known_at: datetime | None = None) -> Trace:
    """The answer for one subject, people by their codes. Raises `NotFound`, `Invalid`, `Conflict` as `trace` does."""
    refuse_before_anything(session, known_at, "trace", "known_at")
    if subject == "batch":
        about = subjects.of_batch(session, code, known_at)
    elif subject == "issue":
        about = subjects.of_issue(session, code, known_at)
    elif subject == "unit":
        about = subjects.of_unit(session, code, known_at)
    else:
        about, code = subjects.of_employee(session, code, known_at)
    # the caller may see the subject; what led to it is looked at whole, in whatever department it happened
    with everywhere(session):
        return _answer(session, subject, code, about, known_at)


def _answer(session: Session, subject: Subject, code: str, about: subjects.Asked, known_at: datetime | None) -> Trace:
    works = gathering.works(session, known_at, *about.where, limit=CLOSELY + 1)
    cut, works = len(works) > CLOSELY, works[:CLOSELY]
    parts = gathering.participants(session, works, known_at)
    processes = {row.process_id for row in works} | set(about.processes)
    places = {row.department_id for row in works} | {about.department}
    known = gathering.versions(session, processes, known_at)
    done, _ = gathering.did(session, parts, known, known_at)
    batches = {number for number in (about.batch_id, *(row.batch_id for row in works)) if number is not None}
    inspected = gathering.inspections(session, {row.id for row in works}, batches, known_at)
    made_of = where_from(session, batches, known_at=known_at) if batches else _EMPTY
    used_in = where_used(session, [about.batch_id], known_at=known_at) if about.batch_id is not None else _EMPTY
    results = gathering.results(session, processes, about.department, about.at, known_at)
    seen_of = (*results.loose, *results.qualified)
    failing = tuple(f"inspections/{each.code}" for each in seen_of if each.failed)
    before, seen = gathering.habit(session, processes, batches, about.at, known_at)
    case = Case(
        about.at, tuple(done), gathering.looked(inspected), before, seen,
        gathering.upstream(session, made_of, about.at, known_at), len(made_of.batches), len(failing), len(seen_of),
        failing[:20], neglected(session, places, max((row.started_at for row in works), default=about.at), known_at),
    )
    findings = verdict(case)
    around = Around(
        frozenset(part.employee_id for part in parts if _at_fault(findings, part)), frozenset(processes),
        frozenset(batches), tuple(each.batch for each in case.upstream), about.at,
    )
    shown = [each for each in findings if each.status == "found"]
    touched = exposures(session, shown, around, known, known_at)
    own = about.batch
    answering = _answering(session, places)
    judged = [_cause(each, answering[ACCOUNTABLE[each.cause]]) for each in findings]
    return Trace(
        subject=subject, code=code, known_at=known_at, causes=list(causes(findings)), verdict=judged,
        departments=sorted({place for each in judged if each.status == "found" for place in each.departments}),
        not_examined=list(NOT_EXAMINED),
        exposure=[
            Exposure(cause=each.cause, since=each.since, batches=[one for one in each.batches if one != own],
                     works=list(each.works), truncated_at=each.truncated_at)
            for each in touched
        ],
        timeline=timeline(session, about, parts, known, inspected, known_at), genealogy=_lineage(made_of, used_in),
        works=[row.code for row in works], people=sorted({part.employee for part in parts}),
        truncated_at=CLOSELY if cut else None, names={},
    )


def _at_fault(findings: Sequence[Finding], part: Participant) -> bool:
    """Whether a cause that is found names the work of this person."""
    shown = {
        (statement.told.get("employee"), record) for each in findings if each.status == "found"
        for statement in each.speaks_for for record in statement.records
    }
    return (part.employee, f"work_records/{part.work.code}") in shown


def _cause(finding: Finding, departments: list[str]) -> CauseRead:
    # whoever owed by the responsibility map what would have prevented it answers for it too
    owed = {each.told["department"] for each in finding.speaks_for if each.key == "duty_missed"}
    return CauseRead(
        cause=finding.cause, status=finding.status, departments=sorted({*departments, *owed}),
        speaks_for=_says(finding.speaks_for), against=_says(finding.against),
    )


def _says(statements: Sequence[Statement]) -> list[Says]:
    """The statements as sentences: what several records say in the same words is said once."""
    said: dict[tuple[str, str], dict[str, None]] = {}
    for each in statements:
        said.setdefault(sentence(each), {}).update(dict.fromkeys(each.records))
    return [Says(en=en, zh=zh, records=list(records)) for (en, zh), records in said.items()]


def _answering(session: Session, own: Collection[int | None]) -> dict[str, list[str]]:
    """Who answers for what, by function: operations where the work was done, the topmost of the others."""
    places = session.execute(
        select(Department.id, Department.code, Department.function)
        .order_by(Department.parent_id.nulls_first(), Department.id)
    ).all()
    by_function = {name: [row.code for row in places if row.function == name][:1] for name in ("people", "quality")}
    # an input is quality's to hold back, whoever made it
    return by_function | {
        "operations": sorted(row.code for row in places if row.id in own), "input": by_function["quality"]
    }


def _lineage(made_of: Genealogy, used_in: Genealogy) -> Lineage:
    def linked(found: Genealogy) -> list[Linked]:
        return [Linked(code=each.code, product=each.product, depth=each.depth) for each in found.batches]

    return Lineage(
        where_from=linked(made_of), where_used=linked(used_in), hidden=made_of.hidden + used_in.hidden,
        truncated_at=made_of.truncated_at or used_in.truncated_at,
    )


def _with_names(session: Session, found: Trace, reason: str) -> Trace:
    """The answer with the names of the people in it; that they were shown, and why, is put on record."""
    names = dict(session.execute(select(Employee.code, Employee.name).where(Employee.code.in_(found.people))).all())
    note(session, "read", "names in a trace", found.code, {"reason": reason, "employees": sorted(names)})
    return found.model_copy(update={"names": names})

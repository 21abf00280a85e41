"""What else the same cause touched: every other batch, since when, and where the list was cut."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from service.inspections.tables import Inspection
from service.qualification.evidence import Asked, answered, as_known
from service.qualification.matrix import load
from service.trace.gathering import BEFORE, ROOT_ID, Versions, has_result, work_query
from service.trace.rules import Finding
from service.work.genealogy import where_used
from service.work.tables import Batch, WorkRecord

#: at most so many pieces of work are weighed, and so many batches named
WEIGHED, NAMED = 5000, 1000


@dataclass(frozen=True)
class Exposed:
    """The batches one cause touched, with the work that shows it."""

    cause: str
    since: datetime | None
    batches: tuple[str, ...]
    works: tuple[str, ...]
    truncated_at: int | None


@dataclass(frozen=True)
class Around:
    """What an exposure is drawn around: who did what, when, on which batches."""

    people: frozenset[int]
    processes: frozenset[int]
    batches: frozenset[int]
    inputs: tuple[str, ...]
    at: datetime


#: causes that touch the same work
_OF_PEOPLE = frozenset({"training_not_completed", "unqualified_on_post"})


def exposures(
    session: Session, findings: Iterable[Finding], around: Around, known: Versions, known_at: datetime | None
) -> list[Exposed]:
    """Everything else that each cause touched, from the version in force at the time until now."""
    touched: list[Exposed] = []
    for finding in findings:
        alike = next((each for each in touched if {each.cause, finding.cause} <= _OF_PEOPLE), None)
        touched.append(
            replace(alike, cause=finding.cause) if alike else _exposure(session, finding, around, known, known_at)
        )
    return touched


def _exposure(
    session: Session, finding: Finding, around: Around, known: Versions, known_at: datetime | None
) -> Exposed:
    if finding.cause == "input_batch":
        return _of_inputs(session, around, known_at)
    since = _since(finding.cause, around, known)
    where = [WorkRecord.process_id.in_(around.processes), WorkRecord.started_at >= since]
    if finding.cause in _OF_PEOPLE:
        where.append(WorkRecord.employee_id.in_(around.people))
        return _unqualified(session, finding.cause, since, where, known_at)
    if finding.cause == "process_not_followed":
        where.append(WorkRecord.self_check.in_(("missing", "fail")))
    if finding.cause == "inspection_missed":
        where += _uninspected(known_at)
    if finding.cause == "standard_not_synced":
        where.append(WorkRecord.started_at < _followed(around, known))
    if finding.cause == "training_ineffective":
        failed = select(Inspection.id).where(
            Inspection.work_id == ROOT_ID, Inspection.result == "fail", as_known(Inspection, known_at)
        )
        where.append(failed.correlate(WorkRecord).exists())
    return _named(session, finding.cause, since, where, known_at)


def _since(cause: str, around: Around, known: Versions) -> datetime:
    """Since the version in force took effect, of the standard or of the process; else the months before."""
    in_force = [known.process_at(process, around.at) for process in around.processes]
    moments = [row.effective_at for row in in_force if row is not None]
    if cause in {*_OF_PEOPLE, "standard_not_synced"}:
        for row in in_force:
            for said in row.standards or () if row is not None else ():
                standard = known.standard_at(said.rpartition("@")[0], around.at)
                if standard is not None:
                    moments.append(standard.effective_at)
        return max(moments) if moments else around.at - BEFORE
    if cause == "training_not_covered":
        return max(moments) if moments else around.at - BEFORE
    return around.at - BEFORE


def _followed(around: Around, known: Versions) -> datetime:
    """When the processes took up the standards in force; never: the end of time."""
    moments = [
        row.effective_at for process in around.processes for row in known.of_process.get(process, ())
        if row.effective_at > around.at
    ]
    return min(moments, default=datetime.max.replace(tzinfo=around.at.tzinfo) - timedelta(days=1))


def _uninspected(known_at: datetime | None) -> tuple[ColumnElement[bool], ...]:
    """That neither the work nor its batch was inspected: two questions, each answered by an index."""
    done = select(Inspection.id).where(*has_result(known_at)).correlate(WorkRecord)
    of_work, of_batch = Inspection.work_id == ROOT_ID, Inspection.batch_id == WorkRecord.batch_id
    return ~done.where(of_work).exists(), ~done.where(of_batch).exists()


def _named(
    session: Session, cause: str, since: datetime, where: Collection[ColumnElement[bool]], known_at: datetime | None
) -> Exposed:
    query = work_query(known_at).where(*where).order_by(WorkRecord.started_at).limit(WEIGHED + 1)
    rows = session.execute(query).all()
    return _told(cause, since, [(row.code, row.batch) for row in rows[:WEIGHED]], cut=len(rows) > WEIGHED)


def _unqualified(
    session: Session, cause: str, since: datetime, where: Collection[ColumnElement[bool]], known_at: datetime | None
) -> Exposed:
    """Of all that these people did since then, what they did without being qualified."""
    rows = session.execute(
        work_query(known_at).where(*where).order_by(WorkRecord.started_at).limit(WEIGHED + 1)
    ).all()
    matrix = load(session, {row.process_id for row in rows}, {row.post_id for row in rows if row.post_id}, known_at)
    asked = [Asked(row.employee_id, row.process_id, row.post_id, row.started_at) for row in rows[:WEIGHED]]
    found = answered(session, asked, matrix, known_at) if asked else []
    touched = [
        (row.code, row.batch) for row, standing in zip(rows, found, strict=False) if standing.outcome != "qualified"
    ]
    return _told(cause, since, touched, cut=len(rows) > WEIGHED)


def _told(cause: str, since: datetime | None, touched: list[tuple[str, str | None]], *, cut: bool) -> Exposed:
    batches = tuple(dict.fromkeys(batch for _, batch in touched if batch is not None))
    works = tuple(code for code, _ in touched)
    cut_at = WEIGHED if cut else NAMED if len(batches) > NAMED else None
    return Exposed(cause, since, batches[:NAMED], works[:NAMED], cut_at)


def _of_inputs(session: Session, around: Around, known_at: datetime | None) -> Exposed:
    """Every batch that a bad input went into, over any depth."""
    numbers = session.scalars(select(Batch.id).where(Batch.code.in_(around.inputs), Batch.revision == 1)).all()
    used = where_used(session, numbers, known_at=known_at, limit=NAMED)
    return Exposed("input_batch", None, tuple(each.code for each in used.batches), (), used.truncated_at)

"""What the records hold about a piece of work and all around it, in a fixed number of questions."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Row, any_, func, or_, select, true, type_coerce, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from service.db.base import Query
from service.inspections.tables import Inspection
from service.issues.tables import Issue
from service.people.tables import Employee, Post
from service.processes.tables import Process, ProcessVersion
from service.qualification import matrix as matrices
from service.qualification.evidence import Asked, answered, as_known
from service.qualification.matrix import Matrix
from service.qualification.rules import Standing
from service.standards.tables import Standard, StandardVersion
from service.trace.rules import Did, Following, Looked, Upstream
from service.work.genealogy import Genealogy
from service.work.tables import Batch, WorkParticipant, WorkRecord

#: at most so many pieces of work are looked at closely
CLOSELY = 300

#: how far back "the months before" reach
BEFORE = timedelta(days=180)


def _code_of(row: Any, number: Any) -> Any:
    """A code looked up by its id, row by row: few rows are asked about, and the planner is not to read whole tables."""
    return select(row.code).where(row.id == number).scalar_subquery()


_root, _other = aliased(WorkRecord, name="root"), aliased(WorkRecord, name="other")

#: the id of a piece of work's first revision: what other records point at
ROOT_ID = (
    select(_root.id).where(_root.code == WorkRecord.code, _root.revision == 1).correlate(WorkRecord).scalar_subquery()
)


def works(
    session: Session, known_at: datetime | None, *where: ColumnElement[bool], limit: int = CLOSELY
) -> list[Row[Any]]:
    """Work records by their last revision, latest first, with the codes they name; and whoever took part in them."""
    query = work_query(known_at).where(*where).order_by(WorkRecord.started_at.desc(), WorkRecord.id.desc()).limit(limit)
    return list(session.execute(query))


def work_query(known_at: datetime | None) -> Query:
    """Work records as known, with the codes they name, under the id that others point at."""
    row = WorkRecord
    by_then = true() if known_at is None else _other.known_at <= known_at
    in_force = select(func.max(_other.revision)).where(_other.code == row.code, by_then).scalar_subquery()
    place = select(Process.department_id).where(Process.id == row.process_id).scalar_subquery()
    return select(
        ROOT_ID.label("id"), row.code, row.employee_id, _code_of(Employee, row.employee_id).label("employee"),
        row.process_id, _code_of(Process, row.process_id).label("process"), place.label("department_id"), row.post_id,
        _code_of(Post, row.post_id).label("post"), row.batch_id, _code_of(Batch, row.batch_id).label("batch"),
        row.process_version, row.started_at, row.finished_at, row.known_at, row.recorded_at, row.self_check,
        row.supervised_by_id,
    ).where(row.revision == in_force)


def named_by(session: Session, numbers: Collection[int]) -> ColumnElement[bool]:
    """Whether a piece of work is one of those that other records point at by these ids."""
    codes = session.scalars(select(WorkRecord.code).where(WorkRecord.id == any_(_ids(numbers)))).all()
    return WorkRecord.code == any_(type_coerce(list(codes), ARRAY(WorkRecord.code.type)))


@dataclass(frozen=True)
class Participant:
    """Somebody's part in a piece of work; `role` is empty for whose record it is."""

    work: Row[Any]
    employee_id: int
    employee: str
    role: str


def participants(session: Session, found: Sequence[Row[Any]], known_at: datetime | None) -> list[Participant]:
    """Everybody who had a part in some pieces of work."""
    by_id = {row.id: row for row in found}
    row = WorkParticipant
    others = session.execute(
        select(row.work_id, row.employee_id, Employee.code, row.role)
        .join(Employee, Employee.id == row.employee_id)
        .where(row.work_id == any_(_ids(by_id)), as_known(row, known_at))
        .order_by(row.work_id, row.id)
    )
    own = [Participant(each, each.employee_id, each.employee, "") for each in found]
    return own + [
        Participant(by_id[work], employee, code, role)
        for work, employee, code, role in others if employee != by_id[work].employee_id
    ]


@dataclass(frozen=True)
class Versions:
    """The versions of processes and of the standards they follow, by the moment they take effect."""

    of_process: dict[int, list[Row[Any]]]
    of_standard: dict[str, list[Row[Any]]]

    def process_at(self, process: int, at: datetime) -> Row[Any] | None:
        """The version of a process in force at a moment."""
        return _last(self.of_process.get(process, ()), at)

    def standard_at(self, standard: str, at: datetime) -> Row[Any] | None:
        """The version of a standard in force at a moment."""
        return _last(self.of_standard.get(standard, ()), at)

    def named(self, process: int, version: str | None) -> Row[Any] | None:
        """A version of a process by its name."""
        return next((row for row in self.of_process.get(process, ()) if row.version == version), None)


def _last(rows: Iterable[Row[Any]], at: datetime) -> Row[Any] | None:
    found = None
    for row in rows:
        if row.effective_at <= at:
            found = row
    return found


def versions(session: Session, processes: Collection[int], known_at: datetime | None) -> Versions:
    """Every version of some processes, and of the standards they follow."""
    of_process: dict[int, list[Any]] = defaultdict(list)
    row = ProcessVersion
    query: Query = select(row.process_id, row.version, row.effective_at, row.standards, row.code).where(
        row.process_id == any_(_ids(processes)), *([row.known_at <= known_at] if known_at else [])
    )
    for found in session.execute(query.order_by(row.effective_at, row.id)):
        of_process[found.process_id].append(found)
    followed = {
        said.rpartition("@")[0] for rows in of_process.values() for found in rows for said in found.standards or ()
    }
    of_standard: dict[str, list[Any]] = defaultdict(list)
    version = StandardVersion
    told: Query = (
        select(Standard.code.label("standard"), version.version, version.effective_at, version.code)
        .join(Standard, Standard.id == version.standard_id)
        .where(Standard.code.in_(followed), *([version.known_at <= known_at] if known_at else []))
    )
    for taken in session.execute(told.order_by(version.effective_at, version.id)):
        of_standard[taken.standard].append(taken)
    return Versions(dict(of_process), dict(of_standard))


def did(
    session: Session, parts: Sequence[Participant], known: Versions, known_at: datetime | None
) -> tuple[list[Did], Matrix]:
    """What each person's part was, with everything that was so at that moment."""
    matrix = matrices.load(
        session, {part.work.process_id for part in parts},
        {part.work.post_id for part in parts if part.work.post_id is not None}, known_at,
    )
    standing = standings(session, parts, matrix, known_at)
    mentors = _mentors(session, parts, matrix, known_at)
    return [
        _did(part, found, part.work.id in mentors, known, matrix) for part, found in zip(parts, standing, strict=True)
    ], matrix


def standings(
    session: Session, parts: Sequence[Participant], matrix: Matrix, known_at: datetime | None
) -> list[Standing]:
    """How each person stood when they began; a participant answers for the process, not for the post."""
    asked = [
        Asked(part.employee_id, part.work.process_id, None if part.role else part.work.post_id, part.work.started_at)
        for part in parts
    ]
    return answered(session, asked, matrix, known_at)


def _mentors(session: Session, parts: Sequence[Participant], matrix: Matrix, known_at: datetime | None) -> set[int]:
    """The works that were done under somebody who was qualified then."""
    under = [part.work for part in parts if part.work.supervised_by_id is not None and not part.role]
    asked = [Asked(work.supervised_by_id, work.process_id, None, work.started_at) for work in under]
    found = answered(session, asked, matrix, known_at) if asked else []
    return {
        work.id for work, standing in zip(under, found, strict=True)
        if standing.outcome == "qualified" and work.supervised_by_id != work.employee_id
    }


def _did(part: Participant, standing: Standing, supervised: bool, known: Versions, matrix: Matrix) -> Did:
    work = part.work
    in_force = known.process_at(work.process_id, work.started_at)
    used = known.named(work.process_id, work.process_version) or in_force
    following = tuple(_following(used, known, work.started_at)) if used is not None else ()
    courses, untaught = _courses(work, {each.standard for each in following}, matrix)
    return Did(
        work=work.code, employee=part.employee, process=work.process, at=work.started_at, standing=standing,
        self_check="" if part.role else work.self_check, supervised=supervised, version_used=work.process_version,
        version_in_force=in_force.version if in_force is not None else None,
        version_record=f"process_versions/{used.code}" if used is not None else None,
        following=following, courses=courses, untaught=untaught,
    )


def _following(used: Row[Any], known: Versions, at: datetime) -> Iterable[Following]:
    """Each standard that a version of a process follows, beside the version in force."""
    for said in used.standards or ():
        standard, _, version = said.rpartition("@")
        now = known.standard_at(standard, at)
        if now is not None:
            older = [row.version for row in known.of_standard[standard] if row.effective_at <= now.effective_at]
            # a process that follows a version ahead of its time is not behind
            follows = version if version in older else now.version
            yield Following(
                standard, follows, now.version, now.effective_at,
                (f"process_versions/{used.code}", f"standard_versions/{now.code}"),
            )


def _courses(work: Row[Any], followed: set[str], matrix: Matrix) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines of the matrix that require a course teaching what the process follows, and what none teaches."""
    lines = [*matrix.by_process.get(work.process_id, ()), *matrix.by_post.get(work.post_id or 0, ())]
    required = [line for line in lines if line.kind in {"course", "assessment"} and line.courses]
    taught = {taken.standard for line in required for taken in line.taken}
    # a required course that names no standard is about the process itself
    general = any(not line.taken and line.kind == "course" for line in required)
    matching = tuple(
        f"requirements/{line.code}" for line in required
        if not followed or not line.taken or followed & {taken.standard for taken in line.taken}
    )
    # what the post requires is not known of work that names none, so what is taught besides cannot be said to lack
    unsaid = general or (work.post_id is None and bool(required))
    return matching, () if unsaid else tuple(sorted(followed - taught))


def inspections(
    session: Session, works_of: Collection[int], batches: Collection[int], known_at: datetime | None
) -> list[Row[Any]]:
    """Inspections of some pieces of work and batches, as known."""
    row = Inspection
    return list(session.execute(
        select(row.code, row.kind, row.result, row.due_at, row.performed_at, row.work_id, row.batch_id, row.known_at,
               row.recorded_at)
        .where(or_(row.work_id == any_(_ids(works_of)), row.batch_id == any_(_ids(batches))), as_known(row, known_at))
        .order_by(row.id).limit(1000)
    ))


def looked(rows: Iterable[Row[Any]]) -> tuple[Looked, ...]:
    """Inspections as the rules see them."""
    return tuple(Looked(row.code, row.result, row.due_at, row.performed_at) for row in rows)


def upstream(session: Session, genealogy: Genealogy, at: datetime, known_at: datetime | None) -> tuple[Upstream, ...]:
    """Inputs that failed an inspection, or of which an issue is recorded."""
    codes = {each.id: each.code for each in genealogy.batches}
    if not codes:
        return ()
    inspection, issue = Inspection, Issue
    bad = (inspection.result == "fail", as_known(inspection, known_at))
    # two questions that an index answers each; asked as one, the whole table would be read
    itself = select(inspection.batch_id, inspection.code).where(inspection.batch_id == any_(_ids(codes)), *bad)
    of_work = (
        select(WorkRecord.batch_id, inspection.code)
        .join(WorkRecord, WorkRecord.id == inspection.work_id)
        .where(WorkRecord.batch_id == any_(_ids(codes)), *bad)
    )
    failed = session.execute(union_all(itself.limit(200), of_work.limit(200)))
    raised = session.execute(
        select(issue.batch_id, issue.code)
        .where(issue.batch_id == any_(_ids(codes)), as_known(issue, known_at)).limit(200)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for batch, code in failed:
        found[codes[batch or 0]].append(f"inspections/{code}")
    for made, code in raised:
        if made is not None:
            found[codes[made]].append(f"issues/{code}")
    return tuple(Upstream(batch, tuple(dict.fromkeys(records))) for batch, records in sorted(found.items()))


def habit(
    session: Session, processes: Collection[int], batches: Collection[int], at: datetime, known_at: datetime | None
) -> tuple[int, int]:
    """Of the batches worked on in these processes in the months before: how many, and how many were inspected.

    At most 500 of the latest pieces of work are looked at.
    """
    recent = (
        select(WorkRecord.batch_id, WorkRecord.id)
        .where(
            WorkRecord.process_id == any_(_ids(processes)), WorkRecord.started_at.between(at - BEFORE, at),
            WorkRecord.batch_id.is_not(None), WorkRecord.batch_id != func.all(_ids(batches or [0])),
            true() if known_at is None else WorkRecord.known_at <= known_at,
        )
        .order_by(WorkRecord.started_at.desc()).limit(500).cte("recent")
    )
    done = select(Inspection.id).where(*has_result(known_at))
    of_work = done.where(Inspection.work_id == recent.c.id).exists()
    of_batch = done.where(Inspection.batch_id == recent.c.batch_id).exists()
    each = select(recent.c.batch_id, func.bool_or(or_(of_work, of_batch)).label("inspected")).group_by(
        recent.c.batch_id
    ).subquery()
    count = select(func.count(), func.count().filter(each.c.inspected)).select_from(each)
    total, inspected = session.execute(count).one()
    return int(total), int(inspected)


def has_result(known_at: datetime | None) -> tuple[ColumnElement[bool], ...]:
    """Whether an inspection had a result, as known; a result never becomes empty again, so any revision will do."""
    by_then = () if known_at is None else (Inspection.known_at <= known_at,)
    return Inspection.result.is_not(None), *by_then


class Result(NamedTuple):
    """What an inspection found."""

    code: str
    failed: bool


@dataclass(frozen=True)
class Results:
    """Inspections in the months before: of work by qualified people, by others, and of what names no work."""

    qualified: tuple[Result, ...]
    unqualified: tuple[Result, ...]
    loose: tuple[Result, ...]


def results(
    session: Session, processes: Collection[int], department: int | None, at: datetime, known_at: datetime | None
) -> Results:
    """The inspections of these processes in the months before, at most the latest 300 of each kind."""
    row = Inspection
    base = select(row.code, row.result, row.work_id).where(
        row.result.is_not(None), row.performed_at.between(at - BEFORE, at), as_known(row, known_at)
    )
    nameless = base.where(row.work_id.is_(None), row.batch_id.is_(None))
    places = [row.process_id == any_(_ids(processes))]
    places += [] if department is None else [row.process_id.is_(None) & (row.department_id == department)]
    loose = union_all(*(nameless.where(place).limit(CLOSELY) for place in places))
    of_work = base.join(WorkRecord, WorkRecord.id == row.work_id).where(
        WorkRecord.process_id == any_(_ids(processes)), WorkRecord.started_at.between(at - BEFORE, at)
    ).order_by(row.performed_at.desc()).limit(CLOSELY)
    inspected = session.execute(of_work).all()
    numbers = [each.work_id for each in inspected if each.work_id is not None]
    done = {each.id: each for each in works(session, known_at, named_by(session, numbers))} if numbers else {}
    parts = [Participant(work, work.employee_id, work.employee, "") for work in done.values()]
    matrix = matrices.load(session, processes, {part.work.post_id for part in parts if part.work.post_id}, known_at)
    found = standings(session, parts, matrix, known_at)
    qualified = {part.work.id for part, one in zip(parts, found, strict=True) if one.outcome == "qualified"}
    return Results(
        tuple(_result(each) for each in inspected if each.work_id in qualified),
        tuple(_result(each) for each in inspected if each.work_id in done and each.work_id not in qualified),
        tuple(_result(each) for each in session.execute(loose)),
    )


def _result(row: Any) -> Result:
    return Result(row.code, row.result == "fail")


def _ids(numbers: Collection[int]) -> Any:
    return type_coerce(list(numbers), ARRAY(BigInteger))

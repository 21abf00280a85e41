"""What belongs into a binder: the records asked for, and everything they name or are named by."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import BigInteger, Select, any_, func, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from service.courses.tables import Course, CourseCover, Requirement, TrainingRecord
from service.db.base import FolderRow
from service.errors import Invalid, NotFound, Violation
from service.exchange.layout import FOLDER
from service.exchange.schemas import BinderAsked
from service.inspections.tables import Finding, Inspection
from service.issues.tables import Issue
from service.people.tables import Assignment, Credential, Department, Employee, Post
from service.processes.tables import Process, ProcessVersion
from service.qualification.people import refuse_before_anything
from service.records import folder
from service.records.folder import is_evidence
from service.standards.tables import Standard, StandardVersion
from service.work import genealogy
from service.work.tables import Batch, BatchInput, WorkParticipant, WorkRecord

#: rows of one table in one binder; more are refused, not cut off
_MOST = 50_000

#: of each table the rows that others point at
Ids = dict[type[FolderRow], set[int]]


def belonging(session: Session, asked: BinderAsked) -> Ids:
    """Everything a binder holds, in the order of the folder.

    Raises `NotFound`, `Invalid` where not exactly one subject is named or it would hold too much.
    """
    return _closed(session, _start(session, asked))


def _start(session: Session, asked: BinderAsked) -> Ids:
    """The records that are asked for themselves, by the ids that others point at."""
    _refuse_unclear(asked)
    refuse_before_anything(session, asked.until, "binder", "until")
    if asked.employee_code is not None:
        return _of_employee(session, asked.employee_code)
    if asked.batch_code is not None:
        return _of_batch(session, asked.batch_code)
    if asked.course_code is not None:
        return _of_course(session, asked.course_code)
    return _of_time(session, asked.since, asked.until)


def _refuse_unclear(asked: BinderAsked) -> None:
    named = [asked.employee_code, asked.batch_code, asked.course_code, asked.since or asked.until]
    if sum(each is not None for each in named) != 1 or (asked.since is None) != (asked.until is None):
        problem = "name exactly one employee, batch or course, or a time by since and until"
        raise Invalid([Violation("binder", None, None, None, problem)])
    if asked.since is not None and asked.until is not None and asked.until <= asked.since:
        raise Invalid([Violation("binder", None, "until", asked.until.isoformat(), "must lie after since")])


def _of_employee(session: Session, code: str) -> Ids:
    number = _one(session, Employee, code)
    took_part = select(WorkParticipant.work_id).where(WorkParticipant.employee_id == number)
    return {
        Employee: {number},
        WorkRecord: _ids(session, WorkRecord, (WorkRecord.employee_id == number) | WorkRecord.id.in_(took_part)),
        Inspection: _ids(session, Inspection, Inspection.employee_id == number),
    }


def _of_batch(session: Session, code: str) -> Ids:
    number = genealogy.id_of(session, code)
    around = (genealogy.where_from(session, [number]), genealogy.where_used(session, [number]))
    batches = {number, *(each.id for found in around for each in found.batches)}
    return {Batch: batches, WorkRecord: _ids(session, WorkRecord, WorkRecord.batch_id == number)}


def _of_course(session: Session, code: str) -> Ids:
    number = _one(session, Course, code)
    return {Course: {number}, TrainingRecord: _ids(session, TrainingRecord, TrainingRecord.course_id == number)}


def _of_time(session: Session, since: Any, until: Any) -> Ids:
    times: tuple[tuple[Any, Any], ...] = (
        (TrainingRecord, TrainingRecord.completed_at), (WorkRecord, WorkRecord.started_at),
        (Batch, Batch.started_at), (Inspection, func.coalesce(Inspection.performed_at, Inspection.due_at)),
        (Issue, Issue.occurred_at),
    )
    return {row: _ids(session, row, (at >= since) & (at < until)) for row, at in times}


def _closed(session: Session, ids: Ids) -> Ids:
    """With everything they name or are named by, in the order of the folder."""
    found: Ids = {row.row: set(ids.get(row.row, ())) for row in FOLDER.values()}
    works, batches = found[WorkRecord], found[Batch]
    if batches and len(batches) > 1 and WorkRecord not in ids:
        works |= _ids(session, WorkRecord, among(WorkRecord.batch_id, batches))
    _follow(session, found, WorkRecord, {Employee: WorkRecord.employee_id, Process: WorkRecord.process_id,
                                         Post: WorkRecord.post_id, Batch: WorkRecord.batch_id})
    own_batches = set(batches)
    found[Inspection] |= _ids(
        session, Inspection, among(Inspection.work_id, works) | among(Inspection.batch_id, own_batches)
    )
    found[Issue] |= _ids(session, Issue, among(Issue.work_id, works) | among(Issue.batch_id, own_batches))
    found[WorkParticipant] |= _ids(session, WorkParticipant, among(WorkParticipant.work_id, works))
    found[BatchInput] |= _ids(
        session, BatchInput, among(BatchInput.batch_id, own_batches) & among(BatchInput.input_id, own_batches)
    )
    _follow(session, found, WorkParticipant, {Employee: WorkParticipant.employee_id})
    _follow(session, found, Inspection, {Employee: Inspection.employee_id, Process: Inspection.process_id})
    _follow(session, found, Batch, {Process: Batch.process_id})
    found[Finding] |= _ids(session, Finding, among(Finding.inspection_id, found[Inspection]))
    _training(session, found)
    _people(session, found)
    return {row: each for row, each in found.items() if each}


def _training(session: Session, found: Ids) -> None:
    """What the processes demand, what teaches it, and what the people were taught of it."""
    processes = found[Process]
    found[ProcessVersion] |= _ids(session, ProcessVersion, among(ProcessVersion.process_id, processes))
    found[Requirement] |= _ids(
        session, Requirement,
        among(Requirement.process_id, processes) | among(Requirement.post_id, found[Post])
        | among(Requirement.course_id, found[Course]),
    )
    _follow(session, found, Requirement, {Course: Requirement.course_id, Standard: Requirement.standard_id,
                                          Process: Requirement.process_id, Post: Requirement.post_id})
    found[CourseCover] |= _ids(session, CourseCover, among(CourseCover.course_id, found[Course]))
    _follow(session, found, CourseCover, {Standard: CourseCover.standard_id, Process: CourseCover.process_id})
    found[StandardVersion] |= _ids(session, StandardVersion, among(StandardVersion.standard_id, found[Standard]))
    if not found[TrainingRecord]:
        found[TrainingRecord] |= _ids(
            session, TrainingRecord,
            among(TrainingRecord.employee_id, found[Employee]) & among(TrainingRecord.course_id, found[Course]),
        )
    _follow(session, found, TrainingRecord, {Employee: TrainingRecord.employee_id, Course: TrainingRecord.course_id})


def _people(session: Session, found: Ids) -> None:
    people = found[Employee]
    found[Credential] |= _ids(session, Credential, among(Credential.employee_id, people))
    found[Assignment] |= _ids(session, Assignment, among(Assignment.employee_id, people))
    _follow(session, found, Assignment, {Department: Assignment.department_id, Post: Assignment.post_id})
    _follow(session, found, Process, {Department: Process.department_id})


def _follow(session: Session, found: Ids, row: Any, references: Mapping[type[FolderRow], Any]) -> None:
    """Add what some rows point at."""
    for target, column in references.items():
        found[target] |= set(session.scalars(
            select(column).where(same_record(row, found[row]), column.is_not(None)).distinct()
        ))


def same_record(row: Any, ids: Collection[int]) -> Any:
    """All revisions of some records."""
    if not is_evidence(folder.of(row)):
        return among(row.id, ids)
    return row.code.in_(select(row.code).where(among(row.id, ids)))


def _ids(session: Session, row: Any, where: Any) -> set[int]:
    """Of the rows a condition holds for in any revision, the ids that others point at. Raises `Invalid`."""
    query: Select[Any] = select(row.id).where(where)
    if is_evidence(folder.of(row)):
        query = select(row.id).where(row.code.in_(select(row.code).where(where)), row.revision == 1)
    found = set(session.scalars(query.limit(_MOST + 1)))
    if len(found) > _MOST:
        problem = f"holds more than {_MOST:,} {row.__tablename__}; ask for a shorter time or less"
        raise Invalid([Violation("binder", None, None, None, problem)])
    return found


def among(column: Any, ids: Collection[int]) -> Any:
    """Whether a number is one of those: sent as one array, however many there are."""
    return column == any_(type_coerce(list(ids), ARRAY(BigInteger)))


def _one(session: Session, row: type[Employee] | type[Course], code: str) -> int:
    found = session.scalar(select(row.id).where(row.code == code))
    if found is None:
        raise NotFound(f"There is no {row.__name__.lower()} {code!r}.")
    return found

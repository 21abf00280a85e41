"""The inspection binder: everything about one person, batch, course or time, for an inspector from outside.

A self-contained folder: the records as CSV in the folder format (all revisions), everything once more as JSON with the
server's own times, a page that prints, and a list of checksums.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import BigInteger, Select, any_, func, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from service.audit.context import note
from service.clock import now
from service.courses.tables import Course, CourseCover, Requirement, TrainingRecord
from service.db.base import FolderRow, Part, Query
from service.db.context import because
from service.errors import Invalid, NotFound, RetraceError, Violation
from service.exchange.binder_page import page
from service.exchange.exporting import complete, write_rows
from service.exchange.layout import FOLDER
from service.exchange.schemas import BinderAsked
from service.exchange.wire import rows_of
from service.inspections.tables import Finding, Inspection
from service.issues.tables import Issue
from service.people.tables import Assignment, Credential, Department, Employee, Post
from service.processes.tables import Process, ProcessVersion
from service.qualification.tables import GateCheck, Suspension, WorkFlag
from service.records import folder, wire
from service.records.folder import is_evidence
from service.standards.tables import Standard, StandardVersion
from service.trace.actions import trace
from service.trace.schemas import Trace, TraceAsked
from service.work import genealogy
from service.work.tables import Batch, BatchInput, WorkParticipant, WorkRecord

#: rows of one table in one binder; more are refused, not cut off
_MOST = 50_000

Ids = dict[type[FolderRow], set[int]]


@dataclass
class Binder:
    """What a binder holds, before it is written."""

    asked: BinderAsked
    made_at: datetime
    by: str
    trace: Trace | None
    ids: Ids = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def bind(session: Session, asked: BinderAsked, by: str) -> Binder:
    """Gather a binder; that it was made, of what and why, is put on record.

    Raises `NotFound`, `Invalid` where not exactly one subject is named or it holds too much.
    """
    because(session, asked.reason)
    binder = Binder(asked, now(), by, _traced(session, asked))
    binder.ids = _closed(session, _start(session, asked))
    for row, ids in binder.ids.items():
        if ids:
            binder.tables[row.__tablename__] = _listed(session, row, ids)
    binder.tables |= {name: rows for name, rows in _own(session, binder.ids).items() if rows}
    told = {name: len(rows) for name, rows in binder.tables.items()}
    note(session, "export", "binder", _subject(asked), told)
    return binder


def _subject(asked: BinderAsked) -> str:
    return asked.employee_code or asked.batch_code or asked.course_code or f"{asked.since}/{asked.until}"


def _traced(session: Session, asked: BinderAsked) -> Trace | None:
    """The answer that goes in front, of a person or a batch."""
    if asked.employee_code is None and asked.batch_code is None:
        return None
    return trace(session, TraceAsked(
        employee_code=asked.employee_code, batch_code=asked.batch_code, names_reason=asked.reason
    ))


def _start(session: Session, asked: BinderAsked) -> Ids:
    """The records that are asked for themselves, by the ids that others point at."""
    _refuse_unclear(asked)
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
        works |= _ids(session, WorkRecord, _among(WorkRecord.batch_id, batches))
    _follow(session, found, WorkRecord, {Employee: WorkRecord.employee_id, Process: WorkRecord.process_id,
                                         Post: WorkRecord.post_id, Batch: WorkRecord.batch_id})
    own_batches = set(batches)
    found[Inspection] |= _ids(
        session, Inspection, _among(Inspection.work_id, works) | _among(Inspection.batch_id, own_batches)
    )
    found[Issue] |= _ids(session, Issue, _among(Issue.work_id, works) | _among(Issue.batch_id, own_batches))
    found[WorkParticipant] |= _ids(session, WorkParticipant, _among(WorkParticipant.work_id, works))
    found[BatchInput] |= _ids(
        session, BatchInput, _among(BatchInput.batch_id, own_batches) & _among(BatchInput.input_id, own_batches)
    )
    _follow(session, found, WorkParticipant, {Employee: WorkParticipant.employee_id})
    _follow(session, found, Inspection, {Employee: Inspection.employee_id, Process: Inspection.process_id})
    _follow(session, found, Batch, {Process: Batch.process_id})
    found[Finding] |= _ids(session, Finding, _among(Finding.inspection_id, found[Inspection]))
    _training(session, found)
    _people(session, found)
    return {row: each for row, each in found.items() if each}


def _training(session: Session, found: Ids) -> None:
    """What the processes demand, what teaches it, and what the people were taught of it."""
    processes = found[Process]
    found[ProcessVersion] |= _ids(session, ProcessVersion, _among(ProcessVersion.process_id, processes))
    found[Requirement] |= _ids(
        session, Requirement,
        _among(Requirement.process_id, processes) | _among(Requirement.post_id, found[Post])
        | _among(Requirement.course_id, found[Course]),
    )
    _follow(session, found, Requirement, {Course: Requirement.course_id, Standard: Requirement.standard_id,
                                          Process: Requirement.process_id, Post: Requirement.post_id})
    found[CourseCover] |= _ids(session, CourseCover, _among(CourseCover.course_id, found[Course]))
    _follow(session, found, CourseCover, {Standard: CourseCover.standard_id, Process: CourseCover.process_id})
    found[StandardVersion] |= _ids(session, StandardVersion, _among(StandardVersion.standard_id, found[Standard]))
    if not found[TrainingRecord]:
        found[TrainingRecord] |= _ids(
            session, TrainingRecord,
            _among(TrainingRecord.employee_id, found[Employee]) & _among(TrainingRecord.course_id, found[Course]),
        )
    _follow(session, found, TrainingRecord, {Employee: TrainingRecord.employee_id, Course: TrainingRecord.course_id})


def _people(session: Session, found: Ids) -> None:
    people = found[Employee]
    found[Credential] |= _ids(session, Credential, _among(Credential.employee_id, people))
    found[Assignment] |= _ids(session, Assignment, _among(Assignment.employee_id, people))
    _follow(session, found, Assignment, {Department: Assignment.department_id, Post: Assignment.post_id})
    _follow(session, found, Process, {Department: Process.department_id})


def _follow(session: Session, found: Ids, row: Any, references: Mapping[type[FolderRow], Any]) -> None:
    """Add what some rows point at."""
    for target, column in references.items():
        found[target] |= set(session.scalars(
            select(column).where(_same_record(row, found[row]), column.is_not(None)).distinct()
        ))


def _same_record(row: Any, ids: Collection[int]) -> Any:
    """All revisions of some records."""
    if not is_evidence(folder.of(row)):
        return _among(row.id, ids)
    return row.code.in_(select(row.code).where(_among(row.id, ids)))


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


def _among(column: Any, ids: Collection[int]) -> Any:
    """Whether a number is one of those: sent as one array, however many there are."""
    return column == any_(type_coerce(list(ids), ARRAY(BigInteger)))


def _one(session: Session, row: type[Employee] | type[Course], code: str) -> int:
    found = session.scalar(select(row.id).where(row.code == code))
    if found is None:
        raise NotFound(f"There is no {row.__name__.lower()} {code!r}.")
    return found


def _listed(session: Session, row: type[FolderRow], ids: Collection[int]) -> list[dict[str, Any]]:
    table = folder.of(row)
    return wire.listed(session, table, _same_record(row, ids) if not issubclass(row, Part) else _among(row.id, ids))


def _own(session: Session, ids: Ids) -> dict[str, list[dict[str, Any]]]:
    """What Retrace itself decided or saw: it has no place in the folder format."""
    people, works = ids.get(Employee, set()), ids.get(WorkRecord, set())
    queries: dict[str, Query] = {
        "gate_checks": select(
            GateCheck.code, Employee.code.label("employee_code"), Process.code.label("process_code"), GateCheck.mode,
            GateCheck.outcome, GateCheck.allowed, GateCheck.emergency, GateCheck.reason, GateCheck.checked_at,
            GateCheck.reviewed_at, GateCheck.review,
        ).join(Employee, Employee.id == GateCheck.employee_id).join(Process, Process.id == GateCheck.process_id)
        .where(_among(GateCheck.employee_id, people), _among(GateCheck.process_id, ids.get(Process, set())))
        .order_by(GateCheck.id),
        "work_flags": select(
            WorkRecord.code.label("work_code"), WorkFlag.why, WorkFlag.outcome, WorkFlag.flagged_at
        ).join(WorkRecord, WorkRecord.id == WorkFlag.work_id).where(_among(WorkFlag.work_id, works))
        .order_by(WorkFlag.id),
        "suspensions": select(
            Suspension.code, Employee.code.label("employee_code"), Suspension.since, Suspension.until,
            Suspension.reason, Suspension.lifted_at, Suspension.lifted_reason,
        ).join(Employee, Employee.id == Suspension.employee_id).where(_among(Suspension.employee_id, people))
        .order_by(Suspension.id),
    }
    return {name: [dict(row) for row in session.execute(query).mappings()] for name, query in queries.items()}


def write(session: Session, binder: Binder, put: Callable[[str, bytes], None]) -> None:
    """Write a binder, file by file; the last lists their checksums."""
    sums = []

    def keep(name: str, content: bytes) -> None:
        sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
        put(name, content)

    keep("index.html", page(binder.asked, binder.made_at, binder.by, binder.trace, binder.tables).encode())
    keep("binder.json", _json(binder))
    for row, ids in binder.ids.items():
        name = row.__tablename__
        with SpooledTemporaryFile(max_size=1 << 20) as file:
            rows = rows_of(session, FOLDER[name])
            where = _same_record(row, ids) if not issubclass(row, Part) else _among(row.id, ids)
            write_rows(session, rows.where(where), file)
            file.seek(0)
            keep(f"{name}.csv", file.read())
    put("SHA256SUMS", "".join(sums).encode())


def _json(binder: Binder) -> bytes:
    told = {
        "asked": binder.asked.model_dump(mode="json", exclude_none=True), "made_at": binder.made_at.isoformat(),
        "made_by": binder.by, "trace": binder.trace.model_dump(mode="json") if binder.trace else None,
        "tables": binder.tables,
    }
    return json.dumps(told, ensure_ascii=False, indent=1, default=_plain).encode()


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def zipped(session: Session, binder: Binder) -> IO[bytes]:
    """A binder as one ZIP file, read from its start."""
    file = SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115
    try:
        with ZipFile(file, "w", ZIP_DEFLATED) as archive:
            write(session, binder, archive.writestr)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def into_folder(session: Session, binder: Binder, target: Path) -> None:
    """Write a binder into a new folder, or an empty one; all of it, or nothing. Raises `Conflict`, `RetraceError`."""
    try:
        with complete(target) as draft:
            write(session, binder, lambda name, content: _keep(draft / name, content))
    except OSError as error:
        raise RetraceError(f"The folder {target} cannot be written ({error.strerror}); choose another") from error


def _keep(path: Path, content: bytes) -> None:
    path.write_bytes(content)

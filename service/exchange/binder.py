"""The inspection binder: everything about one person, batch, course or time, for an inspector from outside.

A self-contained folder: the records as CSV in the folder format (all revisions), everything once more as JSON with the
server's own times, a page that prints, and a list of checksums.
"""

import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.context import note
from service.clock import now
from service.db.base import FolderRow, Part, Query
from service.db.context import because
from service.errors import RetraceError
from service.exchange.belonging import Ids, among, belonging, same_record
from service.exchange.binder_page import page
from service.exchange.exporting import complete, write_rows
from service.exchange.layout import FOLDER
from service.exchange.schemas import BinderAsked
from service.exchange.wire import rows_of
from service.people.tables import Employee
from service.processes.tables import Process
from service.qualification.tables import GateCheck, Suspension, WorkFlag
from service.records import folder, wire
from service.trace.actions import trace
from service.trace.schemas import Trace, TraceAsked
from service.work.tables import WorkRecord


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
    binder.ids = belonging(session, asked)
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


def _listed(session: Session, row: type[FolderRow], ids: Collection[int]) -> list[dict[str, Any]]:
    table = folder.of(row)
    return wire.listed(session, table, same_record(row, ids) if not issubclass(row, Part) else among(row.id, ids))


def _own(session: Session, ids: Ids) -> dict[str, list[dict[str, Any]]]:
    """What Retrace itself decided or saw: it has no place in the folder format."""
    people, works = ids.get(Employee, set()), ids.get(WorkRecord, set())
    queries: dict[str, Query] = {
        "gate_checks": select(
            GateCheck.code, Employee.code.label("employee_code"), Process.code.label("process_code"), GateCheck.mode,
            GateCheck.outcome, GateCheck.allowed, GateCheck.emergency, GateCheck.reason, GateCheck.checked_at,
            GateCheck.reviewed_at, GateCheck.review,
        ).join(Employee, Employee.id == GateCheck.employee_id).join(Process, Process.id == GateCheck.process_id)
        .where(among(GateCheck.employee_id, people), among(GateCheck.process_id, ids.get(Process, set())))
        .order_by(GateCheck.id),
        "work_flags": select(
            WorkRecord.code.label("work_code"), WorkFlag.why, WorkFlag.outcome, WorkFlag.flagged_at
        ).join(WorkRecord, WorkRecord.id == WorkFlag.work_id).where(among(WorkFlag.work_id, works))
        .order_by(WorkFlag.id),
        "suspensions": select(
            Suspension.code, Employee.code.label("employee_code"), Suspension.since, Suspension.until,
            Suspension.reason, Suspension.lifted_at, Suspension.lifted_reason,
        ).join(Employee, Employee.id == Suspension.employee_id).where(among(Suspension.employee_id, people))
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
            where = same_record(row, ids) if not issubclass(row, Part) else among(row.id, ids)
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

"""Writing the version that was only proposed: from here on it counts."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import Conflict
from service.processes.tables import Change, Process, ProcessVersion
from service.records import folder
from service.records.actions import put
from service.standards.tables import Clause, Standard, StandardVersion


def put_in_force(session: Session, change: Change) -> None:
    """Write the version of a change, in force from now: work done before was done by the version before.

    Raises `Conflict` where somebody recorded this version by another door meanwhile.
    """
    at = now()
    change.in_force_at = at
    if change.standard_id is None:
        _refuse_written(session, select(ProcessVersion.id).where(
            ProcessVersion.process_id == change.process_id, ProcessVersion.version == change.version
        ), change)
        code = session.scalars(select(Process.code).where(Process.id == change.process_id)).one()
        row = {"process_code": code, "version": change.version, "effective_at": at, "known_at": at}
        put(session, folder.of(ProcessVersion), [row | ({"standards": change.standards} if change.standards else {})])
        return
    _refuse_written(session, select(StandardVersion.id).where(
        StandardVersion.standard_id == change.standard_id, StandardVersion.version == change.version
    ), change)
    code = session.scalars(select(Standard.code).where(Standard.id == change.standard_id)).one()
    named = {"standard_code": code, "version": change.version}
    put(session, folder.of(StandardVersion), [
        named | {"effective_at": at, "known_at": at, "change_summary": change.summary}
    ])
    if change.clauses:
        put(session, folder.of(Clause), [named | clause for clause in change.clauses])


def _refuse_written(session: Session, written: Select[int], change: Change) -> None:
    if session.scalar(written) is not None:
        raise Conflict(f"Version {change.version} was recorded by somebody else meanwhile: withdraw {change.code}.")

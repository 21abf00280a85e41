"""Starting work: through the gate, or not at all."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.access import Principal
from service.errors import Conflict
from service.qualification.checked import read
from service.qualification.checks import record, says
from service.qualification.rules import SUPERVISED
from service.qualification.schemas import CheckRead, StartGiven
from service.qualification.tables import GateCheck
from service.records import folder
from service.records.actions import put
from service.records.codes import new_code
from service.work.tables import WorkRecord


class GateClosed(Conflict):
    """The gate held somebody back; that it did stays on record."""

    kind = "gate-closed"
    lasting = True


def start(session: Session, actor: Principal, given: StartGiven) -> CheckRead:
    """Check, and record the work as begun now if the gate lets it.

    Raises `GateClosed` where it does not, and what a check raises.
    """
    made, decided = record(session, actor, given)
    named = decided.named
    if not decided.allowed:
        said = says(decided.outcome, named.employee, named.process, named.supervisor).en
        raise GateClosed(f"{said} Check {made.code} says why; in an emergency start with a reason.")
    code = given.code or new_code("W")
    row = {
        "code": code, "process_code": given.process_code, "employee_code": given.employee_code,
        "post_code": named.post_code, "batch_code": given.batch_code, "process_version": given.process_version,
        "started_at": decided.at + timedelta(microseconds=1), "self_check": "missing",
        "supervised_by": named.supervisor_code if decided.outcome == SUPERVISED else None,
    }
    if session.scalar(select(WorkRecord.id).where(WorkRecord.code == code).limit(1)) is not None:
        raise Conflict(f"Work record {code} exists already; leave the code out or choose another.")
    put(session, folder.of(WorkRecord), [{name: value for name, value in row.items() if value is not None}])
    work = select(WorkRecord.id).where(WorkRecord.code == code, WorkRecord.revision == 1).scalar_subquery()
    session.execute(update(GateCheck).where(GateCheck.id == made.id).values(work_id=work))
    return read(session, made.id)

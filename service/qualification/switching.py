"""Switching a process's gate."""

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service.access import Principal
from service.db.context import because
from service.errors import NotFound
from service.events.publishing import Event, publish
from service.people.tables import Account
from service.processes.tables import Process
from service.qualification.gate import FIRST_MODE
from service.qualification.schemas import GateRead, SwitchGiven, SwitchRead
from service.qualification.tables import GateSwitch


def gate(session: Session, code: str) -> GateRead:
    """How a process's gate stands, and its history. Raises `NotFound`."""
    found = session.execute(
        select(GateSwitch.mode, GateSwitch.reason, Account.name.label("by"), GateSwitch.at)
        .join(Account, Account.id == GateSwitch.account_id)
        .where(GateSwitch.process_id == _process(session, code))
        .order_by(GateSwitch.at.desc(), GateSwitch.id.desc())
        .limit(100)
    )
    switches = [SwitchRead(**row) for row in found.mappings()]
    return GateRead(process_code=code, mode=switches[0].mode if switches else FIRST_MODE, switches=switches)


def switch(session: Session, actor: Principal, code: str, given: SwitchGiven) -> GateRead:
    """Switch a gate, with the reason; the same mode again changes nothing. Raises `NotFound`."""
    process = _process(session, code)
    before = gate(session, code)
    if before.mode == given.mode:
        return before
    because(session, given.reason)
    row = {"process_id": process, "mode": given.mode, "reason": given.reason, "account_id": actor.account_id}
    session.execute(insert(GateSwitch).values(row))
    publish(session, Event("gate.switched", f"processes/{code}", {"mode": given.mode, "from": before.mode}))
    return gate(session, code)


def _process(session: Session, code: str) -> int:
    found = session.scalar(select(Process.id).where(Process.code == code))
    if found is None:
        raise NotFound(f"There is no process {code!r}.")
    return found

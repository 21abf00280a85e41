"""Work that came without a passed check of its gate: kept, flagged, and to be inspected."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.db.context import everywhere
from service.events.publishing import Event, publish
from service.qualification.evidence import Asked, standings
from service.qualification.gate import HOLDS, flag
from service.qualification.rules import SUPERVISED
from service.qualification.tables import GateCheck, GateSwitch, WorkFlag
from service.work.tables import WorkRecord

#: works named in one event
_AT_ONCE = 500


def flag_recorded(session: Session) -> None:
    """Flag the work this transaction recorded on processes whose gate was on when it began."""
    if session.scalar(select(GateSwitch.id).limit(1)) is None:
        return
    with everywhere(session):
        recorded = session.execute(_recorded()).all()
        asked = [Asked(row.employee_id, row.process_id, row.post_id, row.started_at) for row in recorded]
        outcomes = standings(session, asked) if asked else []
    flags = []
    for row, standing in zip(recorded, outcomes, strict=True):
        voided = standing.outcome == "suspended"
        why = flag(row.mode, None if voided else row.outcome, emergency=bool(row.emergency))
        if why is not None:
            outcome = SUPERVISED if why == SUPERVISED else standing.outcome
            flags.append((row, {
                "work_id": row.id, "why": why, "outcome": outcome, "evidence": list(standing.evidence),
                "check_id": row.check_id,
            }))
    _keep(session, flags)


def _recorded() -> Any:
    """New work on gated processes, how the gate stood when it began, and the check it began with."""
    switch = (
        select(GateSwitch.mode)
        .where(GateSwitch.process_id == WorkRecord.process_id, GateSwitch.at <= WorkRecord.started_at)
        .order_by(GateSwitch.at.desc(), GateSwitch.id.desc()).limit(1).lateral("switch")
    )
    passed = (
        select(GateCheck.id, GateCheck.outcome, GateCheck.emergency)
        .where(
            GateCheck.employee_id == WorkRecord.employee_id, GateCheck.process_id == WorkRecord.process_id,
            GateCheck.allowed, GateCheck.checked_at.between(WorkRecord.started_at - HOLDS, WorkRecord.started_at),
        )
        .order_by(GateCheck.checked_at.desc()).limit(1).lateral("passed")
    )
    return (
        select(
            WorkRecord.id, WorkRecord.code, WorkRecord.employee_id, WorkRecord.process_id, WorkRecord.post_id,
            WorkRecord.started_at, switch.c.mode, passed.c.id.label("check_id"), passed.c.outcome, passed.c.emergency,
        )
        .select_from(WorkRecord).join(switch, true()).outerjoin(passed, true())
        .where(WorkRecord.revision == 1, WorkRecord.recorded_at >= func.now(), switch.c.mode != "off")
    )


def _keep(session: Session, flags: Sequence[tuple[Row[Any], dict[str, Any]]]) -> None:
    for start in range(0, len(flags), _AT_ONCE):
        some = flags[start:start + _AT_ONCE]
        rows = insert(WorkFlag).values([values for _, values in some]).on_conflict_do_nothing()
        kept = set(session.scalars(rows.returning(WorkFlag.work_id)))
        works = [[row.code, values["why"]] for row, values in some if row.id in kept]
        if works:
            publish(session, Event("work.flagged", "work_records", {"works": works}))

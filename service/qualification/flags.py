"""Work that came without a passed check of its gate: kept, flagged, and to be inspected."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, exists, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from service.db.context import everywhere
from service.events.publishing import Event, publish
from service.qualification.evidence import Asked, standings
from service.qualification.gate import FIRST_MODE, HOLDS, flag
from service.qualification.rules import QUALIFIED, SUPERVISED
from service.qualification.tables import GateCheck, GateSwitch, Supervision, WorkFlag
from service.work.tables import WorkRecord

#: works named in one event
_AT_ONCE = 500


def flag_recorded(session: Session) -> None:
    """Flag the work this transaction recorded that was not simply let through when it began."""
    if not session.scalar(select(or_(*(exists(select(row.id)) for row in (GateSwitch, GateCheck, Supervision))))):
        return
    with everywhere(session):
        recorded = session.execute(_recorded()).all()
        asked = [Asked(row.employee_id, row.process_id, row.post_id, row.started_at) for row in recorded]
        outcomes = standings(session, asked) if asked else []
    flags = []
    for row, standing in zip(recorded, outcomes, strict=True):
        voided = standing.outcome == "suspended"
        learning = row.supervised and standing.outcome != QUALIFIED
        why = flag(
            row.mode or FIRST_MODE, None if voided else row.outcome, emergency=bool(row.emergency), supervised=learning
        )
        if why is not None:
            outcome = SUPERVISED if why == SUPERVISED else standing.outcome
            flags.append((row, {
                "work_id": row.id, "why": why, "outcome": outcome, "evidence": list(standing.evidence),
                "check_id": row.check_id,
            }))
    _keep(session, flags)


def _recorded() -> Any:
    """New or corrected work that may have to be flagged, how the gate stood, and the check it began with."""
    first = aliased(WorkRecord, name="first")
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
    supervised = exists(select(Supervision.id).where(
        Supervision.employee_id == WorkRecord.employee_id, Supervision.process_id == WorkRecord.process_id,
        Supervision.since <= WorkRecord.started_at, Supervision.until > WorkRecord.started_at,
    ))
    return (
        select(
            first.id, WorkRecord.code, WorkRecord.employee_id, WorkRecord.process_id, WorkRecord.post_id,
            WorkRecord.started_at, switch.c.mode, passed.c.id.label("check_id"), passed.c.outcome, passed.c.emergency,
            supervised.label("supervised"),
        )
        .select_from(WorkRecord)
        .join(first, (first.code == WorkRecord.code) & (first.revision == 1))
        .outerjoin(switch, true()).outerjoin(passed, true())
        .where(WorkRecord.recorded_at >= func.now(), (switch.c.mode != "off") | passed.c.emergency | supervised)
    )


def _keep(session: Session, flags: Sequence[tuple[Row[Any], dict[str, Any]]]) -> None:
    for start in range(0, len(flags), _AT_ONCE):
        some = flags[start:start + _AT_ONCE]
        rows = insert(WorkFlag).values([values for _, values in some]).on_conflict_do_nothing()
        kept = set(session.scalars(rows.returning(WorkFlag.work_id)))
        works = [[row.code, values["why"]] for row, values in some if row.id in kept]
        if works:
            publish(session, Event("work.flagged", "work_records", {"works": works}))

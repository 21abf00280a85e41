"""Setting a process's inspection floor, and what was inspected of a batch so far."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Text, any_, func, insert, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from service.access import Principal
from service.db.context import because
from service.errors import NotFound
from service.events.publishing import Event, publish
from service.inspections.schemas import FloorGiven, FloorRead, FloorSet, InspectedRead
from service.inspections.tables import Inspection, InspectionFloor, InspectionOrder, ReserveDraw
from service.people.tables import Account
from service.processes.tables import Process
from service.records import folder
from service.records.wire import latest
from service.work.tables import Batch, WorkRecord

_TERMS = ("after_change_days", "after_failure_pieces", "first_article", "share")


def floor(session: Session, code: str) -> FloorRead:
    """How a process's floor stands, and its history. Raises `NotFound`."""
    found = session.execute(
        select(*(getattr(InspectionFloor, term) for term in (*_TERMS, "reason", "at")), Account.name.label("by"))
        .join(Account, Account.id == InspectionFloor.account_id)
        .where(InspectionFloor.process_id == _process(session, code))
        .order_by(InspectionFloor.at.desc(), InspectionFloor.id.desc())
        .limit(100)
    )
    history = [FloorSet(**row) for row in found.mappings()]
    terms = {term: getattr(history[0], term) for term in _TERMS} if history else {}
    return FloorRead(process_code=code, **terms, history=history)


def set_floor(session: Session, actor: Principal, code: str, given: FloorGiven) -> FloorRead:
    """Set a floor, with the reason; the same again changes nothing. Raises `NotFound`."""
    process, before = _process(session, code), floor(session, code)
    terms = {term: getattr(given, term) for term in _TERMS}
    if terms == {term: getattr(before, term) for term in _TERMS}:
        return before
    because(session, given.reason)
    row = {"process_id": process, "reason": given.reason, "account_id": actor.account_id}
    session.execute(insert(InspectionFloor).values(row | terms))
    publish(session, Event("inspection_floor.set", f"processes/{code}", terms))
    return floor(session, code)


def propensities(session: Session, codes: Sequence[str]) -> dict[str, float]:
    """How likely chance was to choose each of these inspections: by the floor's lottery, else by the reserve's."""
    wanted = any_(type_coerce(list(codes), ARRAY(Text)))
    reserved = select(ReserveDraw.inspection_code, ReserveDraw.chance).where(ReserveDraw.inspection_code == wanted)
    ordered = select(InspectionOrder.inspection_code, InspectionOrder.propensity)
    of_floor = session.execute(ordered.where(InspectionOrder.inspection_code == wanted)).all()
    return dict(session.execute(reserved).all()) | dict(of_floor)


def inspected(session: Session, code: str) -> InspectedRead:
    """What was inspected of a batch so far, over all its partial inspections. Raises `NotFound`."""
    batch = session.execute(
        select(Batch.code, Batch.quantity).where(Batch.code == code, latest(folder.of(Batch)))
    ).one_or_none()
    if batch is None:
        raise NotFound(f"There is no batch {code!r}.")
    sums = _sums(session, code)
    sampled = float(sums.sampled or 0)
    left = None if batch.quantity is None else max(batch.quantity - sampled, 0.0)
    return InspectedRead(batch_code=code, quantity=batch.quantity, left=left, **sums._mapping)


def _sums(session: Session, code: str) -> Row[*tuple[Any, ...]]:
    performed, own = Inspection.result.is_not(None), Inspection.batch_id.is_not(None)
    numbers = select(Batch.id).where(Batch.code == code, Batch.revision == 1)
    works = select(WorkRecord.id).where(WorkRecord.batch_id.in_(numbers), WorkRecord.revision == 1)
    return session.execute(
        select(
            func.count().filter(performed).label("performed"), func.count().filter(~performed).label("due"),
            func.count(InspectionOrder.id).filter(~performed).label("must"),
            func.count().filter(Inspection.result == "fail").label("failed"),
            func.coalesce(func.sum(Inspection.sample_size).filter(performed, own), 0).label("sampled"),
            func.coalesce(func.sum(Inspection.nonconforming).filter(performed, own), 0).label("nonconforming"),
        )
        .select_from(Inspection)
        .outerjoin(InspectionOrder, InspectionOrder.inspection_code == Inspection.code)
        .where(
            Inspection.batch_id.in_(numbers) | Inspection.work_id.in_(works), latest(folder.of(Inspection)),
        )
    ).one()


def _process(session: Session, code: str) -> int:
    found = session.scalar(select(Process.id).where(Process.code == code))
    if found is None:
        raise NotFound(f"There is no process {code!r}.")
    return found

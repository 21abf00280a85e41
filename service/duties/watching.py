"""Looking at what is owed, every hour: what is overdue is missed, people are reminded, and told further up.

All of it is read off the database: a worker that was away catches up, and nobody is told the same twice.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from service.clock import now
from service.duties.creating import create_ahead
from service.duties.rules import follow
from service.duties.tables import Duty, Obligation
from service.events.publishing import Event, publish
from service.messages.sending import Notice, To, send
from service.people.reach import accounts_for
from service.people.tables import Department

#: of whom a function's duty is told when no department lies above
_HEADS = {"operations": "operations", "quality": "quality", "people": "people", "service_desk": "operations"}


def watch(session: Session) -> dict[str, int]:
    """Draw up what is owed, then note, remind and tell; how many of each."""
    at = now()
    return {
        "created": create_ahead(session), "missed": _lapse(session, at), "reminded": _remind(session, at),
        "escalated": _escalate(session, at),
    }


def _lapse(session: Session, at: datetime) -> int:
    found = _found(session, Obligation.state == "open", Obligation.due_at <= at)
    for row in found:
        row.Obligation.state, row.Obligation.updated_at = follow("open", "clock", row.Obligation.code).after, at
    session.flush()
    publish(session, *(Event("obligation.missed", f"obligations/{row.Obligation.code}") for row in found))
    return len(found)


def _remind(session: Session, at: datetime) -> int:
    waiting = (Obligation.state == "open", Obligation.remind_at <= at, Obligation.reminded_at.is_(None))
    found = _found(session, *waiting)
    send(session, *(
        _notice("obligation.due", row, To(role=row.role, department_id=row.department_id)) for row in found
    ))
    for row in found:
        row.Obligation.reminded_at = at
    session.flush()
    return len(found)


def _escalate(session: Session, at: datetime) -> int:
    waiting = (
        Obligation.state == "missed", Obligation.escalate_at <= at, Obligation.escalated_at.is_(None),
        Obligation.settled_at.is_(None),
    )
    found = _found(session, *waiting)
    owned = {each: bool(accounts_for(session, *each)) for each in {(row.role, row.department_id) for row in found}}
    for row in found:
        kind = "obligation.missed" if owned[row.role, row.department_id] else "obligation.nobodys"
        send(session, _notice(kind, row, *_further_up(row)))
        row.Obligation.escalated_at = at
    session.flush()
    return len(found)


def _found(session: Session, *where: ColumnElement[bool]) -> list[Row[Any]]:
    query = (
        select(
            Obligation, Duty.role, Duty.title, Obligation.department_id, Department.name.label("department"),
            Department.function, Department.parent_id,
        )
        .join(Duty, Duty.id == Obligation.duty_id)
        .join(Department, Department.id == Obligation.department_id)
        .where(Obligation.settled_at.is_(None), *where)
        .order_by(Obligation.id)
        .with_for_update(of=Obligation, skip_locked=True)
    )
    return list(session.execute(query))


def _further_up(row: Row[Any]) -> Iterator[To]:
    """The department above; without one, whoever heads the function for the whole site. Administrators always."""
    if row.parent_id is not None:
        yield To(role=row.role, department_id=row.parent_id)
    else:
        yield To(role=_HEADS[row.function])
    yield To(role="admin")


def _notice(kind: str, row: Row[Any], *to: To) -> Notice:
    owed: Obligation = row.Obligation
    told = {"title": row.title, "department": row.department, "due": owed.due_on.isoformat(), "code": owed.code}
    return Notice(kind, f"obligations/{owed.code}", to, told)

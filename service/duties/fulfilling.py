"""Fulfilling what is owed: by what happens in the records, or by somebody's word that there is nothing to report."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from service.access import Principal
from service.clock import now
from service.db.context import because, everywhere
from service.duties.deliverables import DELIVERED_BY, Actor, Delivered, actor, lines_up
from service.duties.rules import State, follow, standing
from service.duties.tables import Duty, Obligation
from service.errors import Conflict, Forbidden, NotFound
from service.events.publishing import Event, publish


def deliver(session: Session, event: Event) -> int:
    """Fulfil what an event delivers, of whoever owes it now; how many obligations that were.

    What says where it belongs fulfils the duties of that department and of those it lies within. And what somebody does
    fulfils the duties their role answers for, in their own departments. Outside everybody's scope: who owes something
    need not be seen by who delivers it.
    """
    at = now()
    with everywhere(session):
        owed = _owed(session, [kind for kind, events in DELIVERED_BY.items() if event.name in events], at)
        if not owed:
            return 0
        who, lines = actor(session), lines_up(session)
        found = {kind: DELIVERED_BY[kind][event.name](session, event) for kind in {row.deliverable for row in owed}}
        met = [
            (row, record) for row in owed
            if (record := _shown(row, found[row.deliverable], who, lines)) is not None
        ]
        _settle(session, met, at, who)
    return len(met)


def _owed(session: Session, kinds: Sequence[str], at: datetime) -> list[Row[Any]]:
    """What is owed in the periods running now, and not settled yet."""
    query = (
        select(Obligation, Duty.deliverable, Duty.role, Obligation.department_id)
        .join(Duty, Duty.id == Obligation.duty_id)
        .where(
            Duty.deliverable.in_(kinds), Obligation.settled_at.is_(None), Obligation.starts_at <= at,
            Obligation.ends_at > at,
        )
        .order_by(Obligation.id)
        .with_for_update(of=Obligation)
    )
    return list(session.execute(query)) if kinds else []


def _shown(
    owed: Row[Any], delivered: Iterable[Delivered], who: Actor | None, lines: Mapping[int, Sequence[int]]
) -> str | None:
    """The first record that fulfils what is owed."""
    own = who is not None and who.role in {owed.role, "admin"} and (
        who.departments is None or any(place in who.departments for place in lines[owed.department_id][:1])
    )
    for each in delivered:
        placed = each.department_id is not None and owed.department_id in lines[each.department_id]
        if placed or (own and owed.deliverable != "difficulty_list"):
            return each.record
    return None


def _settle(session: Session, met: Sequence[tuple[Row[Any], str]], at: datetime, who: Actor | None) -> None:
    for row, record in met:
        obligation: Obligation = row.Obligation
        step = follow(_standing(obligation, at), "event", obligation.code)
        obligation.state, obligation.evidence, obligation.settled_at = step.after, record, at
        obligation.account_id, obligation.updated_at = (who.account_id if who else None), at
    session.flush()
    publish(session, *(
        Event(f"obligation.{row.Obligation.state}", f"obligations/{row.Obligation.code}", {"evidence": record})
        for row, record in met
    ))


def _standing(owed: Obligation, at: datetime) -> State:
    return standing(owed.state, owed.due_at, at)  # type: ignore[arg-type]


def say_nothing(session: Session, code: str, reason: str, who: Principal) -> None:
    """Settle an obligation by saying that there is nothing to report, and why.

    Raises `NotFound`, `Forbidden` for who does not answer for it, `Conflict` before its period and for what is settled.
    """
    query = select(Obligation, Duty.role).join(Duty).where(Obligation.code == code).with_for_update(of=Obligation)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no obligation {code!r}.")
    obligation, role = found
    if not who.may(role):
        raise Forbidden(f"The role {who.role} does not answer for {code}; it takes {role}.")
    at = now()
    if at < obligation.starts_at:
        raise Conflict(f"{code} begins on {obligation.starts_on}: nobody can say yet that there is nothing to report.")
    made_up_for = obligation.state == "missed" and obligation.settled_at is not None
    step = follow(_standing(obligation, at), "person", code, made_up_for=made_up_for)
    because(session, reason)
    obligation.state, obligation.reason, obligation.settled_at = step.after, reason, at
    obligation.account_id, obligation.updated_at = who.account_id, at
    session.flush()
    publish(session, Event(f"obligation.{step.after}", f"obligations/{code}", {"nothing_to_report": True}))

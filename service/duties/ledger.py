"""Reading the responsibility map, and the ledger of what was and will be owed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime
from sqlalchemy import Row, Select, and_, or_, select, tuple_
from sqlalchemy.orm import Session

from service.clock import now
from service.db.base import Query
from service.db.context import everywhere
from service.duties.actions import owner, state_tag
from service.duties.rules import standing
from service.duties.schemas import DutiesAsked, DutyPage, DutyRead, Ledger, LedgerAsked, ObligationRead
from service.duties.tables import Duty, Obligation
from service.errors import NotFound
from service.people.reach import accounts_for
from service.people.tables import Account, Department
from service.records.paging import Cursors
from service.records.wiretypes import Id

_DUTIES = Cursors("duties", Id)
_OBLIGATIONS = Cursors("obligations", AwareDatetime, Id)


def duties(session: Session, asked: DutiesAsked) -> DutyPage:
    """Duties, newest first. Raises `BadCursor`."""
    query = _DUTIES.newest_first(_duties(), asked, Duty.id, Duty.updated_at)
    if asked.department_code is not None:
        query = query.where(Department.code == asked.department_code)
    rows = session.execute(query).all()
    following = _DUTIES.following(asked, [row.Duty.id for row in rows])
    return DutyPage(items=_read(session, rows), next=following)


def duty(session: Session, code: str) -> tuple[DutyRead, str]:
    """One duty and its ETag. Raises `NotFound`."""
    found = session.execute(_duties().where(Duty.code == code).execution_options(populate_existing=True)).all()
    if not found:
        raise NotFound(f"There is no duty {code!r}.")
    return _read(session, found)[0], state_tag(found[0].Duty)


def _duties() -> Query:
    return select(Duty, Department.code.label("department_code")).outerjoin(
        Department, Department.id == Duty.department_id
    )


def _read(session: Session, rows: Sequence[Row[Any]]) -> list[DutyRead]:
    own = [name for name in DutyRead.model_fields if name not in {"department_code", "owner_missing"}]
    with everywhere(session):
        places = {(row.Duty.department_id, row.Duty.function) for row in rows}
        owners = {place: owner(session, *place) for place in places}
        who = [(row.Duty.role, owners[row.Duty.department_id, row.Duty.function]) for row in rows]
        ownerless = _ownerless(session, who)
    return [
        DutyRead(
            **{name: getattr(row.Duty, name) for name in own}, department_code=row.department_code,
            owner_missing=each in ownerless,
        )
        for row, each in zip(rows, who, strict=True)
    ]


def _ownerless(session: Session, who: Iterable[tuple[str, int | None]]) -> set[tuple[str, int | None]]:
    """The roles and departments for which no account answers."""
    return {each for each in set(who) if each[1] is None or not accounts_for(session, *each)}


def ledger(session: Session, asked: LedgerAsked) -> Ledger:
    """What was and will be owed, the last due first. Raises `BadCursor`."""
    at = now()
    row = Obligation
    query = _obligations().order_by(row.due_at.desc(), row.id.desc()).limit(asked.limit)
    if asked.cursor is not None:
        query = query.where(tuple_(row.due_at, row.id) < tuple_(*_OBLIGATIONS.read(asked.cursor)))
    if asked.updated_since is not None:
        query = query.where(row.updated_at >= asked.updated_since)
    if asked.department_code is not None:
        query = query.where(row.department_id.in_(_below(asked.department_code)))
    if asked.duty_code is not None:
        query = query.where(Duty.code == asked.duty_code)
    if asked.due_from is not None:
        query = query.where(row.due_on >= asked.due_from)
    if asked.due_to is not None:
        query = query.where(row.due_on <= asked.due_to)
    if asked.state is not None:
        query = query.where(_stands(asked.state, at))
    rows = session.execute(query).all()
    last = rows[-1].Obligation if len(rows) == asked.limit else None
    following = _OBLIGATIONS.write(last.due_at, last.id) if last is not None else None
    return Ledger(items=_owed(session, rows, at), next=following)


def obligation(session: Session, code: str) -> ObligationRead:
    """One of what is owed. Raises `NotFound`."""
    found = session.execute(_obligations().where(Obligation.code == code)).all()
    if not found:
        raise NotFound(f"There is no obligation {code!r}.")
    return _owed(session, found, now())[0]


def _stands(state: str, at: datetime) -> Any:
    """`rules.standing` for the database: an open one whose time is over is missed."""
    row = Obligation
    if state == "missed":
        return or_(row.state == "missed", and_(row.state == "open", row.due_at <= at))
    return and_(row.state == state, row.due_at > at) if state == "open" else row.state == state


def _obligations() -> Query:
    return (
        select(
            Obligation, Duty.code.label("duty_code"), Duty.title, Duty.deliverable, Duty.role,
            Department.code.label("department_code"), Department.name.label("department"),
            Account.login.label("settled_by"),
        )
        .join(Duty, Duty.id == Obligation.duty_id)
        .join(Department, Department.id == Obligation.department_id)
        .outerjoin(Account, Account.id == Obligation.account_id)
        .execution_options(populate_existing=True)
    )


def _below(code: str) -> Select[int]:
    tree = select(Department.id).where(Department.code == code).cte("tree", recursive=True)
    tree = tree.union(select(Department.id).join(tree, Department.parent_id == tree.c.id))
    return select(tree.c.id)


_KEPT = (
    "code", "starts_on", "due_on", "due_at", "evidence", "reason", "settled_at", "reminded_at", "escalated_at",
)
_NAMED = ("duty_code", "title", "deliverable", "role", "department_code", "department", "settled_by")


def _owed(session: Session, rows: Sequence[Row[Any]], at: datetime) -> list[ObligationRead]:
    with everywhere(session):
        ownerless = _ownerless(session, [(row.role, row.Obligation.department_id) for row in rows])
    made = []
    for row in rows:
        owed: Obligation = row.Obligation
        state = standing(owed.state, owed.due_at, at)  # type: ignore[arg-type]
        made.append(ObligationRead(
            **{name: getattr(owed, name) for name in _KEPT}, **{name: getattr(row, name) for name in _NAMED},
            state=state, upcoming=owed.starts_at > at,
            made_up_for=state == "missed" and owed.settled_at is not None,
            owner_missing=(row.role, owed.department_id) in ownerless,
        ))
    return made

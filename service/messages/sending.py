"""Telling people something, in the transaction of what is told."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import column, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from service.db.context import everywhere
from service.events.publishing import Event, publish
from service.messages.recipients import Recipient, To, found
from service.messages.tables import Message
from service.messages.wording import blanks

__all__ = ["Notice", "To", "send"]

#: under this name a message's data holds its calendar file
CALENDAR = "calendar"

#: told once a batch of messages is written: the worker then sends them out
SENT = "messages.sent"


@dataclass(frozen=True)
class Notice:
    """Something to tell: `kind` names its text, `about` the record (the API's path), `data` fills the text's blanks.

    `data` holds codes, dates and titles, never persons' names. With `confirm`, the e-mail to an employee carries a
    link for this purpose that they may follow once.
    """

    kind: str
    about: str
    to: tuple[To, ...]
    data: Mapping[str, str]
    confirm: str | None = None
    #: a calendar file for the e-mail to carry
    calendar: str | None = None


def send(session: Session, *notices: Notice) -> int:
    """Tell each recipient each notice, once for the same kind, about and data; how many messages that made.

    Raises `ValueError` for a kind without a text, or data that leaves a blank of it empty.
    """
    for notice in notices:
        _refuse_unfilled(notice)
    batch = uuid4()
    with everywhere(session):
        known = found(session, {to for notice in notices for to in notice.to})
        rows = [row for notice in notices for row in _rows(notice, known, batch)]
        made = _written(session, rows) if rows else 0
    if made:
        publish(session, Event(SENT, f"message-batches/{batch}", {"messages": made}))
    return made


def _refuse_unfilled(notice: Notice) -> None:
    lacking = sorted(blanks(notice.kind) - notice.data.keys())
    if lacking:
        raise ValueError(f"{notice.kind}: the text says {', '.join(lacking)}, and the data does not")


def _rows(notice: Notice, known: Mapping[To, list[Recipient]], batch: UUID) -> Iterator[dict[str, Any]]:
    to_roles = _distinct(one for to in notice.to if to.role is not None for one in known[to])
    told = _distinct(one for to in notice.to for one in known[to])
    for one in told:
        yield {
            "batch": str(batch), "account_id": one.account_id, "employee_id": one.employee_id, "kind": notice.kind,
            "about": notice.about, "data": _data(notice), "confirm": notice.confirm,
            "announced": bool(to_roles) and one == to_roles[0], "digest": _digest(one, notice),
        }


def _data(notice: Notice) -> dict[str, str]:
    return dict(notice.data) | ({CALENDAR: notice.calendar} if notice.calendar else {})


def _distinct(recipients: Iterable[Recipient]) -> list[Recipient]:
    return list(dict.fromkeys(recipients))


def _digest(to: Recipient, notice: Notice) -> str:
    said = [to.account_id, to.employee_id, notice.kind, notice.about, sorted(notice.data.items())]
    return sha256(json.dumps(said).encode()).hexdigest()


def _written(session: Session, rows: list[dict[str, Any]]) -> int:
    """Write messages, those that are there left out; how many were written."""
    # as one parameter: with one for each value, the driver takes seconds to read what twenty thousand people are told
    columns = [column(name, Message.__table__.c[name].type) for name in rows[0]]
    told = func.jsonb_to_recordset(literal(rows, JSONB)).table_valued(*columns).render_derived(with_types=True)
    made = insert(Message).from_select([one.name for one in columns], select(*(told.c[one.name] for one in columns)))
    new = made.on_conflict_do_nothing(index_elements=["digest"]).returning(Message.id)
    return len(session.scalars(new).all())

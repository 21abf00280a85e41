"""One's own messages."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from service.access import Principal
from service.clock import now
from service.db.context import everywhere
from service.errors import NotFound
from service.messages.schemas import MessagePage, MessageRead, MessagesAsked
from service.messages.tables import Message
from service.messages.wording import Words, words
from service.people.reach import employee_of
from service.records.paging import Cursors
from service.records.wiretypes import Id
from service.settings import settings

_MESSAGES = Cursors("messages", Id)


def inbox(session: Session, actor: Principal, asked: MessagesAsked, language: str | None = None) -> MessagePage:
    """One's messages, newest first. Raises `BadCursor`."""
    changed = func.greatest(Message.created_at, Message.read_at)
    query = _MESSAGES.newest_first(select(Message).where(_own(actor)), asked, Message.id, changed)
    if asked.unread is not None:
        query = query.where(Message.read_at.is_(None) if asked.unread else Message.read_at.is_not(None))
    found = session.scalars(query).all()
    following = _MESSAGES.following(asked, [message.id for message in found])
    return MessagePage(items=_read(found, language or spoken(actor)), next=following)


def unread(session: Session, actor: Principal) -> int:
    """How many messages one has not read."""
    query = select(func.count()).select_from(Message).where(_own(actor), Message.read_at.is_(None))
    return session.scalars(query).one()


def mark_read(session: Session, actor: Principal, message_id: int) -> MessageRead:
    """Say that one has read a message; a second time changes nothing. Raises `NotFound`."""
    found = session.scalar(select(Message).where(Message.id == message_id, _own(actor)))
    if found is None:
        raise NotFound(f"You have no message {message_id}.")
    found.read_at = found.read_at or now()
    session.flush()
    return _read([found], spoken(actor))[0]


def mark_read_up_to(session: Session, actor: Principal, upto: int) -> None:
    """Say that one has read a message and all before it."""
    seen = (Message.id <= upto) & Message.read_at.is_(None)
    session.execute(update(Message).where(_own(actor), seen).values(read_at=now()))


def said_of(session: Session, message_id: int | None, language: str) -> Words | None:
    """What a message says, for who holds a link that it carried."""
    with everywhere(session):
        found = session.get(Message, message_id) if message_id is not None else None
    return words(found.kind, found.data, language) if found is not None else None


def spoken(actor: Principal) -> str:
    """The language somebody is told things in."""
    return actor.locale or settings().locale


def _own(actor: Principal) -> ColumnElement[bool]:
    return (Message.account_id == actor.account_id) | (Message.employee_id == employee_of(actor.account_id))


def _read(found: Sequence[Message], language: str) -> list[MessageRead]:
    told = []
    for one in found:
        said = words(one.kind, one.data, language)
        told.append(MessageRead(
            id=one.id, kind=one.kind, about=one.about, title=said.title, body=said.body, created_at=one.created_at,
            read_at=one.read_at,
        ))
    return told

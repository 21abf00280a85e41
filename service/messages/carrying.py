"""Carrying messages out, by the worker.

A delivery is taken (committed), sent, and marked as sent (committed). A worker that dies between sending and marking is
the one window in which something goes out twice: the delivery counts as abandoned after a while and is sent again,
under the same Message-ID.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.events.delivering import wait
from service.messages import chat, links, mail
from service.messages.chat import Refused, Undelivered
from service.messages.sending import CALENDAR
from service.messages.tables import Channel, Link, Message, MessageDelivery
from service.messages.wording import Words, words
from service.people.reach import reached_accounts, reached_employees
from service.settings import settings

log = structlog.get_logger(__name__)

#: deliveries one worker takes at a time, and for how long: longer than it can be busy with them
_AT_ONCE, _TAKEN_FOR = 20, timedelta(minutes=10)

#: attempts before a delivery counts as failed: two and a half days
ATTEMPTS = 72

#: what goes out by which connection
EMAIL, CHATS = ("email",), ("chat", "site_chat")


@dataclass(frozen=True)
class Taken:
    """A delivery in this worker's hands."""

    id: int
    message_id: int
    by: str
    channel: int
    attempts: int
    until: datetime


def carry_mail(engine: Engine) -> int:
    """Send the e-mails that are due; how many were tried."""
    taken = _take(engine, EMAIL)
    if not taken:
        return 0
    try:
        with mail.connected() as server:
            for one in taken:
                _attempt(engine, one, lambda one: server.send(_letter(engine, one)))
    except Undelivered as error:  # there was no connecting
        for one in taken:
            _settle(engine, one, error)
    return len(taken)


def carry_chats(engine: Engine) -> int:
    """Tell chats what is due; how many were tried."""
    taken = _take(engine, CHATS)
    for one in taken:
        _attempt(engine, one, lambda one: chat.tell(*_said(engine, one)))
    return len(taken)


def _take(engine: Engine, by: Sequence[str]) -> list[Taken]:
    """Take what is due, and what a worker took and died over."""
    at = now()
    until = at + _TAKEN_FOR
    due = (
        select(MessageDelivery.id)
        .where(
            MessageDelivery.state == "waiting", MessageDelivery.by.in_(by), MessageDelivery.due_at <= at,
            func.coalesce(MessageDelivery.taken_until, at) <= at,
        )
        .order_by(MessageDelivery.due_at, MessageDelivery.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    taking = (
        update(MessageDelivery)
        .where(MessageDelivery.id.in_(due.scalar_subquery()))
        .values(attempts=MessageDelivery.attempts + 1, taken_until=until)
        .returning(
            MessageDelivery.id, MessageDelivery.message_id, MessageDelivery.by, MessageDelivery.channel,
            MessageDelivery.attempts,
        )
    )
    with Session(engine) as session, session.begin():
        return sorted((Taken(*row, until) for row in session.execute(taking)), key=lambda one: one.id)


def _attempt(engine: Engine, one: Taken, sending: Callable[[Taken], None]) -> None:
    try:
        sending(one)
    except Exception as error:  # noqa: BLE001 - whatever went wrong is kept with the delivery, and the next one is tried
        _settle(engine, one, error)
    else:
        _settle(engine, one, None)


def _settle(engine: Engine, one: Taken, error: Exception | None) -> None:
    """Mark what became of a delivery; one that another worker has in hand by now is its to mark, unless it arrived."""
    mine = (MessageDelivery.id == one.id) & (MessageDelivery.state == "waiting")
    if error is None:
        told = {"state": "sent", "sent_at": now(), "problem": None}
    else:
        mine &= MessageDelivery.taken_until == one.until
        over = isinstance(error, Refused) or one.attempts >= ATTEMPTS
        told = {"state": "failed" if over else "waiting", "due_at": now() + wait(one.attempts), "problem": _why(error)}
        log.warning("message not delivered", delivery=one.id, by=one.by, attempts=one.attempts, given_up=over)
    with Session(engine) as session, session.begin():
        session.execute(update(MessageDelivery).where(mine).values(taken_until=None, **told))


def _why(error: Exception) -> str:
    known = isinstance(error, Refused | Undelivered)
    return (str(error) if known else f"{type(error).__name__}: {error}")[:500]


def _letter(engine: Engine, one: Taken) -> mail.Letter:
    """The e-mail of a delivery. Raises `Refused` where nobody can be reached any more."""
    with Session(engine) as session, session.begin():
        message = session.get_one(Message, one.message_id)
        employee, to, language = _reader(session, message)
        if not to:
            raise Refused("the person has no e-mail address any more, or no account")
        said = words(message.kind, message.data, language)
        if message.confirm and employee is not None:
            said = Words(said.title, said.body + _asking(session, message, message.confirm, employee, language))
        host = urlsplit(settings().base_url).hostname
        number = f"<message-{message.digest[:40]}@{host}>"
        return mail.Letter(to, said, number, message.created_at, message.data.get(CALENDAR))


def _asking(session: Session, message: Message, purpose: str, employee: int, language: str) -> str:
    """The lines with the link to confirm by; nothing once it was followed."""
    followed = select(Link.id).where(Link.message_id == message.id, Link.used_at.is_not(None))
    if session.scalar(select(followed.exists())):
        return ""
    token = links.issue(session, purpose, message.about, employee, message_id=message.id)
    return "\n\n" + words("link.to-confirm", {"address": links.address(purpose, token)}, language).body


def _reader(session: Session, message: Message) -> tuple[int | None, str | None, str]:
    """The employee a message is for, their address and language."""
    accounts, people = reached_accounts().subquery(), reached_employees().subquery()
    if message.account_id is not None:
        query = select(accounts.c.employee_id, accounts.c.email, accounts.c.locale)
        found = session.execute(query.where(accounts.c.id == message.account_id)).one_or_none()
    else:
        query = select(people.c.id, people.c.email, people.c.locale)
        found = session.execute(query.where(people.c.id == message.employee_id)).one_or_none()
    employee, to, language = found or (None, None, None)
    return employee, to, _known(language)


def _known(language: str | None) -> str:
    return (language or "")[:2].lower() if (language or "")[:2].lower() in {"en", "zh"} else settings().locale


def _said(engine: Engine, one: Taken) -> tuple[str, Words]:
    """A chat's address, and what it is told. Raises `Refused` where the chat is gone."""
    with Session(engine) as session, session.begin():
        message = session.get_one(Message, one.message_id)
        if one.by == "site_chat":
            url = dict(enumerate(settings().chats)).get(one.channel)
            language = settings().locale
        else:
            url = session.scalar(select(Channel.url).where(Channel.id == one.channel, Channel.removed_at.is_(None)))
            language = _reader(session, message)[2]
        if not url:
            raise Refused("the chat is gone")
        said = words(message.kind, message.data, language)
        # a chat knows no Message-ID: its readers can tell a repetition by the number
        return url, Words(said.title, f"{said.body}\n(#{message.id})")

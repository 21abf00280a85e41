"""Links that one person may follow once, within a time, for one purpose.

The token in a link is 256 random bits, and only its SHA-256 is kept: neither the database nor a backup tells a link
that works. Looking at a link uses nothing up, so a mail scanner that opens it does no harm; whoever acts on it calls
`use`, or leaves that to the page of the link and handles `link.followed`.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.db.context import everywhere
from service.errors import NotFound, RetraceError
from service.events.publishing import Event, publish
from service.messages.tables import Link
from service.people.rules import digest, new_secret
from service.settings import settings

#: told once somebody acted on a link: `data` holds its purpose and number (see `of`)
FOLLOWED = "link.followed"

#: how long a link may be followed, unless its maker says otherwise
LIFETIME = timedelta(days=14)


class LinkExpired(RetraceError):
    """The link's time is over, or a newer one has taken its place."""

    status = 410
    kind = "link-expired"


class LinkUsed(RetraceError):
    """The link was followed before."""

    status = 410
    kind = "link-used"


@dataclass(frozen=True)
class Followed:
    """What a link was for: the record (the API's path), and whose it is."""

    link_id: int
    purpose: str
    about: str
    employee_id: int
    message_id: int | None


def issue(
    session: Session, purpose: str, about: str, employee_id: int, lifetime: timedelta = LIFETIME,
    message_id: int | None = None,
) -> str:
    """A new link's token, told this once. Links of the same message that were not followed end."""
    secret, at = new_secret(), now()
    with everywhere(session):
        if message_id is not None:
            unused = (Link.message_id == message_id) & Link.used_at.is_(None) & (Link.expires_at > at)
            session.execute(update(Link).where(unused).values(expires_at=at))
        session.add(Link(
            digest=digest(secret), purpose=purpose, about=about, employee_id=employee_id, message_id=message_id,
            expires_at=at + lifetime,
        ))
        session.flush()
    return secret


def look(session: Session, token: str, purpose: str) -> Followed:
    """What a link is for, without using it up. Raises `NotFound`, `LinkExpired`, `LinkUsed`."""
    with everywhere(session):
        link = session.scalar(select(Link).where(Link.digest == digest(token), Link.purpose == purpose))
    if link is None:
        raise NotFound("This link is not one of ours, or not complete; copy it whole from the message.")
    if link.used_at is not None:
        raise LinkUsed("This link was used before, and what it asked for is recorded; there is nothing left to do.")
    if link.expires_at <= now():
        raise LinkExpired("This link has expired; use the one in your newest message, or sign in.")
    return Followed(link.id, link.purpose, link.about, link.employee_id, link.message_id)


def use(session: Session, token: str, purpose: str) -> Followed:
    """What a link is for, and use it up in the session's transaction: of two at once, one succeeds.

    Raises `NotFound`, `LinkExpired`, `LinkUsed`.
    """
    at = now()
    with everywhere(session):
        taken = session.execute(
            update(Link)
            .where(Link.digest == digest(token), Link.purpose == purpose, Link.used_at.is_(None), Link.expires_at > at)
            .values(used_at=at)
            .returning(Link.id, Link.purpose, Link.about, Link.employee_id, Link.message_id)
            .execution_options(synchronize_session="fetch")
        ).one_or_none()
    return look(session, token, purpose) if taken is None else Followed(*taken)


def follow(session: Session, token: str, purpose: str) -> Followed:
    """Use a link up and let whoever it was made by do what it is for; what they raise undoes it.

    Raises `NotFound`, `LinkExpired`, `LinkUsed`.
    """
    followed = use(session, token, purpose)
    with everywhere(session):
        publish(session, Event(FOLLOWED, followed.about, {"purpose": purpose, "link": followed.link_id}))
    return followed


def of(session: Session, link_id: int) -> Followed:
    """What the link was for that an event `link.followed` tells of."""
    with everywhere(session):
        link = session.get_one(Link, link_id)
    return Followed(link.id, link.purpose, link.about, link.employee_id, link.message_id)


def address(purpose: str, token: str) -> str:
    """Where a browser follows a link."""
    return f"{settings().base_url}/links/{purpose}/{token}"

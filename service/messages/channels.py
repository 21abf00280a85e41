"""The chats an account has its messages in."""

from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.access import Principal
from service.clock import now
from service.errors import Conflict, NotFound, RetraceError
from service.messages.chat import is_address
from service.messages.schemas import ChannelPage, ChannelRead
from service.messages.tables import Channel
from service.records.paging import Asked, Cursors
from service.records.wiretypes import Id

_CHANNELS = Cursors("message-channels", Id)

#: what an account may choose: their servers are fixed, so that no address leads into the site's own network
SERVICES = ("wecombot", "dingtalk", "feishu", "lark")

#: so many chats an account may have
_MOST = 10


class BadChannel(RetraceError):
    """An address that is no chat's."""

    status = 422
    kind = "bad-channel"


def channels(session: Session, actor: Principal, asked: Asked) -> ChannelPage:
    """One's own chats. Raises `BadCursor`."""
    query = select(Channel).where(Channel.account_id == actor.account_id, Channel.removed_at.is_(None))
    found = session.scalars(_CHANNELS.as_made(query, asked, Channel.id, Channel.created_at)).all()
    following = _CHANNELS.following(asked, [channel.id for channel in found])
    return ChannelPage(items=[_read(one) for one in found], next=following)


def add(session: Session, actor: Principal, url: str) -> ChannelRead:
    """Have one's messages in a chat. Raises `BadChannel`, and `Conflict` for one that is there or one too many."""
    service = url.partition("://")[0].lower()
    if service not in SERVICES or not _is_plain(url) or not is_address(url):
        named = ", ".join(f"{one}://" for one in SERVICES)
        raise BadChannel(f"This is no address of a chat; give one that begins with {named} and holds the robot's key.")
    held = session.scalars(
        select(Channel.url).where(Channel.account_id == actor.account_id, Channel.removed_at.is_(None))
    ).all()
    if url in held:
        raise Conflict("You have your messages in this chat already.")
    if len(held) >= _MOST:
        raise Conflict(f"You have {_MOST} chats, and more are not possible; remove one first.")
    made = Channel(account_id=actor.account_id, service=service, url=url)
    session.add(made)
    session.flush()
    session.refresh(made)
    return _read(made)


def _is_plain(url: str) -> bool:
    """Whether an address names a robot and nothing else: options could lead elsewhere."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not parts.query and not parts.fragment


def remove(session: Session, actor: Principal, channel_id: int) -> None:
    """Have no more messages in a chat. Raises `NotFound`."""
    mine = (Channel.account_id == actor.account_id) & Channel.removed_at.is_(None)
    found = session.scalar(select(Channel).where(Channel.id == channel_id, mine))
    if found is None:
        raise NotFound(f"You have no chat {channel_id}.")
    # its address is a secret that nothing needs any more
    found.removed_at, found.url = now(), ""
    session.flush()


def _read(one: Channel) -> ChannelRead:
    return ChannelRead(id=one.id, service=one.service, created_at=one.created_at)

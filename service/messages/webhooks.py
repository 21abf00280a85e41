"""Webhooks: who is told of events, from where on, and what became of it."""

from base64 import b64encode
from secrets import token_bytes

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import Conflict, NotFound, RetraceError
from service.events.tables import Outgoing
from service.messages.addresses import looked_up, target
from service.messages.schemas import WebhookGiven, WebhookMade, WebhookPage, WebhookRead
from service.messages.tables import Webhook, WebhookProgress
from service.records.paging import Asked, Cursors
from service.records.wiretypes import Id

_WEBHOOKS = Cursors("webhooks", Id)

#: how far it is counted what waits
_COUNTED = 10_000


class BeyondFeed(RetraceError):
    """A place the feed has not reached."""

    status = 422
    kind = "beyond-feed"


def webhooks(session: Session, asked: Asked) -> WebhookPage:
    """All webhooks, in the order they were made. Raises `BadCursor`."""
    changed = func.greatest(Webhook.created_at, Webhook.disabled_at, WebhookProgress.delivered_at)
    found = session.execute(_WEBHOOKS.as_made(_there(), asked, Webhook.id, changed)).all()
    following = _WEBHOOKS.following(asked, [row[0].id for row in found])
    return WebhookPage(items=[_read(session, *row) for row in found], next=following)


def webhook(session: Session, webhook_id: int) -> WebhookRead:
    """One webhook. Raises `NotFound`."""
    return _read(session, *_found(session, webhook_id))


def add(session: Session, given: WebhookGiven) -> WebhookMade:
    """Have an address told of events. Raises `BadAddress`, `PrivateAddress`, `BeyondFeed`."""
    looked_up(target(given.url))
    position = newest(session) if given.cursor is None else _within_feed(session, given.cursor)
    secret = "whsec_" + b64encode(token_bytes(32)).decode()
    made = Webhook(url=given.url, names=sorted(set(given.events)), secret=secret)
    session.add(made)
    session.flush()
    session.refresh(made)
    progress = WebhookProgress(webhook_id=made.id, position=position, attempts=0, due_at=now())
    session.add(progress)
    session.flush()
    return WebhookMade(**_read(session, made, progress).model_dump(), secret=secret)


def replay(session: Session, webhook_id: int, cursor: int) -> WebhookRead:
    """Tell everything behind a place again, under the same ids. Raises `NotFound`, `BeyondFeed`."""
    found, progress = _found(session, webhook_id, change=True)
    progress.position, progress.due_at, progress.attempts = _within_feed(session, cursor), now(), 0
    session.flush()
    return _read(session, found, progress)


def enable(session: Session, webhook_id: int) -> WebhookRead:
    """Go on where a disabled webhook stopped. Raises `NotFound`, `Conflict`, `BadAddress`, `PrivateAddress`."""
    found, progress = _found(session, webhook_id, change=True)
    if found.disabled_at is None:
        raise Conflict("This webhook is not disabled.")
    looked_up(target(found.url))
    found.disabled_at = found.disabled_because = None
    progress.attempts, progress.failing_since, progress.problem, progress.due_at = 0, None, None, now()
    session.flush()
    return _read(session, found, progress)


def remove(session: Session, webhook_id: int) -> None:
    """Tell an address nothing any more. Raises `NotFound`."""
    found, _ = _found(session, webhook_id, change=True)
    found.removed_at, found.secret = now(), ""
    session.flush()


def newest(session: Session) -> int:
    """The feed's last place."""
    return session.scalar(select(func.max(Outgoing.position))) or 0


def wanted(names: list[str]) -> ColumnElement[bool]:
    """Whether a webhook with these names is told of an event."""
    return Outgoing.name.in_(names) if names else true()


def _within_feed(session: Session, cursor: int) -> int:
    last = newest(session)
    if cursor > last:
        raise BeyondFeed(f"The feed has not got as far as {cursor}; its last place is {last}.")
    return cursor


def _there() -> Select[Webhook, WebhookProgress]:
    return (
        select(Webhook, WebhookProgress)
        .join(WebhookProgress, WebhookProgress.webhook_id == Webhook.id)
        .where(Webhook.removed_at.is_(None))
    )


def _found(session: Session, webhook_id: int, *, change: bool = False) -> tuple[Webhook, WebhookProgress]:
    query = _there().where(Webhook.id == webhook_id).execution_options(populate_existing=change)
    row = session.execute(query.with_for_update() if change else query).one_or_none()
    if row is None:
        raise NotFound(f"There is no webhook {webhook_id}.")
    return row[0], row[1]


def _read(session: Session, one: Webhook, progress: WebhookProgress) -> WebhookRead:
    behind = select(Outgoing.id).where(Outgoing.position > progress.position, wanted(one.names)).limit(_COUNTED)
    waiting = session.scalars(select(func.count()).select_from(behind.subquery())).one()
    failing = progress.failing_since is not None
    return WebhookRead(
        id=one.id, url=one.url, events=one.names, cursor=progress.position, waiting=waiting,
        state="disabled" if one.disabled_at else "failing" if failing else "delivering",
        attempts=progress.attempts, failing_since=progress.failing_since,
        due_at=progress.due_at if failing and one.disabled_at is None else None,
        problem=one.disabled_because or progress.problem,
        delivered_at=progress.delivered_at, created_at=one.created_at,
    )

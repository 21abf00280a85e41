"""Telling webhooks of events, by the worker: in the feed's order, each until it was taken.

A webhook is taken (committed), told an event, and its place moved behind that (committed). A worker that dies in
between has the event told again once the webhook counts as abandoned, under the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.events.delivering import wait
from service.events.feed import FeedRow, after
from service.messages.addresses import target
from service.messages.chat import Refused, Undelivered
from service.messages.posting import body, headers, post
from service.messages.sending import Notice, To, send
from service.messages.tables import Webhook, WebhookProgress
from service.messages.webhooks import newest
from service.settings import settings

log = structlog.get_logger(__name__)

#: a webhook that fails for so long is disabled
GIVE_UP_AFTER = timedelta(days=3)

#: for how long a worker has a webhook to itself after each event: longer than one can take
_TAKEN_FOR = timedelta(minutes=2)

#: events of one turn, and how long a webhook without any is left alone
_AT_ONCE, _IDLE = 50, timedelta(seconds=1)


@dataclass(frozen=True)
class Taken:
    """A webhook in this worker's hands, and what it is to be told."""

    id: int
    url: str
    secret: str
    position: int
    events: Sequence[FeedRow]


def push(engine: Engine) -> bool:
    """Tell one webhook what it waits for; whether any was looked at."""
    taken = _take(engine)
    if taken is None:
        return False
    position = taken.position
    for event in taken.events:
        problem = _told(taken, event)
        if problem is not None:
            _failed(engine, taken, position, problem)
            return True
        if not _moved(engine, taken.id, position, event.position, last=event is taken.events[-1]):
            return True  # somebody has it replay, or disabled it
        position = event.position
    return True


def _take(engine: Engine) -> Taken | None:
    at = now()
    due = (
        select(Webhook, WebhookProgress)
        .join(WebhookProgress, WebhookProgress.webhook_id == Webhook.id)
        .where(Webhook.removed_at.is_(None), Webhook.disabled_at.is_(None), WebhookProgress.due_at <= at)
        .order_by(WebhookProgress.due_at)
        .limit(1)
        .with_for_update(of=WebhookProgress, skip_locked=True)
    )
    with Session(engine, expire_on_commit=False) as session, session.begin():
        found = session.execute(due).one_or_none()
        if found is None:
            return None
        webhook, progress = found
        # asked before the events: what gets a place in between is behind it
        last = newest(session)
        events = after(session, progress.position, _AT_ONCE, webhook.names or None)
        if not events:
            progress.position = max(progress.position, last)
        progress.due_at = at + (_TAKEN_FOR if events else _IDLE)
        return Taken(webhook.id, webhook.url, webhook.secret, progress.position, events)


def _told(taken: Taken, event: FeedRow) -> Exception | None:
    """Tell one event; what went wrong."""
    try:
        said = body(event)
        post(target(taken.url), headers(event.id, taken.secret, said), said)
    except Exception as error:  # noqa: BLE001 - whatever went wrong is kept with the webhook, and tried again
        return error
    return None


def _moved(engine: Engine, webhook_id: int, before: int, position: int, *, last: bool) -> bool:
    """Move a webhook behind an event, unless its place was changed meanwhile."""
    moving = (
        update(WebhookProgress)
        .where(WebhookProgress.webhook_id == webhook_id, WebhookProgress.position == before)
        .values(
            position=position, delivered_at=now(), attempts=0, failing_since=None, problem=None,
            due_at=now() if last else now() + _TAKEN_FOR,
        )
        .returning(WebhookProgress.webhook_id)
    )
    serving = select(Webhook.id).where(
        Webhook.id == webhook_id, Webhook.disabled_at.is_(None), Webhook.removed_at.is_(None)
    )
    with Session(engine) as session, session.begin():
        return session.scalar(moving) is not None and session.scalar(serving) is not None


def _failed(engine: Engine, taken: Taken, position: int, error: Exception) -> None:
    """Keep what went wrong and try again later, longer each time; disable what has failed for too long."""
    known = isinstance(error, Refused | Undelivered)
    problem = (str(error) if known else f"{type(error).__name__}: {error}")[:500]
    with Session(engine) as session, session.begin():
        query = select(WebhookProgress).where(WebhookProgress.webhook_id == taken.id)
        progress = session.scalars(query.with_for_update()).one()
        if progress.position != position:
            return
        progress.attempts += 1
        progress.failing_since, progress.problem = progress.failing_since or now(), problem
        progress.due_at = now() + wait(progress.attempts)
        log.warning("webhook failed", webhook=taken.id, attempts=progress.attempts)
        if isinstance(error, Refused) or now() - progress.failing_since >= GIVE_UP_AFTER:
            _disable(session, session.get_one(Webhook, taken.id), progress, problem)


def _disable(session: Session, webhook: Webhook, progress: WebhookProgress, problem: str) -> None:
    webhook.disabled_at, webhook.disabled_because = now(), problem
    since = (progress.failing_since or now()).astimezone(settings().zone)
    data = {"host": target(webhook.url).host, "since": f"{since:%Y-%m-%d %H:%M}", "problem": problem}
    send(session, Notice("webhook.disabled", f"webhooks/{webhook.id}", (To("admin"),), data))

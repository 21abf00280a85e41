"""Webhooks get every event in order, signed, until they took it; they lead nowhere inside."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook as Verifier

from service.clock import now
from service.events.delivering import relay
from service.events.publishing import Event, publish
from service.messages import posting, pushing, webhooks
from service.messages.pushing import push
from service.messages.schemas import WebhookGiven, WebhookMade, WebhookRead
from service.messages.tables import Message, WebhookProgress
from service.people.actions import add_account
from service.people.tables import Account
from tests.service.messages.receivers import Receiver, receiver


@pytest.fixture
def hook(outward: Engine, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver that webhooks may reach; nobody waits long for it."""
    configured(webhook_private="1")
    monkeypatch.setattr(posting, "SILENCE", 0.5)
    monkeypatch.setattr(posting, "IN_ALL", 1.0)
    with receiver() as found:
        yield found


def _added(engine: Engine, hook: Receiver, *events: str, cursor: int | None = None) -> WebhookMade:
    with Session(engine) as session, session.begin():
        return webhooks.add(session, WebhookGiven(url=f"{hook.address}/in?a=1", events=list(events), cursor=cursor))


def _publish(engine: Engine, *numbers: int, name: str = "plan.accepted") -> None:
    with Session(engine) as session, session.begin():
        publish(session, *(Event(name, f"plans/P{number}", {"n": number}) for number in numbers))
    with Session(engine) as session, session.begin():
        relay(session, {})


def _push(engine: Engine) -> None:
    """Whatever is due, and whatever would be due later as well."""
    with Session(engine) as session, session.begin():
        session.execute(update(WebhookProgress).values(due_at=now() - timedelta(seconds=1)))
    push(engine)


def _now(engine: Engine, made: WebhookMade) -> WebhookRead:
    with Session(engine) as session:
        return webhooks.webhook(session, made.id)


def _numbers(hook: Receiver) -> list[int]:
    return [json.loads(said)["data"]["n"] for _, _, said in hook.taken]


def test_events_arrive_in_order_as_signed_cloud_events(outward: Engine, hook: Receiver) -> None:
    made = _added(outward, hook, "plan.accepted")
    _publish(outward, 1, 2)
    _publish(outward, 9, name="other.thing")
    _push(outward)
    assert _numbers(hook) == [1, 2]
    path, headers, said = hook.taken[0]
    assert path == "/in?a=1"
    told = Verifier(made.secret).verify(said, headers)
    assert headers["content-type"] == "application/cloudevents+json"
    assert (told["specversion"], told["type"], told["subject"]) == ("1.0", "plan.accepted", "plans/P1")
    assert told["id"] == headers["webhook-id"]
    assert told["source"] == "http://127.0.0.1:8000/api/v1"
    _push(outward)
    state = _now(outward, made)
    assert (state.state, state.waiting, len(hook.taken)) == ("delivering", 0, 2)


@pytest.mark.parametrize("mood", [500, 404, 301, "hang", "drip", "reset"])
def test_what_fails_is_told_again_under_its_id_and_nothing_overtakes_it(
    outward: Engine, hook: Receiver, mood: int | str
) -> None:
    made = _added(outward, hook)
    _publish(outward, 1, 2)
    hook.moods = [200, mood, mood]
    for _ in range(2):
        _push(outward)
        failing = _now(outward, made)
        assert (failing.state, failing.waiting) == ("failing", 1)
        assert failing.problem
        assert failing.due_at
    assert failing.attempts == 2
    _push(outward)
    assert _numbers(hook) == [1, 2]
    assert (_now(outward, made).state, hook.asked) == ("delivering", 4)
    assert "/elsewhere" not in {path for path, *_ in hook.taken}


def test_a_failing_webhook_waits_and_does_not_hold_up_others(outward: Engine, hook: Receiver) -> None:
    with receiver() as other:
        _added(outward, hook), _added(outward, other)
        _publish(outward, 1)
        hook.moods = [500] * 9
        while push(outward):
            pass
        assert _numbers(other) == [1]
        assert hook.asked == 1


def test_a_worker_that_died_after_telling_has_it_told_again_under_the_same_id(
    outward: Engine, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    _added(outward, hook)
    _publish(outward, 1)
    with monkeypatch.context() as dying:
        dying.setattr(pushing, "_moved", _killed)
        with pytest.raises(KeyboardInterrupt):
            push(outward)
    assert not push(outward)  # as far as anybody knows, somebody is at it
    _push(outward)
    _push(outward)
    assert _numbers(hook) == [1, 1]
    assert len({headers["webhook-id"] for _, headers, _ in hook.taken}) == 1


def _killed(*said: object, **named: object) -> bool:
    raise KeyboardInterrupt


def test_it_is_disabled_after_failing_for_long_and_administrators_are_told(outward: Engine, hook: Receiver) -> None:
    with Session(outward) as session, session.begin():
        if session.scalar(select(Account.id).where(Account.login == "root")) is None:
            add_account(session, "root", "Root", "admin", None)
    made = _added(outward, hook, "plan.accepted")
    _publish(outward, 1)
    hook.moods = [500, 500]
    _push(outward)
    long_ago = now() - pushing.GIVE_UP_AFTER
    with Session(outward) as session, session.begin():
        session.execute(update(WebhookProgress).values(failing_since=long_ago))
    _push(outward)
    assert _now(outward, made).state == "disabled"
    with Session(outward) as session:
        told = session.scalars(select(Message)).one()
        assert (told.kind, told.about) == ("webhook.disabled", f"webhooks/{made.id}")
        assert told.data["problem"] == "the receiver answered 500"
    _push(outward)
    assert hook.asked == 2
    with Session(outward) as session, session.begin():
        webhooks.enable(session, made.id)
    _push(outward)
    assert _numbers(hook) == [1]


def test_a_receiver_that_is_gone_is_told_nothing_more(outward: Engine, hook: Receiver) -> None:
    made = _added(outward, hook)
    _publish(outward, 1)
    hook.moods = [410]
    _push(outward)
    assert _now(outward, made).state == "disabled"


def test_what_was_told_is_told_again_from_a_place(outward: Engine, hook: Receiver) -> None:
    made = _added(outward, hook)
    _publish(outward, 1, 2, 3)
    _push(outward)
    second = int(json.loads(hook.taken[1][2])["sequence"])
    with Session(outward) as session, session.begin():
        webhooks.replay(session, made.id, second - 1)
    _push(outward)
    assert _numbers(hook) == [1, 2, 3, 2, 3]
    again, before = hook.taken[3][1], hook.taken[1][1]
    assert again["webhook-id"] == before["webhook-id"]
    with Session(outward) as session, pytest.raises(webhooks.BeyondFeed):
        webhooks.replay(session, made.id, second + 100)


def test_it_is_checked_again_before_each_delivery(
    outward: Engine, hook: Receiver, configured: Callable[..., None]
) -> None:
    made = _added(outward, hook)
    _publish(outward, 1)
    configured(webhook_private="0")
    _push(outward)
    assert hook.asked == 0
    assert "lies in a private network" in (_now(outward, made).problem or "")


def test_a_removed_webhook_is_told_nothing(outward: Engine, hook: Receiver) -> None:
    made = _added(outward, hook)
    with Session(outward) as session, session.begin():
        webhooks.remove(session, made.id)
    _publish(outward, 1)
    _push(outward)
    assert hook.asked == 0

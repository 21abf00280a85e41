"""The inbox, one's chats, deliveries and webhooks by API and on the page."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.access import COOKIE
from service.clock import now
from service.messages.sending import Notice, To, send
from service.messages.tables import Channel, Message, MessageDelivery, Webhook
from service.people.actions import issue_token
from service.people.tables import Account
from tests.service.messages.conftest import DATA, KIND

Asks = Callable[..., Any]
Makes = Callable[..., Account]


@pytest.fixture
def told(session: Session, account: Makes) -> Callable[..., dict[str, str]]:
    """Tells somebody so many things; their headers."""

    def tells(login: str, many: int = 3, **said: Any) -> dict[str, str]:
        theirs = account(login, **said)
        for number in range(many):
            send(session, Notice(KIND, f"webhooks/{number}", (To("quality"),), DATA | {"n": str(number)}))
        return {"Authorization": f"Bearer {issue_token(session, theirs, 'api')}"}

    return tells


def test_one_reads_ones_own_messages_page_by_page(api: TestClient, told: Callable[..., dict[str, str]]) -> None:
    headers = told("ada")
    first = api.get("/api/v1/messages?limit=2", headers=headers).json()
    assert [one["about"] for one in first["items"]] == ["webhooks/2", "webhooks/1"]
    rest = api.get("/api/v1/messages", params={"cursor": first["next"]}, headers=headers).json()
    assert ([one["about"] for one in rest["items"]], rest["next"]) == (["webhooks/0"], None)
    assert first["items"][0]["title"] == "The webhook to mes.example was switched off"


def test_one_is_told_in_ones_language(api: TestClient, told: Callable[..., dict[str, str]]) -> None:
    told_in_chinese = api.get("/api/v1/messages", headers=told("hua", 1, locale="zh")).json()
    assert told_in_chinese["items"][0]["title"] == "发往 mes.example 的 Webhook 已停用"


def test_what_was_read_is_counted(api: TestClient, told: Callable[..., dict[str, str]]) -> None:
    headers = told("ada")
    newest, middle, _ = api.get("/api/v1/messages", headers=headers).json()["items"]
    read = api.post(f"/api/v1/messages/{newest['id']}/read", headers=headers).json()
    again = api.post(f"/api/v1/messages/{newest['id']}/read", headers=headers).json()
    assert read["read_at"] == again["read_at"] is not None
    assert api.get("/api/v1/messages/unread", headers=headers).json() == {"unread": 2}
    unread = api.get("/api/v1/messages?unread=true", headers=headers).json()["items"]
    assert [one["about"] for one in unread] == ["webhooks/1", "webhooks/0"]
    left = api.post("/api/v1/messages/read", json={"upto": middle["id"]}, headers=headers)
    assert left.json() == {"unread": 0}


def test_nobody_reads_anothers_messages(api: TestClient, told: Callable[..., dict[str, str]], ask: Asks) -> None:
    mine = api.get("/api/v1/messages", headers=told("ada", 1)).json()["items"][0]
    for role in ("quality", "admin"):
        assert ask("GET", "/messages", role).json()["items"] == []
        assert ask("POST", f"/messages/{mine['id']}/read", role).status_code == 404


def test_an_employee_finds_what_they_were_told_before_they_had_an_account(
    api: TestClient, session: Session, account: Makes, employee: Callable[[str], int]
) -> None:
    send(session, Notice(KIND, "x", (To(employee_id=employee("007")),), DATA))
    theirs = account("li", "employee", employee_code="007", departments=[])
    headers = {"Authorization": f"Bearer {issue_token(session, theirs, 'api')}"}
    assert api.get("/api/v1/messages/unread", headers=headers).json() == {"unread": 1}


def test_the_page_shows_them_and_marks_them_read(
    api: TestClient, session: Session, told: Callable[..., dict[str, str]]
) -> None:
    told("ada", 2, locale="en")
    theirs = session.scalars(select(Account).where(Account.login == "ada")).one()
    api.cookies.set(COOKIE, issue_token(session, theirs, "console"))
    page = api.get("/messages").text
    assert page.count("The webhook to mes.example was switched off") == 2
    assert 'hx-get="/messages/unread"' in page
    assert '<span class="badge badge-ink unread">2' in api.get("/messages/unread").text
    proof = page.split('name="proof" value="')[1].split('"')[0]
    upto = page.split('name="upto" value="')[1].split('"')[0]
    api.post("/messages/read", data={"proof": proof, "upto": upto})
    assert "unread" not in api.get("/messages/unread").text
    api.cookies.clear()


def test_a_chat_is_added_once_listed_without_its_secret_and_removed(ask: Asks, session: Session, site: Any) -> None:
    url = "wecombot://693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa"
    made = ask("POST", "/message-channels", json={"url": url})
    assert (made.status_code, made.json()["service"]) == (201, "wecombot")
    assert ask("POST", "/message-channels", json={"url": url}).status_code == 409
    listed = ask("GET", "/message-channels")
    assert [one["id"] for one in listed.json()["items"]] == [made.json()["id"]]
    assert "693a" not in listed.text
    assert ask("GET", "/message-channels", "people").json()["items"] == []
    assert ask("DELETE", f"/message-channels/{made.json()['id']}", "people").status_code == 404
    assert ask("DELETE", f"/message-channels/{made.json()['id']}").status_code == 204
    assert session.scalars(select(Channel.url)).all() == [""]


@pytest.mark.parametrize("url", [
    "json://127.0.0.1/", "mailto://a:b@example.com", "wecombot://", "x", "file:///etc/passwd", "http://[::1",
    "wecombot://693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa?rto=99999",
])
def test_only_chats_with_fixed_servers_are_taken(ask: Asks, url: str) -> None:
    answer = ask("POST", "/message-channels", json={"url": url})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:retrace:problem:bad-channel")


def test_what_failed_is_seen_and_tried_again(
    ask: Asks, session: Session, told: Callable[..., dict[str, str]]
) -> None:
    told("ada", 2)
    messages = session.scalars(select(Message.id).order_by(Message.id)).all()
    for state, message in zip(("failed", "sent"), messages, strict=True):
        session.add(MessageDelivery(
            message_id=message, by="email", state=state, attempts=72, due_at=now(), problem="no"
        ))
    session.flush()
    (failed,) = ask("GET", "/message-deliveries?state=failed", "admin").json()["items"]
    assert (failed["attempts"], failed["problem"], failed["kind"]) == (72, "no", KIND)
    again = ask("POST", f"/message-deliveries/{failed['id']}/retry", "admin").json()
    assert (again["state"], again["attempts"]) == ("waiting", 0)
    (sent,) = ask("GET", "/message-deliveries?state=sent", "admin").json()["items"]
    assert ask("POST", f"/message-deliveries/{sent['id']}/retry", "admin").status_code == 409
    assert ask("POST", "/message-deliveries/999999/retry", "admin").status_code == 404


@pytest.mark.parametrize(("url", "kind"), [
    ("http://127.0.0.1:8000/x", "private-webhook-address"), ("https://169.254.169.254/", "private-webhook-address"),
    ("http://localhost/", "private-webhook-address"), ("ftp://mes.example/", "bad-webhook-address"),
    ("https://no-such-host.invalid/", "bad-webhook-address"),
])
def test_a_webhook_that_leads_inside_or_nowhere_is_refused(ask: Asks, session: Session, url: str, kind: str) -> None:
    answer = ask("POST", "/webhooks", "admin", json={"url": url, "events": []})
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:retrace:problem:{kind}")
    assert session.scalars(select(Webhook)).all() == []


def test_a_webhooks_secret_is_told_once(ask: Asks, configured: Callable[..., None]) -> None:
    configured(webhook_private="1")
    made = ask("POST", "/webhooks", "admin", json={"url": "http://127.0.0.1:1/x", "events": ["plan.accepted"]})
    assert (made.status_code, made.json()["secret"][:6]) == (201, "whsec_")
    one = f"/webhooks/{made.json()['id']}"
    assert "secret" not in ask("GET", one, "admin").json()
    assert "whsec_" not in ask("GET", "/webhooks", "admin").text
    assert ask("POST", f"{one}/enable", "admin").status_code == 409
    assert ask("POST", f"{one}/replay", "admin", json={"cursor": 0}).json()["cursor"] == 0
    assert ask("POST", f"{one}/replay", "admin", json={"cursor": 2**60}).status_code == 422
    assert ask("DELETE", one, "admin").status_code == 204
    assert ask("GET", one, "admin").status_code == 404

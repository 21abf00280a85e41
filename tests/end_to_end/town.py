"""A site through HTTP, day by day: a clock that is moved, real mail, a webhook that misbehaves, the worker's rounds."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from service.app import compose
from service.clock import now
from service.console.origin import FORM_COOKIE, PROOF, proof
from service.duties.watching import watch
from service.events.delivering import deliver, relay
from service.messages import posting
from service.messages.carrying import carry_mail
from service.messages.pushing import push
from service.messages.tables import MessageDelivery, WebhookProgress
from service.people.actions import add_account, issue_token
from service.retraining import forcing, staff_moves
from service.settings import settings
from service.training_sessions.telling import remind
from service.worker import CONSUMERS
from tests.service.database import migrated
from tests.service.messages.receivers import Mailbox, Receiver, mail_server, receiver

#: what the worker hands on here; scoring and matching are stories of their own
_TOLD = {"messages": CONSUMERS["messages"]}


class Town:
    """Sends requests as its people, and lets time pass."""

    def __init__(
        self, engine: Engine, client: TestClient, clock: time_machine.Traveller, mailbox: Mailbox, hook: Receiver
    ) -> None:
        self.engine, self.client, self.clock = engine, client, clock
        self.mailbox, self.hook = mailbox, hook
        self._tokens: dict[str, str] = {}

    def join(self, login: str, role: str, employee: str | None = None) -> None:
        """Somebody gets an account."""
        with Session(self.engine) as session, session.begin():
            account = add_account(session, login, login, role, None, employee_code=employee)
            self._tokens[login] = issue_token(session, account, "api")

    def ask(
        self, who: str, method: str, path: str, *, if_match: str | None = None, refused: int = 0, **sent: Any
    ) -> Any:
        """What is answered; `refused`: the status it is to be refused with."""
        headers = {"Authorization": f"Bearer {self._tokens[who]}"} | ({"If-Match": if_match} if if_match else {})
        answer = self.client.request(method, f"/api/v1{path}", headers=headers, **sent)
        assert answer.status_code == refused or (not refused and answer.status_code < 300), answer.text
        return answer.json() if answer.content and "json" in answer.headers["content-type"] else answer.text

    def record(self, who: str, table: str, *rows: dict[str, Any]) -> None:
        """Record rows of a table."""
        self.ask(who, "POST", f"/{table}", json={"rows": list(rows)})

    def step(self, who: str, path: str, step: str, refused: int = 0, **said: Any) -> Any:
        """Take a step with something, as it is now."""
        headers = {"Authorization": f"Bearer {self._tokens[who]}"}
        tag = self.client.get(f"/api/v1{path}", headers=headers).headers["etag"]
        return self.ask(who, "POST", f"{path}/steps", if_match=tag, refused=refused, json={"step": step, **said})

    def publish(self, who: str, plan: str) -> dict[str, str]:
        """Accept and publish a plan; its items by employee."""
        self.step(who, f"/plans/{plan}", "accept")
        done = self.step(who, f"/plans/{plan}", "publish")
        return {item["employee_code"]: item["code"] for item in done["items"] if item["status"] == "open"}

    def passed(self, who: str, items: dict[str, str]) -> dict[str, str]:
        """Record that everybody passed; the inspections asked for, by employee."""
        done = {
            employee: self.ask(who, "POST", f"/plan-items/{item}/completion", json={"result": "passed"})
            for employee, item in items.items()
        }
        return {employee: answer["inspection_code"] for employee, answer in done.items()}

    def days(self, number: float) -> None:
        """Let days pass; every night the worker makes its rounds."""
        while number > 0:
            self.clock.shift(timedelta(days=min(number, 1)))
            number -= 1
            self.work()

    def work(self) -> None:
        """What the worker does, again and again."""
        with Session(self.engine) as session, session.begin():
            watch(session)
            forcing.remind(session)
            forcing.take_force(session)
            staff_moves.follow(session)
            remind(session)
        with Session(self.engine) as session, session.begin():
            relay(session, _TOLD)
        while True:
            with Session(self.engine) as session, session.begin():
                # the database's own clock is not moved: what it dated is due on ours
                if not deliver(session, _TOLD):
                    break
        with Session(self.engine) as session, session.begin():
            session.execute(update(MessageDelivery).where(MessageDelivery.due_at > now()).values(due_at=now()))
            session.execute(update(WebhookProgress).values(due_at=now()))
        while carry_mail(self.engine):
            pass
        push(self.engine)

    def letters(self, to: str, about: str) -> list[EmailMessage]:
        """The letters somebody got whose subject holds these words."""
        return [one for one in self.mailbox.letters if one["To"] == to and about in one["Subject"]]

    def follow(self, letter: EmailMessage, **form: str) -> str:
        """Follow the link of a letter, in a browser that has not signed in; the page that comes of it."""
        body = letter.get_body(("plain",))
        assert body is not None
        found = re.search(r"/links/\S+", body.get_content())
        assert found is not None
        browser = {"Cookie": f"{FORM_COOKIE}=browser"}
        self.client.get(found[0], headers=browser)  # looking uses nothing up
        answer = self.client.post(found[0], headers=browser, data={PROOF: proof("browser"), **form})
        return f"{answer.status_code} {answer.text}"

    def told_outside(self) -> list[str]:
        """What the webhook took, in its order; each event once."""
        taken = [json.loads(said) for _, _, said in self.hook.taken]
        assert len({one["id"] for one in taken}) == len(taken)
        sequence = [int(one["sequence"]) for one in taken]
        assert sequence == sorted(sequence)
        return [one["type"] for one in taken]


@contextmanager
def town(monkeypatch: pytest.MonkeyPatch, sector: str, days_ago: int) -> Iterator[Town]:
    """A site with nothing in it yet, so many days ago: its administrator is `admin`."""
    with ExitStack() as stack:
        address, mailbox = stack.enter_context(mail_server())
        hook = stack.enter_context(receiver())
        for name, value in {"SECTOR": sector, "SMTP_URL": address, "WEBHOOK_PRIVATE": "1"}.items():
            monkeypatch.setenv(f"RETRACE_{name}", value)
        settings.cache_clear()
        stack.callback(settings.cache_clear)
        stack.callback(monkeypatch.undo)
        monkeypatch.setattr(posting, "SILENCE", 0.5)
        monkeypatch.setattr(posting, "IN_ALL", 1.0)
        engine = stack.enter_context(migrated(sector)).app
        client = stack.enter_context(TestClient(compose(engine)))
        begins = (datetime.now(UTC) - timedelta(days=days_ago)).replace(hour=1, minute=0)
        made = Town(engine, client, stack.enter_context(time_machine.travel(begins, tick=True)), mailbox, hook)
        made.join("admin", "admin")
        hooked = {"url": f"{hook.address}/in", "events": [], "cursor": None}
        made.ask("admin", "POST", "/webhooks", json=hooked)
        yield made


"""Messages leave by e-mail and chat: each once, also when servers fail and workers die."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.events.delivering import Consumer, deliver, relay
from service.messages import carrying, links, mail
from service.messages.carrying import carry_chats, carry_mail
from service.messages.chat import Undelivered
from service.messages.outgoing import prepare
from service.messages.sending import SENT, Notice, To, send
from service.messages.tables import MessageDelivery
from service.people.actions import add_account
from service.people.tables import Account, Employee
from service.settings import Settings
from tests.service.messages.conftest import DATA, KIND
from tests.service.messages.receivers import Mailbox, Receiver, mail_server, receiver

Configures = Callable[..., None]


@pytest.fixture
def mailbox(outward: Engine, configured: Configures) -> Iterator[Mailbox]:
    """A site with a mail server, a person with an account, and one with an address alone."""
    with Session(outward) as session, session.begin():
        if session.scalar(select(Employee.id).where(Employee.code == "E1")) is None:
            session.add(Employee(code="E1", name="Li", email="li@example.com", locale="zh"))
            session.add(Employee(code="E2", name="Wu", email="wu@example.com"))
            session.flush()
            add_account(session, "li", "Li", "quality", None, employee_code="E1", locale="en")
    with mail_server() as (address, found):
        configured(smtp_url=address, mail_from="Retrace <retrace@site.example>")
        yield found


def _send(engine: Engine, *to: To, **said: str | None) -> None:
    confirm = said.pop("confirm", None)
    with Session(engine) as session, session.begin():
        send(session, Notice(KIND, "plans/P1", to, DATA | {k: v for k, v in said.items() if v}, confirm))
    consumers = {"messages": Consumer(frozenset({SENT}), prepare)}
    with Session(engine) as session, session.begin():
        relay(session, consumers)
    with Session(engine) as session, session.begin():
        assert deliver(session, consumers)


def _employee(engine: Engine, code: str) -> To:
    with Session(engine) as session:
        return To(employee_id=session.scalars(select(Employee.id).where(Employee.code == code)).one())


def _states(engine: Engine) -> list[tuple[str, str, int]]:
    with Session(engine) as session:
        rows = session.scalars(select(MessageDelivery).order_by(MessageDelivery.id))
        return [(row.by, row.state, row.attempts) for row in rows]


def _later(engine: Engine, hours: int = 2) -> None:
    """Time goes by for every delivery."""
    by = timedelta(hours=hours)
    with Session(engine) as session, session.begin():
        session.execute(update(MessageDelivery).values(
            due_at=MessageDelivery.due_at - by, taken_until=MessageDelivery.taken_until - by
        ))


def test_each_person_gets_one_e_mail_in_their_language(outward: Engine, mailbox: Mailbox) -> None:
    _send(outward, To("quality"), _employee(outward, "E1"), _employee(outward, "E2"))
    assert carry_mail(outward) == 2
    assert carry_mail(outward) == 0
    told = {letter["To"]: letter for letter in mailbox.letters}
    assert set(told) == {"li@example.com", "wu@example.com"}
    assert told["li@example.com"]["Subject"] == "The webhook to mes.example was switched off"
    assert told["li@example.com"]["From"] == "Retrace <retrace@site.example>"
    assert "mes.example" in told["wu@example.com"].get_content()
    assert len({letter["Message-ID"] for letter in mailbox.letters}) == 2
    assert _states(outward) == [("email", "sent", 1)] * 2


def test_chinese_arrives_whole(outward: Engine, mailbox: Mailbox) -> None:
    with Session(outward) as session, session.begin():
        session.execute(update(Account).where(Account.login == "li").values(locale=None))
    _send(outward, To("quality"), n="zh")
    carry_mail(outward)
    (letter,) = mailbox.letters
    assert letter["Subject"] == "发往 mes.example 的 Webhook 已停用"
    assert "推送将从中断处继续" in letter.get_content()


def test_a_failing_server_is_tried_again_under_the_same_id(outward: Engine, mailbox: Mailbox) -> None:
    mailbox.answers = ["451 later"]
    _send(outward, To("quality"), n="3")
    carry_mail(outward)
    assert carry_mail(outward) == 0  # it waits
    assert _states(outward) == [("email", "waiting", 1)]
    _later(outward)
    carry_mail(outward)
    assert _states(outward) == [("email", "sent", 2)]
    assert len(mailbox.letters) == 1


def test_no_server_is_visible_and_what_waited_is_sent(
    outward: Engine, mailbox: Mailbox, configured: Configures, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = carrying.settings().smtp_url
    assert right is not None
    configured(smtp_url="smtp://127.0.0.1:9")
    _send(outward, To("quality"), n="4")
    carry_mail(outward)
    with Session(outward) as session:
        told = session.scalars(select(MessageDelivery)).one()
        assert (told.state, told.problem) == ("waiting", "ConnectionRefusedError: [Errno 111] Connection refused")
    configured(smtp_url=right.get_secret_value())
    _later(outward)
    carry_mail(outward)
    assert len(mailbox.letters) == 1


def test_what_a_server_will_never_take_fails_at_once(outward: Engine, mailbox: Mailbox) -> None:
    mailbox.answers = ["550 no such mailbox"]
    _send(outward, To("quality"), n="5")
    carry_mail(outward)
    assert _states(outward) == [("email", "failed", 1)]


def test_it_is_given_up_after_the_last_attempt(
    outward: Engine, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "ATTEMPTS", 2)
    mailbox.answers = ["451 later", "451 later"]
    _send(outward, To("quality"), n="6")
    for _ in range(3):
        carry_mail(outward)
        _later(outward)
    assert _states(outward) == [("email", "failed", 2)]


def test_a_worker_that_died_after_sending_leaves_one_letter_of_one_id(
    outward: Engine, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _send(outward, To("quality"), n="7")
    with monkeypatch.context() as dying:
        dying.setattr(carrying, "_settle", _killed)
        with pytest.raises(KeyboardInterrupt):
            carry_mail(outward)
    assert carry_mail(outward) == 0  # as far as anybody knows, it is still being sent
    _later(outward)
    assert carry_mail(outward) == 1
    assert _states(outward) == [("email", "sent", 2)]
    assert len({letter["Message-ID"] for letter in mailbox.letters}) == 1
    _later(outward)
    assert carry_mail(outward) == 0


def _killed(*said: object) -> None:
    raise KeyboardInterrupt


def test_a_late_worker_marks_what_arrived_and_nothing_else(outward: Engine, mailbox: Mailbox) -> None:
    _send(outward, To("quality"), n="8")
    (first,) = carrying._take(outward, carrying.EMAIL)
    _later(outward)
    (second,) = carrying._take(outward, carrying.EMAIL)
    carrying._settle(outward, first, Undelivered("too late to tell"))
    assert _states(outward) == [("email", "waiting", 2)]
    carrying._settle(outward, first, None)
    carrying._settle(outward, second, Undelivered("it had arrived"))
    assert _states(outward) == [("email", "sent", 2)]


def test_an_e_mail_carries_a_link_that_works_once(outward: Engine, mailbox: Mailbox) -> None:
    mailbox.answers = ["451 later"]
    _send(outward, _employee(outward, "E2"), n="9", confirm="training")
    carry_mail(outward)
    _later(outward)
    carry_mail(outward)
    (letter,) = mailbox.letters
    found = re.search(r"http://127.0.0.1:8000/links/training/(\S+)", letter.get_content())
    assert found
    with Session(outward) as session, session.begin():
        followed = links.use(session, found[1], "training")
        assert (followed.about, followed.employee_id) == ("plans/P1", _employee(outward, "E2").employee_id)


@pytest.fixture
def chat(outward: Engine, mailbox: Mailbox, configured: Configures) -> Iterator[Receiver]:
    """The chat of the whole site, as a receiver of JSON."""
    with receiver() as found:
        configured(chat_urls=found.address.replace("http://", "json://") + "/room")
        yield found


def test_a_chat_of_the_site_is_told_once_what_a_role_is_told(outward: Engine, chat: Receiver) -> None:
    with Session(outward) as session, session.begin():
        if session.scalar(select(Account.id).where(Account.login == "qi")) is None:
            add_account(session, "qi", "Qi", "quality", None)
    _send(outward, To("quality"), n="10")
    _send(outward, _employee(outward, "E1"), n="10b")  # for one person's eyes
    chat.moods = [503]
    assert carry_chats(outward) == 1
    _later(outward)
    assert carry_chats(outward) == 1
    (told,) = [json.loads(said) for _, _, said in chat.taken]
    assert told["title"] == "The webhook to mes.example was switched off"
    assert [state for state in _states(outward) if state[0] == "site_chat"] == [("site_chat", "sent", 2)]


def test_time_stands_in_the_future_of_what_failed(outward: Engine, mailbox: Mailbox) -> None:
    mailbox.answers = ["451 later"]
    _send(outward, To("quality"), n="11")
    carry_mail(outward)
    with Session(outward) as session:
        told = session.scalars(select(MessageDelivery)).one()
        assert told.due_at > now() - timedelta(seconds=60)
        assert told.problem == "451 later"


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example:25", "smtp://mail.example:0"])
def test_what_is_no_mail_server_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="is not a mail server's address"):
        Settings(smtp_url=SecretStr(url))


def test_a_password_is_not_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch, configured: Configures) -> None:
    monkeypatch.setattr(mail, "_is_here", lambda host: False)
    with mail_server() as (address, _):
        configured(smtp_url=address.replace("://", "://me:secret@"))
        with pytest.raises(Undelivered, match="no STARTTLS"), mail.connected():
            pass

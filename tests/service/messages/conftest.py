"""People to be told something, and a kind of message to tell it by."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from service.events.tables import Delivery, Outgoing
from service.messages.tables import Channel, Link, Message, MessageDelivery, Webhook, WebhookProgress
from service.people.actions import add_account
from service.people.tables import Account, Department, Employee
from service.settings import settings
from tests.service.conftest import Put
from tests.service.database import Database, migrated

#: what the tests say
KIND = "webhook.disabled"
DATA = {"host": "mes.example", "since": "2026-01-05", "problem": "it said 500"}


@pytest.fixture
def department(site: Put, session: Session) -> Callable[[str], int]:
    """A department's id by its code."""
    return lambda code: session.scalars(select(Department.id).where(Department.code == code)).one()


@pytest.fixture
def employee(site: Put, session: Session) -> Callable[[str], int]:
    """An employee's id by their code."""
    return lambda code: session.scalars(select(Employee.id).where(Employee.code == code)).one()


@pytest.fixture
def account(site: Put, session: Session) -> Callable[..., Account]:
    """Makes an account."""

    def made(login: str, role: str = "quality", **said: Any) -> Account:
        return add_account(session, login, login, role, None, **said)

    return made


@pytest.fixture(scope="module")
def own() -> Iterator[Database]:
    """A database of its own for what commits."""
    with migrated("messages") as database:
        yield database


@pytest.fixture
def outward(own: Database) -> Engine:
    """The module's own database as the worker sees it, with nothing to send."""
    tables = (Link, WebhookProgress, Webhook, MessageDelivery, Channel, Message, Delivery, Outgoing)
    with own.owner.begin() as owner:
        for table in tables:
            owner.execute(delete(table))
    return own.app


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Sets settings for one test."""
    def configure(**said: str) -> None:
        for name, value in said.items():
            monkeypatch.setenv(f"RETRACE_{name.upper()}", value)
        settings.cache_clear()

    yield configure
    monkeypatch.undo()
    settings.cache_clear()

"""People to be told something, and a kind of message to tell it by."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.messages import wording
from service.people.actions import add_account
from service.people.tables import Account, Department, Employee
from tests.service.conftest import Put

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


@pytest.fixture(autouse=True)
def _fresh_words() -> Iterator[None]:
    yield
    wording.kinds.cache_clear()

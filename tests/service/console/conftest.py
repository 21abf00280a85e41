"""The console over the test's own transaction: what it commits is gone with the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from service import access
from service.access import COOKIE
from service.console.origin import FORM_COOKIE, PROOF, proof
from service.db.context import tell
from tests.service.conftest import THE_TESTS_OWN
from tests.service.console import site


@pytest.fixture(scope="module")
def founded(engine: Engine) -> Iterator[Connection]:
    """A site with a little of everything, gone with the module."""
    with engine.connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            site.found(session)
            session.commit()
        yield connection
        transaction.rollback()


@pytest.fixture
def connection(founded: Connection) -> Iterator[Connection]:
    """The site as it was founded; what the test adds is gone with it."""
    savepoint = founded.begin_nested()
    yield founded
    savepoint.rollback()


class Browser(TestClient):
    """Sends forms as a page of ours would: with the proof that belongs to its cookies."""

    def post(self, url: Any, *, data: Any = None, **sent: Any) -> Any:
        form = FORM_COOKIE if str(url).endswith("/login") else COOKIE
        if form == FORM_COOKIE and FORM_COOKIE not in self.cookies:
            self.get(url)
        secret = self.cookies.get(form) or self.cookies.get(FORM_COOKIE) or ""
        return super().post(url, data={PROOF: proof(secret), **(data or {})}, **sent)


@pytest.fixture
def client(application: FastAPI, connection: Connection) -> Iterator[Browser]:
    """A browser that has not signed in."""

    def within_the_test(request: Request) -> Iterator[Session]:
        options = {"join_transaction_mode": "create_savepoint", "expire_on_commit": False}
        with Session(connection, **options) as opened, opened.begin():
            try:
                yield from access.part_of(opened, request)
            finally:
                tell(opened, **THE_TESTS_OWN)

    application.dependency_overrides[access.session] = within_the_test
    with Browser(application, follow_redirects=False, headers={"Accept": "text/html"}) as made:
        yield made
    application.dependency_overrides.clear()


@pytest.fixture
def planner(client: TestClient) -> TestClient:
    return signed_in(client, "hua")


@pytest.fixture
def inspector(client: TestClient) -> TestClient:
    return signed_in(client, "qian")


def signed_in(client: TestClient, login: str) -> TestClient:
    answer = client.post("/login", data={"login": login, "password": site.PASSWORD})
    assert answer.status_code == 303
    return client


@contextmanager
def counted(connection: Connection) -> Iterator[list[str]]:
    """The statements sent meanwhile, savepoints and what the database is told of the request left out."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT set_config")):
            sent.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    yield sent
    event.remove(connection, "before_cursor_execute", note)

"""A small site to write records about, and the API over the test's own transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.access import part_of
from service.access import session as transaction
from service.app import compose
from service.db.context import EVERYWHERE, tell
from service.exchange.layout import FOLDER
from service.people.actions import add_account, issue_token
from service.records.actions import put
from service.records.merge import Outcome

Put = Callable[..., Outcome]

#: between requests a test looks at everything
THE_TESTS_OWN = {"scope": EVERYWHERE, "account": "", "role": "", "reason": "", "origin": "", "request": ""}


def day(number: int, hour: int = 0) -> datetime:
    """A moment in January 2026."""
    return datetime(2026, 1, number, hour, tzinfo=UTC)


@pytest.fixture
def record(session: Session) -> Put:
    """Records rows of one folder table."""

    def recorded(
        table: str, *rows: dict[str, Any], reason: str | None = None, at: datetime | None = None
    ) -> Outcome:
        return put(session, FOLDER[table], rows, reason, at)

    return recorded


@pytest.fixture
def site(record: Put) -> Put:
    """Two departments, two people, a process with a standard, a course and a requirement."""
    record("departments", {"code": "LINE", "name": "Line", "function": "operations"})
    record("departments", {"code": "CELL", "name": "Cell", "function": "operations", "parent_code": "LINE"})
    record("employees", {"code": "007", "name": "Li"}, {"code": "008", "name": "Wu"})
    record("standards", {"code": "STD", "title": "Soldering"})
    record("standard_versions", {"standard_code": "STD", "version": "1", "effective_at": day(1)})
    record("processes", {"code": "P1", "name": "Solder", "department_code": "CELL"})
    record("process_versions", {"process_code": "P1", "version": "A", "effective_at": day(1), "standards": ["STD@1"]})
    record("courses", {"code": "C1", "title": "Soldering course", "validity_days": 365})
    record("course_covers", {"course_code": "C1", "standard_code": "STD", "process_code": "P1"})
    record("requirements", {"process_code": "P1", "kind": "course", "course_code": "C1"})
    return record


@contextmanager
def within(app: FastAPI, session: Session) -> Iterator[TestClient]:
    """The application over a test's transaction: each request runs in a savepoint of it."""

    def nested(request: Request) -> Iterator[Session]:
        try:
            yield from part_of(session, request)
        finally:
            tell(session, **THE_TESTS_OWN)

    engine, app.state.engine = app.state.engine, session.get_bind()
    app.dependency_overrides[transaction] = nested
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()
    app.state.engine = engine


@pytest.fixture
def api(application: FastAPI, session: Session) -> Iterator[TestClient]:
    """The application over the test's transaction."""
    with within(application, session) as client:
        yield client


@pytest.fixture
def own_api(engine: Engine, session: Session) -> Iterator[TestClient]:
    """The same, composed for one test, which may add routes to it and count its requests."""
    with within(compose(engine), session) as client:
        yield client


@pytest.fixture
def signed_in(session: Session) -> Callable[[str], dict[str, str]]:
    """The headers of somebody in a role."""

    def headers(role: str) -> dict[str, str]:
        account = add_account(session, f"{role}-{token_hex(8)}", role, role, None)
        return {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}

    return headers


@pytest.fixture
def ask(api: TestClient, signed_in: Callable[[str], dict[str, str]]) -> Callable[..., Any]:
    """Sends a request in a role: always the same person's, or a second one's (`quality/2`)."""
    known: dict[str, dict[str, str]] = {}

    def asked(method: str, path: str, role: str = "quality", if_match: str | None = None, **sent: Any) -> Any:
        headers = known[role] = known.get(role) or signed_in(role.partition("/")[0])
        tagged = headers | ({"If-Match": if_match} if if_match is not None else {})
        return api.request(method, f"/api/v1{path}", headers=tagged, **sent)

    return asked

"""A site with people to answer for it, and a clock that is told the time."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from service import clock
from service.people.actions import add_account
from tests.service.conftest import Put

#: whoever asks for the time; the clock is set where it is read
READERS = (
    "service.duties.actions", "service.duties.creating", "service.duties.deliverables", "service.duties.fulfilling",
    "service.duties.ledger", "service.duties.watching",
)

SetClock = Callable[[datetime], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Sets the time duties go by."""

    def told(moment: datetime) -> None:
        for module in READERS:
            monkeypatch.setattr(f"{module}.now", lambda: moment)

    assert clock.now
    return told


def moment(month: int, day: int, hour: int = 4) -> datetime:
    """A moment in 2026; at noon in Shanghai unless said otherwise."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture
def answered(site: Put, session: Session, at: SetClock) -> Put:
    """The site on 2 February, with LINE above CELL, a quality and an HR department, and an account for each role."""
    at(moment(2, 2))
    site("departments", {"code": "QA", "name": "Quality", "function": "quality"},
         {"code": "HR", "name": "HR", "function": "people"})
    for role in ("operations", "quality", "people", "admin"):
        add_account(session, f"head-{role}", role, role, None)
    return site


@pytest.fixture
def duty(answered: Put, ask: Callable[..., Any]) -> Callable[..., Any]:
    """Adds a duty by the API: the monthly list of difficulties of CELL, unless said otherwise."""

    def added(**said: Any) -> Any:
        given = {
            "code": "MDL", "title": "Monthly list", "deliverable": "difficulty_list", "department_code": "CELL",
            "cadence": "FREQ=MONTHLY;BYMONTHDAY=1", "due_days": 24, "role": "operations", "valid_from": "2026-02-01",
            **said,
        }
        return ask("POST", "/duties", "people", json={name: value for name, value in given.items() if value is not ...})

    return added


@pytest.fixture
def ask(api: TestClient, signed_in: Callable[[str], dict[str, str]]) -> Callable[..., Any]:
    """Sends a request in a role, perhaps with headers; always the same person's."""
    known: dict[str, dict[str, str]] = {}

    def asked(
        method: str, path: str, role: str = "quality", headers: dict[str, str] | None = None, **sent: Any
    ) -> Any:
        known[role] = known.get(role) or signed_in(role)
        return api.request(method, f"/api/v1{path}", headers={**known[role], **(headers or {})}, **sent)

    return asked

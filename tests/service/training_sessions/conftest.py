"""A published plan for two people, and sessions for its course."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from service.clock import now
from tests.service.conftest import Put, day

Ask = Callable[..., Any]


def at(hours: float) -> str:
    """A moment so many hours ahead, as the API takes it."""
    return moment(hours).isoformat()


def moment(hours: float) -> datetime:
    return now() + timedelta(hours=hours)


@pytest.fixture
def items(site: Put, ask: Ask) -> dict[str, str]:
    """Plan items by employee, of a published plan: Li, Wu and Xu are to take C1."""
    site("employees", {"code": "009", "name": "Xu"}, {"code": "T1", "name": "Teacher"})
    for code in ("007", "008", "009"):
        site("assignments", {"employee_code": code, "department_code": "CELL", "from_date": day(1).date()})
    site("difficulty_reports", {"code": "D1", "department_code": "CELL", "process_code": "P1", "occurred_at": day(3),
                                "severity": 3, "text": "x"})
    return published(ask)


def published(ask: Ask, course: str = "C1") -> dict[str, str]:
    """Drafts, accepts and publishes a plan; its items' codes by employee."""
    made = ask("POST", "/answers", "people", json={"report_codes": ["D1"], "course_codes": [course]})
    assert made.status_code == 201, made.text
    path = f"/plans/{made.json()['plan_code']}"
    for step in ("accept", "publish"):
        done = ask("POST", f"{path}/steps", "people", json={"step": step}, if_match="*")
        assert done.status_code == 201, done.text
    return {item["employee_code"]: item["code"] for item in done.json()["items"]}


@pytest.fixture
def planned(ask: Ask) -> Callable[..., Any]:
    """Plans a session of C1 for tomorrow; the answer."""

    def made(**said: Any) -> Any:
        usual = {"course_code": "C1", "place": "Room 1", "seats": 2, "trainer_code": "T1", "starts_at": at(30),
                 "ends_at": at(32)}
        return ask("POST", "/training-sessions", "people", json=usual | said)

    return made


@pytest.fixture
def act(ask: Ask) -> Callable[..., Any]:
    """Does something with a session as it is now."""

    def done(session: str, what: str, body: dict[str, Any], method: str = "POST") -> Any:
        path = f"/training-sessions/{session}"
        tag = ask("GET", path, "people").headers["ETag"]
        return ask(method, f"{path}/{what}" if what else path, "people", json=body, if_match=tag)

    return done

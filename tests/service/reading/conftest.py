"""A minor change that Li, who knew the process, is to read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from service.clock import now
from service.people.actions import add_account, issue_token
from tests.service.conftest import Put, day

Ask = Callable[..., Any]

QUIZ = {"course_code": "C1", "pass_mark": 0.5, "questions": [
    {"text": {"en": "How hot?", "zh": "多少度？"}, "options": [{"en": "240 °C"}, {"en": "260 °C"}], "right": 1},
    {"text": {"en": "How long?"}, "options": [{"en": "3 s"}, {"en": "9 s"}, {"en": "1 min"}], "right": 0},
]}


@pytest.fixture
def items(site: Put, ask: Ask) -> dict[str, Any]:
    """The items of the published plans, by employee: Li reads, Wu takes the course."""
    for code in ("007", "008"):
        site("assignments", {"employee_code": code, "department_code": "CELL", "from_date": day(1).date()})
    site("training_records", {"code": "T-1", "employee_code": "007", "course_code": "C1", "standard_version": "1",
                              "completed_at": day(2), "result": "passed"})
    site("employees", {"code": "007", "name": "Li", "email": "li@example.com"},
         {"code": "008", "name": "Wu", "email": "wu@example.com"})
    site("standard_versions", {"standard_code": "STD", "version": "2", "effective_at": day(3)})
    site("clauses", {"standard_code": "STD", "version": "2", "clause": "4.1", "text": "Solder at 260 °C."})
    made = ask("POST", "/changes", "operations", json={
        "process_code": "P1", "version": "B", "summary": "Hotter", "standards": ["STD@2"], "scale": "minor",
        "effective_at": (now() + timedelta(days=9)).isoformat(),
    })
    path = f"/changes/{made.json()['code']}"
    ask("POST", f"{path}/steps", "operations", json={"step": "submit"}, if_match="*")
    ask("POST", f"{path}/steps", "quality", json={"step": "approve", "revision": 1}, if_match="*")
    found = {}
    for plan in ask("GET", "/plans", "people").json()["items"]:
        for step in ("accept", "publish"):
            done = ask("POST", f"/plans/{plan['code']}/steps", "people", json={"step": step}, if_match="*")
            assert done.status_code == 201, done.text
        found |= {item["employee_code"]: item for item in done.json()["items"]}
    return found


@pytest.fixture
def li(api: TestClient, session: Session, items: dict[str, Any]) -> Callable[..., Any]:
    """Sends a request as Li."""
    account = add_account(session, "li", "Li", "employee", None, employee_code="007", departments=[])
    headers = {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}

    def sent(method: str, path: str, **said: Any) -> Any:
        return api.request(method, f"/api/v1{path}", headers=headers, **said)

    return sent

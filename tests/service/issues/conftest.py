"""An issue of process P1, and people to handle it."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy.orm import Session

from service.people.actions import add_account, issue_token
from tests.service.conftest import Put, day

Headers = dict[str, str]

#: a whole step of each kind
STEPS: dict[str, dict[str, Any]] = {
    "contain": {"text": "two lots", "place": "cage 3", "refs": [{"table": "batches", "code": "L-1"}]},
    "assess_cause": {"causes": ["training_not_covered"], "text": "nobody taught it"},
    "take_action": {"action": "process_change", "text": "a fixture", "employee_code": "007", "due_on": "2026-02-01"},
    "order_check": {},
    "close": {},
}
ORDER = ["contain", "assess_cause", "take_action", "order_check", "close"]


@pytest.fixture
def issue(site: Put) -> str:
    """An issue with a batch; its code holds a slash, as codes may."""
    site("batches", {"code": "L-1", "process_code": "P1", "started_at": day(2)})
    site("issues", {"code": "Q/1", "kind": "complaint", "batch_code": "L-1", "process_code": "P1",
                    "occurred_at": day(3), "severity": "minor", "text": "cold joint"})
    return "Q/1"


@pytest.fixture
def somebody(session: Session) -> Callable[..., Headers]:
    """The headers of one more account, perhaps of an employee."""

    def headers(role: str, login: str, employee: str | None = None) -> Headers:
        account = add_account(session, login, login, role, None, employee_code=employee)
        return {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}

    return headers


@pytest.fixture
def quality(somebody: Callable[..., Headers]) -> Headers:
    return somebody("quality", "quinn")


@pytest.fixture
def operations(somebody: Callable[..., Headers]) -> Headers:
    return somebody("operations", "otto")


Take = Callable[..., Response]


@pytest.fixture
def take(api: TestClient, quality: Headers, operations: Headers, issue: str) -> Take:
    """Takes a step: operations take the action, quality the others; as last read unless said otherwise."""

    def taken(step: str, by: Headers | None = None, read: str | None = "*", of: str = issue, **said: Any) -> Response:
        who = by or (operations if step == "take_action" else quality)
        headers = who | ({"If-Match": read} if read is not None else {})
        body = {"step": step, **STEPS[step], **said}
        return api.post(f"/api/v1/issues/{of}/steps", json=body, headers=headers)

    return taken


@pytest.fixture
def come_to(take: Take) -> Callable[[str], dict[str, Any]]:
    """Takes every step before one; the case as it is then."""

    def come(step: str) -> dict[str, Any]:
        answers = [take(name) for name in ORDER[: ORDER.index(step)]]
        assert [answer.status_code for answer in answers] == [201] * len(answers), answers[-1].text
        return dict(answers[-1].json())

    return come

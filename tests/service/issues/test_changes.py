"""When training will not fix it: retraining is refused, and operations are asked to change the process."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.events.tables import Outgoing
from service.issues.guard import Sample
from tests.service.issues.conftest import Headers, Take

ComeTo = Callable[[str], dict[str, Any]]


@pytest.fixture
def counted(api: TestClient) -> Iterator[Callable[..., None]]:
    """Has the application count so much work of qualified and of unqualified people."""
    app: Any = api.app
    before = app.state.count_work

    def count(*samples: tuple[int, int]) -> None:
        app.state.count_work = lambda session, issue: tuple(Sample(*one) for one in samples)

    yield count
    app.state.count_work = before


def test_retraining_that_will_not_help_is_refused_unless_somebody_says_why(
    come_to: ComeTo, take: Take, counted: Callable[..., None]
) -> None:
    counted((20, 40), (0, 0))
    assert come_to("take_action")["training"] == "training_will_not_help"
    refused = take("take_action", action="retraining")
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:retrace:problem:reason-required")
    assert "change the process" in refused.json()["detail"]
    taken = take("take_action", action="retraining", reason="the course is new")
    assert (taken.status_code, taken.json()["steps"][-1]["reason"]) == (201, "the course is new")


@pytest.mark.parametrize(("samples", "judged"), [
    (((5, 40), (36, 40)), "training_may_help"), (((3, 5), (3, 5)), "too_little_data"),
])
def test_other_retraining_is_not(
    come_to: ComeTo, take: Take, counted: Callable[..., None], samples: Any, judged: str
) -> None:
    counted(*samples)
    assert come_to("take_action")["training"] == judged
    assert take("take_action", action="retraining").status_code == 201


def test_nor_another_action(come_to: ComeTo, take: Take, counted: Callable[..., None]) -> None:
    counted((20, 40), (0, 0))
    come_to("take_action")
    assert take("take_action", action="equipment").status_code == 201


def test_the_cause_assessed_last_counts_too(come_to: ComeTo, take: Take) -> None:
    come_to("assess_cause")
    take("assess_cause", causes=["training_ineffective"])
    assert take("take_action", action="retraining").status_code == 422
    assert take("take_action", action="retraining", reason="another trainer").status_code == 201


@pytest.fixture
def ask(api: TestClient, quality: Headers, issue: str) -> Callable[..., Any]:
    def asked(of: str = issue, **said: Any) -> Any:
        body = {"text": "a fixture instead of a steady hand", **said}
        return api.post(f"/api/v1/issues/{of}/process-change-requests", json=body, headers=quality)

    return asked


def test_a_request_goes_to_operations_who_decide_once(
    api: TestClient, ask: Callable[..., Any], quality: Headers, operations: Headers, issue: str, session: Session
) -> None:
    code = ask(refs=[{"table": "batches", "code": "L-1"}]).json()["code"]
    listed = api.get("/api/v1/process-change-requests?state=open", headers=operations).json()["items"]
    (one,) = listed
    assert (one["code"], one["process_code"], one["issue_code"], one["requested_by"]) == (code, "P1", issue, "quinn")
    assert one["refs"] == [{"table": "batches", "code": "L-1"}]
    url = f"/api/v1/process-change-requests/{code}/decision"
    assert api.post(url, json={"decision": "declined"}, headers=operations).status_code == 422
    assert api.post(url, json={"decision": "declined", "reason": "x"}, headers=quality).status_code == 403
    assert api.post(url, json={"decision": "declined", "reason": "no room"}, headers=operations).status_code == 204
    again = api.post(url, json={"decision": "accepted", "reason": "x"}, headers=operations)
    assert (again.status_code, "declined already" in again.json()["detail"]) == (409, True)
    (one,) = api.get("/api/v1/process-change-requests", headers=operations).json()["items"]
    assert (one["state"], one["reason"], one["decided_by"]) == ("declined", "no room", "otto")
    assert api.get("/api/v1/process-change-requests?state=open", headers=operations).json()["items"] == []
    assert api.get(f"/api/v1/issues/{issue}/case", headers=quality).json()["process_change_requests"] == [code]
    told = session.scalars(select(Outgoing.name).where(Outgoing.subject == f"process_change_requests/{code}"))
    assert sorted(told) == ["process_change.decided", "process_change.requested"]


def test_the_process_is_the_issues_or_its_batchs_or_named(
    ask: Callable[..., Any], site: Callable[..., Any], api: TestClient, operations: Headers
) -> None:
    usual = {"kind": "complaint", "occurred_at": "2026-01-05T00:00:00Z", "severity": "minor", "text": "x"}
    site("issues", {"code": "BY-BATCH", "batch_code": "L-1", **usual})
    site("issues", {"code": "BARE", **usual})
    assert ask("BARE").status_code == 400
    assert [ask("BY-BATCH").status_code, ask("BARE", process_code="P1").status_code] == [201, 201]
    assert ask("BARE", process_code="P9").status_code == 422
    found = api.get("/api/v1/process-change-requests", headers=operations).json()["items"]
    assert {(one["issue_code"], one["process_code"]) for one in found} == {("BY-BATCH", "P1"), ("BARE", "P1")}


def test_an_unknown_request_is_named(api: TestClient, operations: Headers) -> None:
    body = {"decision": "accepted", "reason": "x"}
    answer = api.post("/api/v1/process-change-requests/PCR-0/decision", json=body, headers=operations)
    assert (answer.status_code, "PCR-0" in answer.json()["detail"]) == (404, True)

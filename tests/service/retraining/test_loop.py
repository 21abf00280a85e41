"""From a suggestion to a plan, to a training, to the inspection it asks for."""

from collections.abc import Callable
from datetime import timedelta

from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.courses.tables import TrainingRecord
from service.inspections.tables import Inspection
from service.records.merge import Outcome
from service.suggestions.tables import Decision

Put = Callable[..., Outcome]
Headers = Callable[[str], dict[str, str]]


def _listed(api: TestClient, planner: dict[str, str]) -> list[str]:
    return [item["employee_code"] for item in api.get("/api/v1/suggestions", headers=planner).json()["items"]]


def test_what_a_rule_asks_for_comes_first_then_the_model_s_order(
    api: TestClient, planner: dict[str, str], site: Put, suggest: Callable[..., list[int]]
) -> None:
    site("employees", {"code": "009", "name": "Zhu"})
    suggest({"employee_code": "007"}, {"employee_code": "008"}, {"employee_code": "009", "rule_gap": "expired"})
    answer = api.get("/api/v1/suggestions", headers=planner).json()
    assert [item["employee_code"] for item in answer["items"]] == ["009", "007", "008"]
    first = answer["items"][0]
    assert (first["employee_name"], first["course_title"], first["rank"], first["baseline_rank"]) == (
        "Zhu", "Soldering course", 3, 2,
    )
    assert first["reasons"] == [{"en": "Because.", "zh": "因为。"}]
    assert answer["model"] == "need v1"


def test_accepted_trained_inspected(
    api: TestClient, planner: dict[str, str], site: Put, suggest: Callable[..., list[int]], session: Session
) -> None:
    (chosen,) = suggest({"employee_code": "007"})
    assert api.post("/api/v1/plans", headers=planner, json={"suggestions": [chosen]}).status_code == 201
    assert _listed(api, planner) == []
    item = api.get("/api/v1/plans", headers=planner).json()["items"][0]["items"][0]
    assert item["status"] == "open"
    url = f"/api/v1/plan-items/{item['code']}/completion"
    asked = api.post(url, headers=planner, json={"result": "passed"}).json()["inspection_code"]
    latest = select(TrainingRecord).order_by(TrainingRecord.id.desc()).limit(1)
    record = session.scalars(latest).one()
    assert (record.result, record.standard_version, record.revision) == ("passed", "1", 2)
    order = session.scalars(select(Inspection).where(Inspection.code == asked)).one()
    assert (order.kind, order.result) == ("effectiveness", None)
    assert order.due_at is not None
    assert order.due_at - now() > timedelta(days=13)
    assert api.post(url, headers=planner, json={"result": "passed"}).json()["inspection_code"] == asked
    assert api.post(url, headers=planner, json={"result": "failed"}).status_code == 409


def test_who_failed_the_training_is_not_inspected(
    api: TestClient, planner: dict[str, str], site: Put, suggest: Callable[..., list[int]]
) -> None:
    (chosen,) = suggest({"employee_code": "007"})
    api.post("/api/v1/plans", headers=planner, json={"suggestions": [chosen]})
    item = api.get("/api/v1/plans", headers=planner).json()["items"][0]["items"][0]
    answer = api.post(f"/api/v1/plan-items/{item['code']}/completion", headers=planner, json={"result": "failed"})
    assert answer.json() == {"inspection_code": None}


def test_only_what_rules_ask_for_is_accepted_together(
    api: TestClient, planner: dict[str, str], site: Put, suggest: Callable[..., list[int]]
) -> None:
    by_rule = {"rule_gap": "not_trained"}
    ids = suggest({"employee_code": "007", **by_rule}, {"employee_code": "008", **by_rule}, {"employee_code": "007"})
    refused = api.post("/api/v1/plans", headers=planner, json={"suggestions": ids})
    assert refused.status_code == 409
    assert "one by one" in refused.json()["detail"]
    assert api.post("/api/v1/plans", headers=planner, json={"suggestions": ids[:2]}).status_code == 201
    assert len(api.get("/api/v1/plans", headers=planner).json()["items"][0]["items"]) == 2


def test_another_course_needs_a_reason_and_is_kept_as_an_edit(
    api: TestClient, planner: dict[str, str], site: Put, suggest: Callable[..., list[int]], session: Session
) -> None:
    site("courses", {"code": "C9", "title": "Refresher"})
    (chosen,) = suggest({"employee_code": "007"})
    edit = {"suggestions": [chosen], "course_code": "C9"}
    assert api.post("/api/v1/plans", headers=planner, json=edit).status_code == 422
    assert api.post("/api/v1/plans", headers=planner, json=edit | {"reason": "shorter"}).status_code == 201
    decision = session.scalars(select(Decision)).one()
    assert (decision.outcome, decision.course_code, decision.reason) == ("edited", "C9", "shorter")


def test_dismissed_rests_for_thirty_days_unless_a_rule_newly_asks(
    api: TestClient, planner: dict[str, str], site: Put, suggest: Callable[..., list[int]], session: Session
) -> None:
    (chosen,) = suggest({"employee_code": "007"})
    url = f"/api/v1/suggestions/{chosen}/dismissal"
    assert api.post(url, headers=planner, json={}).status_code == 422
    assert api.post(url, headers=planner, json={"reason": "on leave"}).status_code == 204
    assert api.post(url, headers=planner, json={"reason": "again"}).status_code == 409
    suggest({"employee_code": "007"})
    assert _listed(api, planner) == []
    suggest({"employee_code": "007", "rule_gap": "expired"})
    assert _listed(api, planner) == ["007"]


def test_an_unknown_suggestion_is_named(api: TestClient, planner: dict[str, str], site: Put) -> None:
    answer = api.post("/api/v1/plans", headers=planner, json={"suggestions": [987654321]})
    assert answer.status_code == 404
    assert "987654321" in answer.json()["detail"]


def test_only_planners_decide(
    api: TestClient, signed_in: Headers, site: Put, suggest: Callable[..., list[int]]
) -> None:
    (chosen,) = suggest({"employee_code": "007"})
    for role in ("quality", "operations", "data", "employee"):
        answer = api.post("/api/v1/plans", headers=signed_in(role), json={"suggestions": [chosen]})
        assert answer.status_code == 403, role

"""A plan item is taken off its plan, with a reason."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.courses.tables import TrainingRecord

Headers = dict[str, str]


def test_a_cancelled_item_keeps_its_reason_and_its_open_training_record(
    api: TestClient, planner: Headers, item: dict[str, Any], session: Session
) -> None:
    url = f"/api/v1/plan-items/{item['code']}"
    assert api.post(f"{url}/cancellation", headers=planner, json={"reason": "moves away"}).status_code == 204
    (read,) = api.get("/api/v1/plans", headers=planner).json()["items"][0]["items"]
    assert (read["status"], read["cancelled_reason"]) == ("cancelled", "moves away")
    assert session.scalars(select(TrainingRecord.result)).all() == ["open"]
    assert api.post(f"{url}/cancellation", headers=planner, json={"reason": "again"}).status_code == 409
    assert api.post(f"{url}/completion", headers=planner, json={"result": "passed"}).status_code == 409


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}])
def test_a_cancellation_says_why(api: TestClient, planner: Headers, item: dict[str, Any], body: dict[str, str]) -> None:
    url = f"/api/v1/plan-items/{item['code']}/cancellation"
    assert api.post(url, headers=planner, json=body).status_code == 422


def test_what_is_trained_already_is_not_cancelled(api: TestClient, planner: Headers, item: dict[str, Any]) -> None:
    rows = [{"code": item["training_code"], "result": "passed", "completed_at": now().isoformat()}]
    assert api.post("/api/v1/training-records", headers=planner, json={"rows": rows}).status_code == 201
    url = f"/api/v1/plan-items/{item['code']}/cancellation"
    assert api.post(url, headers=planner, json={"reason": "late"}).status_code == 409


def test_an_unknown_item_is_named(api: TestClient, planner: Headers) -> None:
    answer = api.post("/api/v1/plan-items/ITEM-0/cancellation", headers=planner, json={"reason": "x"})
    assert answer.status_code == 404
    assert "ITEM-0" in answer.json()["detail"]

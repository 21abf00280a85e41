"""Training that ends elsewhere (posted, imported) completes its plan item and asks for the inspection."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.clock import now
from service.exchange.importing import import_folder
from service.inspections.tables import Inspection
from service.records.merge import Outcome
from service.retraining.completing import settle
from service.retraining.tables import PlanItem
from service.settings import settings
from tests.service.conftest import Put
from tests.service.console.conftest import counted

Headers = dict[str, str]


def _post(api: TestClient, planner: Headers, item: dict[str, Any], result: str = "passed") -> datetime:
    """Send that a training ended just now; when that is."""
    ended = now()
    body = {"rows": [{"code": item["training_code"], "result": result, "completed_at": ended.isoformat()}]}
    answer = api.post("/api/v1/training-records", headers=planner, json=body)
    assert answer.status_code == 201, answer.text
    return ended


def _item(api: TestClient, planner: Headers) -> dict[str, Any]:
    return dict(api.get("/api/v1/plans", headers=planner).json()["items"][0]["items"][0])


def _ordered(session: Session) -> int:
    return session.scalar(select(func.count()).where(Inspection.kind == "effectiveness")) or 0


def test_posted_as_passed_it_asks_for_one_inspection(
    api: TestClient, planner: Headers, item: dict[str, Any], session: Session
) -> None:
    ended = _post(api, planner, item)
    assert _item(api, planner)["status"] == "completed"
    order = session.scalars(select(Inspection).where(Inspection.code == _item(api, planner)["inspection_code"])).one()
    assert order.due_at == ended + timedelta(days=14)
    assert settle(session) == 0
    assert _ordered(session) == 1


@pytest.mark.parametrize("result", ["failed", "absent"])
def test_posted_as_not_passed_it_asks_for_none_and_is_to_be_taken_again(
    api: TestClient, planner: Headers, item: dict[str, Any], session: Session, result: str
) -> None:
    _post(api, planner, item, result)
    assert api.get("/api/v1/suggestions", headers=planner).status_code == 200
    again = session.scalars(select(PlanItem).where(PlanItem.status == "open")).one()
    assert (again.employee_id, again.due_on) == (
        session.scalars(select(PlanItem.employee_id).where(PlanItem.status == "completed")).one(),
        now().astimezone(settings().zone).date() + timedelta(days=14),
    )
    assert _ordered(session) == 0
    done = api.post(f"/api/v1/plan-items/{again.code}/completion", headers=planner, json={"result": "passed"})
    assert done.json()["inspection_code"] is not None
    assert _ordered(session) == 1


def test_who_left_is_not_to_take_it_again(
    api: TestClient, planner: Headers, item: dict[str, Any], session: Session, site: Put
) -> None:
    site("employees", {"code": "007", "name": "Li", "left_on": now().date() - timedelta(days=1)})
    _post(api, planner, item, "absent")
    assert "open" not in session.scalars(select(PlanItem.status)).all()


def test_the_last_revision_counts(api: TestClient, planner: Headers, item: dict[str, Any], session: Session) -> None:
    ended = now() - timedelta(hours=2)
    passed = {"code": item["training_code"], "result": "passed", "completed_at": ended.isoformat(),
              "known_at": now().isoformat()}
    failed = {**passed, "result": "failed", "known_at": (now() + timedelta(hours=1)).isoformat()}
    body = {"rows": [passed, failed], "reason": "misread"}
    answer = api.post("/api/v1/training-records", headers=planner, json=body)
    assert answer.status_code == 201, answer.text
    assert _item(api, planner)["status"] == "completed"
    assert _ordered(session) == 0


def test_completing_what_is_recorded_already_answers_with_the_inspection(
    api: TestClient, planner: Headers, item: dict[str, Any]
) -> None:
    _post(api, planner, item)
    url = f"/api/v1/plan-items/{item['code']}/completion"
    refused = api.post(url, headers=planner, json={"result": "failed"})
    assert refused.status_code == 409
    assert f"{item['training_code']} says passed already" in refused.json()["detail"]
    answer = api.post(url, headers=planner, json={"result": "passed"})
    assert answer.status_code == 200
    assert answer.json()["inspection_code"] == _item(api, planner)["inspection_code"] is not None


@pytest.mark.parametrize("dry_run", [False, True])
def test_an_imported_folder_settles_what_it_ends(
    item: dict[str, Any], session: Session, tmp_path: Path, dry_run: bool
) -> None:
    told = f"code,result,completed_at\n{item['training_code']},passed,2026-03-01\n"
    (tmp_path / "training_records.csv").write_text(told)
    import_folder(session, tmp_path, dry_run=dry_run, progress=lambda _: None)
    session.expire_all()
    assert session.scalars(select(PlanItem.status)).one() == ("open" if dry_run else "completed")
    assert _ordered(session) == (0 if dry_run else 1)


def test_many_are_settled_in_as_many_statements_as_few(
    api: TestClient, planner: Headers, site: Callable[..., Outcome], suggest: Callable[..., list[int]], session: Session
) -> None:
    def statements(*people: str) -> int:
        site("employees", *({"code": code, "name": code} for code in people))
        chosen = suggest(*({"employee_code": code, "rule_gap": "expired"} for code in people))
        assert api.post("/api/v1/plans", headers=planner, json={"suggestions": chosen}).status_code == 201
        items = api.get("/api/v1/plans", headers=planner).json()["items"][0]["items"]
        ended = [{"code": item["training_code"], "result": "passed", "completed_at": now().isoformat()}
                 for item in items]
        with counted(session.connection()) as sent:
            answer = api.post("/api/v1/training-records", headers=planner, json={"rows": ended})
        assert answer.status_code == 201
        assert {item["status"] for item in api.get("/api/v1/plans", headers=planner).json()["items"][0]["items"]} == {
            "completed"
        }
        with counted(session.connection()) as idle:
            assert settle(session) == 0
        assert len(idle) == 1
        return len(sent)

    assert statements("E1", "E2") == statements(*(f"F{number}" for number in range(20)))

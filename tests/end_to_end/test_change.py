"""A factory's new process version, from its proposal into force, all through HTTP; then poor results, three times."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.messages.tables import Message
from service.retraining.forcing import take_force
from tests.service.conftest import Put, api, ask, day, record, signed_in, site

__all__ = ["api", "ask", "record", "signed_in", "site"]

Ask = Callable[..., Any]


@pytest.fixture
def line(site: Put) -> Put:
    """Li was trained for P1 and works on it, Wu was not; Xu is in another department."""
    site("departments", {"code": "SHOP", "name": "Shop", "function": "operations"})
    site("posts", {"code": "WELD", "name": "Welder", "department_code": "CELL"})
    site("employees", {"code": "009", "name": "Xu"})
    for code, place in (("007", "CELL"), ("008", "CELL"), ("009", "SHOP")):
        site("assignments", {"employee_code": code, "department_code": place, "from_date": day(1).date()}
             | ({"post_code": "WELD"} if place == "CELL" else {}))
    site("training_records", {"code": "T-1", "employee_code": "007", "course_code": "C1", "standard_version": "1",
                              "completed_at": day(2), "result": "passed"})
    site("standard_versions", {"standard_code": "STD", "version": "2", "effective_at": day(20)})
    return site


@pytest.fixture
def step(ask: Ask) -> Ask:
    """Takes a step in a role, as things are now."""

    def taken(role: str, path: str, step: str, **said: Any) -> Any:
        tag = ask("GET", path, role).headers["ETag"]
        return ask("POST", f"{path}/steps", role, json={"step": step, **said}, if_match=tag)

    return taken


def test_a_new_version_of_a_process_from_its_proposal_into_force(
    ask: Ask, step: Ask, line: Put, session: Session
) -> None:
    effective = now() + timedelta(days=20)
    for role in ("quality", "people"):
        ask("GET", "/changes", role)
    proposed = ask("POST", "/changes", "operations", json={
        "process_code": "P1", "version": "B", "summary": "Follow STD 2", "standards": ["STD@2"], "minutes": 30,
        "effective_at": effective.isoformat(), "threshold": 1.0,
    })
    assert proposed.status_code == 201, proposed.text
    change = f"/changes/{proposed.json()['code']}"
    (late,) = ask("GET", "/processes-out-of-step").json()["items"]
    assert (late["process_code"], late["follows"], late["in_force"]) == ("P1", "1", "2")
    assert late["change_code"] == proposed.json()["code"]

    cost = ask("GET", f"{change}/effects", "quality").json()
    assert (cost["new_hires"], cost["retrained"], cost["course_codes"]) == (1, 1, ["C1"])
    assert (cost["training_minutes"], cost["date_can_be_met"]) == (90, True)

    assert step("operations", change, "submit").status_code == 201
    approved = step("quality", change, "approve", revision=1)
    assert approved.status_code == 201, approved.text
    assert approved.json()["waits_for"] == "people"

    plans = {plan["kind"]: plan for plan in ask("GET", "/plans", "people").json()["items"]}
    assert {kind: [item["employee_code"] for item in plan["items"]] for kind, plan in plans.items()} == {
        "new_hire": ["008"], "retraining": ["007"],
    }
    for plan in plans.values():
        assert plan["status"] == "draft"
        path = f"/plans/{plan['code']}"
        assert step("people", path, "publish").status_code == 409
        assert step("people", path, "accept").status_code == 201
        assert step("people", path, "publish").status_code == 201
    assert ask("GET", change).json()["state"] == "training"
    told = Counter(session.scalars(select(Message.kind)))
    # the site's one account of each role; both plans are told to operations and to quality
    kinds = {"change.submitted": 1, "change.approved": 1, "plan.drafted": 2, "plan.published": 4}
    assert {kind: told[kind] for kind in kinds} == kinds
    assert take_force(session, effective) == []

    inspections = {}
    for plan in ask("GET", "/plans", "people").json()["items"]:
        for item in plan["items"]:
            done = ask("POST", f"/plan-items/{item['code']}/completion", "people", json={"result": "passed"})
            inspections[plan["code"]] = done.json()["inspection_code"]
    assert take_force(session, now()) == []
    assert take_force(session, effective) == [proposed.json()["code"]]
    assert ask("GET", change).json()["state"] == "in_force"
    versions = {row["version"] for row in ask("GET", "/process-versions").json()["items"]}
    assert versions == {"A", "B"}
    assert ask("GET", "/processes-out-of-step").json()["items"] == []

    again = plans["retraining"]["code"]
    for expected in ("raised", "raised", "review"):
        inspection = inspections[again]
        assert ask("POST", f"/inspections/{inspection}/result", "quality", json={"result": "fail"}).status_code == 204
        latest = ask("GET", "/training-frequencies", "people").json()["items"][0]
        assert (latest["plan_code"], latest["outcome"]) == (again, expected)
        if latest["next_plan_code"] is None:
            break
        again = latest["next_plan_code"]
        for name in ("accept", "publish"):
            assert step("people", f"/plans/{again}", name).status_code == 201
        (item,) = ask("GET", f"/plans/{again}", "people").json()["items"]
        done = ask("POST", f"/plan-items/{item['code']}/completion", "people", json={"result": "passed"})
        inspections[again] = done.json()["inspection_code"]
    assert expected == "review"

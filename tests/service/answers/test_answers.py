"""You said, we did: from a report by way of a plan to its result, and who sees and is told what."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.messages.tables import Message
from service.people.actions import add_account, issue_token
from tests.service.conftest import Put, day

Ask = Callable[..., Any]
Confirm = Callable[..., None]


def _answer(ask: Ask, code: str = "D1") -> Any:
    return ask("GET", f"/answers/{code}").json()


def _drafted(ask: Ask, **said: Any) -> str:
    made = ask("POST", "/answers", "people", json=said)
    assert made.status_code == 201, made.text
    return str(made.json()["plan_code"])


def test_what_was_said_leads_to_a_plan_and_its_measured_result(
    ask: Ask, line: Put, confirm: Confirm, step: Ask, session: Session
) -> None:
    line("work_records", {"code": "W1", "process_code": "P1", "employee_code": "007", "started_at": day(2),
                          "self_check": "pass"})
    line("inspections", {"code": "I1", "kind": "final", "work_code": "W1", "performed_at": day(2, 3), "result": "fail"})
    assert (_answer(ask)["stage"], _answer(ask)["similar"]) == ("heard", [])
    for report in ("D1", "D2"):
        confirm(report, "course", "C1")
    assert (_answer(ask)["stage"], [about["code"] for about in _answer(ask)["about"]]) == ("understood", ["C1"])

    plan = _drafted(ask, report_codes=["D1", "D2"])
    assert _answer(ask)["stage"] == "planned"
    refused = ask("POST", "/answers", "people", json={"report_codes": ["D2"]})
    assert (refused.status_code, f"answered by plan {plan} already" in refused.text) == (409, True)
    assert {item["employee_code"] for item in ask("GET", f"/plans/{plan}").json()["items"]} == {"007", "008"}
    step(plan, "accept")
    published = step(plan, "publish")
    assert _answer(ask)["stage"] == "in_training"

    done = [
        ask("POST", f"/plan-items/{item['code']}/completion", "people", json={"result": "passed"}).json()
        for item in published["items"]
    ]
    assert _answer(ask)["stage"] == "trained"
    for result, inspection in zip(("pass", "fail"), done, strict=True):
        path = f"/inspections/{inspection['inspection_code']}/result"
        assert ask("POST", path, "quality", json={"result": result}).status_code == 204
    found = _answer(ask, "D2")
    (shown,) = [plan for plan in found["plans"] if plan["outcome"] is not None]
    assert (found["stage"], shown["failed_after"], shown["inspected_after"]) == ("measured", 1, 2)
    assert shown["outcome"] == "raised"
    assert len(found["plans"]) == 2, "the plan that trains once more answers the same reports"
    told = [kind for kind in session.scalars(select(Message.kind)) if kind.startswith("report.")]
    assert sorted(told) == ["report.answered"] * 2 + ["report.raised"] * 2


def test_the_inspections_of_the_same_people_before_the_plan_are_counted(ask: Ask, line: Put) -> None:
    plan = _drafted(ask, report_codes=["D1"], course_codes=["C1"])
    lately, long_ago = now() - timedelta(days=10), now() - timedelta(days=200)
    line("work_records", *(
        {"code": f"W{number}", "process_code": "P1", "employee_code": "007", "started_at": at, "self_check": "pass"}
        for number, at in enumerate((lately, long_ago))
    ))
    line("inspections", *(
        {"code": f"I{number}", "kind": "final", "work_code": f"W{number}", "performed_at": at, "result": "fail"}
        for number, at in enumerate((lately, long_ago))
    ), {"code": "I9", "kind": "audit", "employee_code": "008", "process_code": "P1", "performed_at": lately,
        "result": "pass"})
    (shown,) = _answer(ask)["plans"]
    assert (shown["plan_code"], shown["failed_before"], shown["inspected_before"]) == (plan, 1, 2)


def test_reports_about_the_same_clause_are_grouped_and_so_are_those_somebody_calls_alike(
    ask: Ask, line: Put, confirm: Confirm
) -> None:
    line("clauses", {"standard_code": "STD", "version": "1", "clause": "4.1", "text": "Torque is set each shift."})
    for report in ("D1", "D2"):
        confirm(report, "clause", "STD@1@4.1")
    assert _answer(ask)["similar"] == ["D2"]
    confirm("D3", "report", "D1")
    assert _answer(ask, "D3")["similar"] == ["D1", "D2"]
    confirm("D3", "report", "D1", "reject")
    assert _answer(ask, "D3")["similar"] == []


def test_a_rejected_plan_answers_nothing_and_says_why(ask: Ask, line: Put, step: Ask) -> None:
    plan = _drafted(ask, report_codes=["D3"], course_codes=["C1"], title="Dust")
    step(plan, "reject", reason="The air filter is broken, not the people")
    found = _answer(ask, "D3")
    assert (found["stage"], found["plans"][0]["closed_reason"]) == ("heard", "The air filter is broken, not the people")
    assert _drafted(ask, report_codes=["D3"], course_codes=["C1"]) != plan


def test_a_complaint_is_answered_as_well(ask: Ask, line: Put) -> None:
    line("issues", {"code": "Q1", "kind": "complaint", "process_code": "P1", "occurred_at": day(3), "severity": "minor",
                    "text": "x"})
    plan = _drafted(ask, issue_codes=["Q1"], course_codes=["C1"])
    assert ask("GET", f"/plans/{plan}").json()["kind"] == "answer"


@pytest.mark.parametrize(("said", "status", "says"), [
    ({}, 422, "name a report or an issue"),
    ({"report_codes": ["D9"]}, 404, "no difficulty report 'D9'"),
    ({"issue_codes": ["Q9"]}, 404, "no issue 'Q9'"),
    ({"report_codes": ["D1"]}, 409, "confirm a match"),
    ({"report_codes": ["D4"], "course_codes": ["C1"]}, 400, "which process"),
    ({"report_codes": ["D1"], "course_codes": ["C9"]}, 404, "no course 'C9'"),
    ({"report_codes": ["D1"], "process_code": "P9", "course_codes": ["C1"]}, 404, "no process 'P9'"),
    ({"report_codes": ["D1"], "process_code": "P2", "course_codes": ["C1"]}, 409, "Nobody who works here"),
    ({"report_codes": ["D1"], "course_codes": ["C1"], "due_on": "2020-01-01"}, 400, "that day is over"),
])
def test_what_cannot_be_answered_is_refused_and_leaves_nothing(
    ask: Ask, line: Put, said: dict[str, Any], status: int, says: str
) -> None:
    line("processes", {"code": "P2", "name": "Paint", "department_code": "LINE"})
    line("departments", {"code": "SHOP", "name": "Shop", "function": "operations"})
    line("processes", {"code": "P2", "name": "Paint", "department_code": "SHOP"})
    line("difficulty_reports", {"code": "D4", "department_code": "CELL", "occurred_at": day(3), "severity": 1,
                                "text": "x"})
    refused = ask("POST", "/answers", "people", json=said)
    assert (refused.status_code, says in refused.text) == (status, True), refused.text
    assert ask("GET", "/plans", "people").json()["items"] == []


def test_an_employee_sees_what_became_of_their_own_reports_alone(
    api: TestClient, ask: Ask, line: Put, session: Session
) -> None:
    account = add_account(session, "li", "Li", "employee", None, employee_code="007", departments=[])
    headers = {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}
    found = api.get("/api/v1/answers", headers=headers).json()["items"]
    assert [(one["report_code"], one["mine"]) for one in found] == [("D2", True), ("D1", True)]
    assert api.get("/api/v1/answers/D1", headers=headers).status_code == 200
    assert api.get("/api/v1/answers/D3", headers=headers).status_code == 404
    every = ask("GET", "/answers?department_code=CELL").json()["items"]
    assert [one["report_code"] for one in every] == ["D3", "D2", "D1"]
    assert ask("GET", "/answers?mine=true").json()["items"] == []

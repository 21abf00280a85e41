"""Tracing over HTTP: who may, what stays hidden until a reason is given, and verdicts that are kept."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.tables import AuditEvent
from service.people.actions import add_account, issue_token
from service.trace.assessing import count_work
from tests.service.conftest import Put

DAY = timedelta(days=1)
NOW = datetime.now(UTC)


@pytest.fixture
def headers(session: Session) -> Callable[..., dict[str, str]]:
    """The headers of somebody in a role, perhaps of some departments only."""
    count = iter(range(100))

    def made(role: str, *departments: str) -> dict[str, str]:
        login = f"{role}{next(count)}"
        account = add_account(session, login, login, role, None, departments=list(departments) or None)
        return {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}

    return made


@pytest.fixture
def line(site: Put) -> Put:
    """A batch that somebody untrained worked on, and an issue of it; beside another department that has neither."""
    site("departments", {"code": "OTHER", "name": "Other", "function": "operations"},
         {"code": "HR", "name": "HR", "function": "people"}, {"code": "QA", "name": "QA", "function": "quality"})
    site("batches", {"code": "B1", "process_code": "P1", "started_at": NOW - 2 * DAY})
    site("work_records", {
        "code": "W1", "batch_code": "B1", "process_code": "P1", "process_version": "A", "employee_code": "007",
        "started_at": NOW - 2 * DAY, "self_check": "pass",
    })
    site("issues", {"code": "Q1", "kind": "complaint", "batch_code": "B1", "occurred_at": NOW - DAY,
                    "severity": "minor", "text": "cold joint"})
    return site


def test_who_sees_the_batch_gets_the_cause_and_nobody_else(
    api: TestClient, line: Put, headers: Callable[..., dict[str, str]]
) -> None:
    inside, outside = headers("operations", "CELL"), headers("operations", "OTHER")
    found = api.get("/api/v1/trace?batch_code=B1", headers=inside).json()
    assert set(found["causes"]) == {"training_not_completed", "unqualified_on_post", "inspection_missed"}
    assert api.get("/api/v1/trace?batch_code=B1", headers=outside).status_code == 404
    assert api.get("/api/v1/trace?issue_code=Q1", headers=outside).status_code == 404
    assert api.get("/api/v1/trace?employee_code=007", headers=outside).status_code == 404


@pytest.mark.parametrize("asked", ["", "batch_code=B1&issue_code=Q1"])
def test_exactly_one_subject_is_named(
    api: TestClient, line: Put, headers: Callable[..., dict[str, str]], asked: str
) -> None:
    answer = api.get(f"/api/v1/trace?{asked}", headers=headers("quality"))
    assert answer.status_code == 422
    assert "name exactly one" in answer.text


@pytest.mark.parametrize(("asked", "status", "said"), [
    ({"batch_code": "NONE"}, 404, "no batch 'NONE'"), ({"issue_code": "NONE"}, 404, "no issue 'NONE'"),
    ({"unit_code": "NONE"}, 404, "no department 'NONE'"), ({"employee_code": "NONE"}, 404, "no employee 'NONE'"),
    ({"batch_code": "B1", "known_at": "1950-01-01T00:00:00Z"}, 422, "before anything was done here"),
    ({"batch_code": "B1", "known_at": "yesterday"}, 422, "known_at"),
])
def test_what_cannot_be_traced_is_said(
    api: TestClient, line: Put, headers: Callable[..., dict[str, str]], asked: dict[str, str], status: int, said: str
) -> None:
    answer = api.get("/api/v1/trace", params=asked, headers=headers("quality"))
    assert answer.status_code == status
    assert said in answer.json()["detail"]


def test_a_name_several_people_bear_asks_which(
    api: TestClient, line: Put, headers: Callable[..., dict[str, str]]
) -> None:
    line("employees", {"code": "017", "name": "Li"})
    answer = api.get("/api/v1/trace?employee_code=Li", headers=headers("quality"))
    assert answer.status_code == 409
    assert "007, 017" in answer.json()["detail"]
    assert api.get("/api/v1/trace?employee_code=Wu", headers=headers("quality")).json()["code"] == "008"


def test_names_appear_for_a_reason_that_is_put_on_record(
    api: TestClient, line: Put, headers: Callable[..., dict[str, str]], session: Session
) -> None:
    quality = headers("quality")
    assert api.get("/api/v1/trace?batch_code=B1", headers=quality).json()["names"] == {}
    named = api.get("/api/v1/trace?batch_code=B1&names_reason=customer asks", headers=quality).json()
    assert named["names"] == {"007": "Li"}
    told = session.scalars(select(AuditEvent.new).where(AuditEvent.table_name == "names in a trace")).all()
    assert told == [{"reason": "customer asks", "employees": ["007"]}]


def test_a_verdict_is_kept_and_confirmed_or_overruled_with_a_reason(
    api: TestClient, line: Put, headers: Callable[..., dict[str, str]]
) -> None:
    quality = headers("quality")
    made = api.post("/api/v1/issues/Q1/cause-assessments", headers=quality)
    assert made.status_code == 201
    number, causes = made.json()["assessment_id"], made.json()["trace"]["causes"]
    url = "/api/v1/issues/Q1/cause-decisions"
    body: dict[str, Any] = {"assessment_id": number, "decision": "overrule", "causes": ["process_not_followed"]}
    assert api.post(url, json=body, headers=quality).status_code == 422
    assert api.post(url, json=body | {"reason": "the iron was cold"}, headers=quality).status_code == 204
    (kept,) = api.get("/api/v1/issues/Q1/case", headers=quality).json()["assessments"]
    assert kept["causes"] == causes
    assert kept["verdict"]["verdict"][0]["speaks_for"][0]["records"]
    assert [(each["decision"], each["causes"]) for each in kept["decisions"]] == [
        ("overrule", ["process_not_followed"])
    ]
    assert api.post("/api/v1/issues/NONE/cause-assessments", headers=quality).status_code == 404


def test_training_is_not_suggested_where_qualified_people_keep_failing(
    api: TestClient, line: Put, headers: Callable[..., dict[str, str]], session: Session
) -> None:
    line("training_records", {
        "code": "T", "employee_code": "008", "course_code": "C1", "result": "passed", "standard_version": "1",
        "completed_at": NOW - 100 * DAY,
    })
    for number in range(30):
        line("work_records", {
            "code": f"WQ{number}", "process_code": "P1", "process_version": "A", "self_check": "pass",
            "employee_code": "008" if number % 3 else "007", "started_at": NOW - 20 * DAY + number * timedelta(hours=1),
        })
        line("inspections", {
            "code": f"IQ{number}", "kind": "final", "work_code": f"WQ{number}", "performed_at": NOW - 10 * DAY,
            "result": "fail" if number % 2 else "pass",
        })
    line("issues", {"code": "Q2", "kind": "complaint", "process_code": "P1", "occurred_at": NOW - DAY,
                    "severity": "minor", "text": "again"})
    counted = count_work(session, "Q2")
    assert counted is not None
    qualified, unqualified = counted
    assert (qualified.total, unqualified.total) == (20, 10)
    case = api.get("/api/v1/issues/Q2/case", headers=headers("quality")).json()
    assert case["training"] == "training_will_not_help"


def test_an_answer_of_before_a_late_record_can_be_had_again(
    api: TestClient, line: Put, headers: Callable[..., dict[str, str]]
) -> None:
    quality = headers("quality")
    moment = datetime.now(UTC).isoformat()
    line("training_records", {
        "code": "LATE", "employee_code": "007", "course_code": "C1", "result": "passed", "standard_version": "1",
        "completed_at": NOW - 50 * DAY, "known_at": datetime.now(UTC) + timedelta(seconds=5),
    })
    now = api.get("/api/v1/trace?batch_code=B1", headers=quality).json()
    before = api.get("/api/v1/trace", params={"batch_code": "B1", "known_at": moment}, headers=quality).json()
    assert "training_not_completed" in before["causes"]
    assert "training_not_completed" not in now["causes"]
    assert [line["late"] for line in now["timeline"] if line["record"] == "training_records/LATE"] == [True]

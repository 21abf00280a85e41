"""You said, we did on the console: reporting, judging what it is about, planning an answer."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.difficulties.tables import DifficultyReport
from service.people.tables import Assignment
from service.retraining.tables import Plan, PlanItem
from service.work.tables import WorkRecord
from tests.service.console import site
from tests.service.console.conftest import signed_in
from tests.service.console.site import ago

REPORT = {"kind": "difficulty", "department": "D-LINE", "process": "P-TORQUE", "severity": "4",
          "text": "The bit <i>wobbles</i>."}


def _reported(client: TestClient) -> str:
    assert client.post("/answers", data=REPORT).status_code == 303
    found = re.search(r"Report (DR-\w{8}) is kept", client.get("/answers").text)
    assert found is not None
    return found[1]


def test_a_difficulty_is_reported_and_answered(client: TestClient, session: Session) -> None:
    at = {"employee_code": "E001", "department_code": "D-LINE", "from_date": ago(days=90).date()}
    site.record(session, Assignment, at)
    site.record(session, WorkRecord, {"code": "W1", "process_code": "P-TORQUE", "employee_code": "E001",
                                      "started_at": ago(days=3), "self_check": "pass"})
    session.commit()
    signed_in(client, "olu")
    code = _reported(client)
    assert "The bit &lt;i&gt;wobbles&lt;/i&gt;." in client.get("/answers").text
    signed_in(client, "hua")
    said = {"at": code, "kind": "course", "target": "C-TORQUE", "verdict": "confirm"}
    assert client.post("/answers/links", data=said).status_code == 303
    assert "Confirmed" in client.get("/answers").text
    drafted = client.post("/answers/plans", data={"at": code, "reports": code})
    assert drafted.status_code == 303, drafted.text
    plan = session.scalars(select(Plan).where(Plan.kind == "answer")).one()
    assert session.scalars(select(PlanItem.status).where(PlanItem.plan_id == plan.id)).first() == "draft"
    shown = client.get("/answers").text
    assert plan.code in shown
    assert "Plan waits for a decision" in shown


def test_who_reports_without_a_name_stays_unnamed(client: TestClient, session: Session) -> None:
    signed_in(client, "olu")
    client.post("/answers", data={**REPORT, "unnamed": "true"})
    assert session.scalars(
        select(DifficultyReport.reported_by_id).where(DifficultyReport.text == REPORT["text"])
    ).all() == [None]


@pytest.mark.parametrize(("typed", "status", "says"), [
    ({"text": " "}, 422, "Say it in a few words."),
    ({"department": "NOWHERE"}, 422, ""),
])
def test_what_is_wrong_with_a_report_is_said_and_what_was_typed_stays(
    client: TestClient, typed: dict[str, str], status: int, says: str
) -> None:
    signed_in(client, "olu")
    refused = client.post("/answers", data=REPORT | {"text": "kept text"} | typed)
    assert (refused.status_code, says in refused.text) == (status, True)
    assert 'role="alert"' in refused.text
    if "text" not in typed:
        assert ">kept text</textarea>" in refused.text


def test_a_plan_without_a_course_is_refused_beside_its_reports(client: TestClient) -> None:
    signed_in(client, "olu")
    code = _reported(client)
    signed_in(client, "hua")
    refused = client.post("/answers/plans", data={"at": code, "reports": code})
    assert (refused.status_code, "No course was confirmed" in refused.text) == (409, True)


def test_the_page_speaks_chinese(client: TestClient) -> None:
    signed_in(client, "olu")
    _reported(client)
    client.cookies.set("retrace_language", "zh")
    shown = client.get("/answers").text
    assert "您说我改" in shown
    assert "已收到" in shown

"""The pages of issue handling that start from a question: trace, staffing and the gate."""

import io
from datetime import timedelta
from zipfile import ZipFile

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.issues.tables import CauseDecision, Issue
from service.people.tables import Assignment, Employee
from service.qualification.tables import GateCheck, WorkFlag
from service.work.tables import Batch, WorkRecord
from tests.service.console.conftest import signed_in
from tests.service.console.site import NOW, record


@pytest.fixture
def failed(session: Session) -> None:
    """A batch that an untrained person worked on, an issue of it, and somebody else with the same name."""
    record(session, Batch, {"code": "LOT/1", "process_code": "P-TORQUE", "started_at": NOW - timedelta(days=2)})
    record(session, WorkRecord, {
        "code": "W-1", "batch_code": "LOT/1", "process_code": "P-TORQUE", "employee_code": "E001",
        "started_at": NOW - timedelta(days=2), "self_check": "pass",
    })
    record(session, Issue, {"code": "Q-1", "kind": "complaint", "batch_code": "LOT/1", "severity": "minor",
                            "occurred_at": NOW - timedelta(days=1), "text": "<b>loose</b>"})
    record(session, Employee, {"code": "E901", "name": "王芳"})


@pytest.mark.parametrize(("login", "status"), [("qian", 200), ("olu", 200), ("hua", 200), ("emma", 403)])
@pytest.mark.parametrize("address", ["/trace", "/staffing"])
def test_who_may_look(client: TestClient, login: str, status: int, address: str) -> None:
    assert signed_in(client, login).get(address).status_code == status


def test_a_batch_typed_in_gives_the_cause_in_the_viewers_language(inspector: TestClient, failed: None) -> None:
    english = inspector.get("/trace?said=LOT/1").text
    assert "Training not completed" in english
    assert "E001 never completed the training that P-TORQUE requires." in english
    assert "requirements/P-TORQUE" in english
    inspector.cookies.set("retrace_language", "zh")
    chinese = inspector.get("/trace?said=LOT/1").text
    assert "培训未完成" in chinese
    assert "E001从未完成P-TORQUE要求的培训" in chinese


def test_a_name_several_people_bear_asks_which(inspector: TestClient, failed: None) -> None:
    asked = inspector.get("/trace", params={"said": "王芳"}).text
    assert "Which one?" in asked
    assert "/trace?subject=employee&amp;said=E001" in asked
    assert "/trace?subject=employee&amp;said=E901" in asked
    assert "Nothing found" in inspector.get("/trace?said=nobody").text


def test_names_appear_for_a_reason(inspector: TestClient, failed: None) -> None:
    assert "王芳" not in inspector.get("/trace?said=LOT/1").text
    assert "王芳" in inspector.get("/trace?said=LOT/1&names_reason=recall").text


def test_a_verdict_is_overruled_with_a_reason_or_not_at_all(
    inspector: TestClient, failed: None, session: Session
) -> None:
    form = {"issue_code": "Q-1", "decision": "overrule", "causes": "process_not_followed"}
    refused = inspector.post("/trace/decide", data=form)
    assert refused.status_code == 422
    assert "neither confirmed nor overruled without a reason" in refused.text
    assert session.scalars(select(CauseDecision)).all() == []
    kept = inspector.post("/trace/decide", data=form | {"reason": "the key slipped"})
    assert kept.status_code == 303
    assert "kept beside the verdict" in inspector.get(kept.headers["location"]).text
    decision = session.scalars(select(CauseDecision)).one()
    assert (decision.causes, decision.reason) == (["process_not_followed"], "the key slipped")


def test_the_binder_is_one_click_with_a_reason(inspector: TestClient, failed: None) -> None:
    assert inspector.get("/trace/binder.zip?subject=batch&code=LOT/1").status_code == 422
    answer = inspector.get("/trace/binder.zip?subject=batch&code=LOT/1&reason=authority")
    with ZipFile(io.BytesIO(answer.content)) as archive:
        assert "index.html" in archive.namelist()


def test_the_board_prints_with_its_time(client: TestClient, session: Session) -> None:
    signed_in(client, "olu")
    record(session, Assignment, {"employee_code": "E001", "department_code": "D-LINE", "from_date": "2026-01-01"})
    record(session, WorkRecord, {
        "code": "W-1", "process_code": "P-TORQUE", "employee_code": "E001", "self_check": "pass",
        "started_at": NOW - timedelta(days=2),
    })
    shown = client.get("/staffing?department=D-LINE").text
    assert "王芳" in shown
    assert "Torque tightening" in shown
    assert "Not trained" in shown
    assert "As of" in shown
    assert client.get("/staffing?department=NONE").status_code == 404


def test_a_closed_gate_holds_back_and_an_emergency_passes_with_a_reason(
    client: TestClient, session: Session
) -> None:
    signed_in(client, "qian")
    session.commit()
    form = {"employee_code": "E001", "process_code": "P-TORQUE"}
    checked = client.post("/gate", data=form | {"act": "check"})
    assert "lacks what Torque tightening requires" in checked.text
    assert "does not hold them back" in checked.text
    assert session.scalars(select(GateCheck.allowed)).all() == [True]
    refused = client.post("/gate", data=form | {"act": "emergency"})
    assert refused.status_code == 422
    assert "an emergency start needs a reason" in refused.text
    started = client.post("/gate", data=form | {"act": "emergency", "reason": "fire"})
    assert started.status_code == 303
    assert "Quality reviews the start within 24 hours" in client.get("/gate").text
    assert session.scalars(select(WorkFlag.why)).all() == ["emergency"]


def test_quality_reviews_an_emergency_start_of_somebody_elses(client: TestClient, session: Session) -> None:
    signed_in(client, "olu")
    form = {"employee_code": "E001", "process_code": "P-TORQUE", "act": "emergency", "reason": "fire"}
    assert client.post("/gate", data=form).status_code == 303
    assert "Emergency starts to review" not in client.get("/gate").text
    code = session.scalars(select(GateCheck.code)).one()
    signed_in(client, "qian")
    assert "Reason: fire" in client.get("/gate").text
    empty = client.post("/gate/review", data={"code": code, "review": " "})
    assert (empty.status_code, "Say what you make of it" in empty.text) == (422, True)
    assert client.post("/gate/review", data={"code": code, "review": "right to do so"}).status_code == 303
    assert f"Your review of emergency start {code} is kept." in client.get("/gate").text
    assert "Emergency starts to review" not in client.get("/gate").text
    assert session.scalars(select(GateCheck.review)).all() == ["right to do so"]
    assert client.post("/gate/review", data={"code": code, "review": "again"}).status_code == 409


def test_a_form_left_empty_says_what_is_missing(client: TestClient) -> None:
    signed_in(client, "olu")
    answer = client.post("/gate", data={"act": "start"})
    assert answer.status_code == 422
    assert "Give the employee&#39;s code." in answer.text
    assert "Give the code of the process." in answer.text

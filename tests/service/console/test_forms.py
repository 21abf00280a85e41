"""What plain form posts do, without scripts."""

import re

from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.inspections.tables import Finding, Inspection
from service.suggestions.tables import Decision, Suggestion


def _of(session: Session, *people: str) -> list[int]:
    query = select(Suggestion.id).where(Suggestion.employee_code.in_(people), Suggestion.course_code.is_not(None))
    return list(session.scalars(query))


def test_without_scripts_a_decision_redirects_to_the_list_with_a_note(planner: TestClient, session: Session) -> None:
    (chosen,) = _of(session, "E006")
    done = planner.post("/planner/accept", data={"suggestions": chosen, "who": "<刘洋>"})
    assert (done.status_code, done.headers["location"]) == (303, "/planner")
    shown = planner.get("/planner").text
    assert re.search(r"&lt;刘洋&gt; is on plan PLAN-\w+; the training record is open\.", shown)
    assert f'id="s-{chosen}"' not in shown
    assert "is on plan" not in planner.get("/planner").text


def test_score_only_items_are_not_accepted_together(planner: TestClient, session: Session) -> None:
    answer = planner.post("/planner/accept", data={"suggestions": _of(session, "E006", "E007"), "which": "group"})
    assert answer.status_code == 409
    assert "decide the others one by one" in answer.text
    assert session.scalars(select(Decision)).all() == []


def test_an_edit_keeps_what_was_typed_and_says_what_is_missing(planner: TestClient, session: Session) -> None:
    (chosen,) = _of(session, "E006")
    typed = {"suggestions": chosen, "which": "edit", "course_code": "C-NONE", "due_on": "2031-02-03"}
    silent = planner.post("/planner/accept", data=typed)
    assert (silent.status_code, "C-NONE" in silent.text) == (422, True)
    assert "needs a reason" in silent.text
    unknown = planner.post("/planner/accept", data=typed | {"reason": "the newer course"})
    assert unknown.status_code == 422
    assert "There is no course with this code." in unknown.text
    assert 'value="the newer course"' in unknown.text
    edited = planner.post("/planner/accept", data=typed | {"reason": "new", "course_code": "C-TORQUE"})
    assert edited.status_code == 303
    assert session.scalars(select(Decision.outcome)).all() == ["edited"]


def test_who_was_slower_is_told(planner: TestClient, session: Session) -> None:
    (chosen,) = _of(session, "E006")
    planner.post(f"/planner/{chosen}/dismiss", data={"reason": "on leave"})
    late = planner.post("/planner/accept", data={"suggestions": chosen})
    assert late.status_code == 409
    assert "has been decided already" in late.text


def test_what_was_typed_survives_one_more_finding_and_an_error(inspector: TestClient, session: Session) -> None:
    address = "/quality/inspections/UNIT%2F7"
    typed = {"result": "fail", "sample_size": "many", "severity": ["major", ""], "clause": ["4.2", ""],
             "count": ["", ""], "text": ["loose", "no severity"]}
    more = inspector.post(address, data=typed | {"more": "1"})
    assert more.status_code == 200
    assert more.text.count("<legend>Finding") == 3
    wrong = inspector.post(address, data=typed)
    assert wrong.status_code == 422
    for shown in ('value="many"', 'value="4.2"', 'value="no severity"', "Give a whole number, 0 or more.",
                  "Choose how severe it is."):
        assert shown in wrong.text
    assert session.scalars(select(Finding)).all() == []
    right = typed | {"sample_size": "5", "severity": ["major", "minor"]}
    assert inspector.post(address, data=right).headers["location"] == "/quality"
    assert session.scalars(select(Finding.severity).order_by(Finding.id)).all() == ["major", "minor"]


def test_another_inspector_than_planned_needs_a_reason(inspector: TestClient, session: Session) -> None:
    typed = {"result": "pass", "inspector_code": "QA-9", "performed_at": "2026-01-02T08:30"}
    address = "/quality/inspections/INS-002"
    refused = inspector.post(address, data=typed)
    assert refused.status_code == 422
    assert "This differs from what was planned" in refused.text
    assert inspector.post(address, data=typed | {"reason": "QA-7 is ill"}).status_code == 303
    revisions = select(Inspection).where(Inspection.code == "INS-002").order_by(Inspection.revision.desc())
    last = session.scalars(revisions).all()[0]
    assert (last.inspector_code, last.result) == ("QA-9", "pass")
    assert last.performed_at is not None
    assert last.performed_at.isoformat() == "2026-01-02T00:30:00+00:00"


def test_an_inspection_with_a_result_has_no_form(inspector: TestClient) -> None:
    assert inspector.get("/quality/inspections/OLD-001").status_code == 409
    assert inspector.get("/quality/inspections/NONE").status_code == 404

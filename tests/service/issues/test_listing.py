"""Issues by how far they are; and their departments see them, nobody else."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from service.issues.causes import store
from service.people.actions import add_account, issue_token
from tests.service.conftest import Put, day
from tests.service.issues.conftest import Headers, Take


def _listed(api: TestClient, headers: Headers, asked: str = "") -> list[tuple[str, str]]:
    items = api.get(f"/api/v1/issue-cases?{asked}", headers=headers).json()["items"]
    return [(item["issue_code"], item["state"]) for item in items]


@pytest.fixture
def three(issue: str, site: Put) -> Put:
    """Two more issues, one of nowhere."""
    usual = {"kind": "complaint", "occurred_at": day(4), "severity": "minor", "text": "x"}
    site("issues", {"code": "Q-2", "department_code": "LINE", **usual}, {"code": "Q-3", **usual})
    return site


def test_issues_by_state_department_and_time(
    api: TestClient, three: Put, quality: Headers, take: Take
) -> None:
    assert _listed(api, quality) == [("Q-3", "open"), ("Q-2", "open"), ("Q/1", "open")]
    contained = take("contain", department_code="LINE").json()
    assert contained["owner_department_code"] == "LINE"
    assert _listed(api, quality, "state=contained") == [("Q/1", "contained")]
    assert _listed(api, quality, "state=open") == [("Q-3", "open"), ("Q-2", "open")]
    assert _listed(api, quality, "department_code=LINE") == [("Q-2", "open"), ("Q/1", "contained")]
    assert _listed(api, quality, f"updated_since={contained['updated_at'].replace('+', '%2B')}") == [
        ("Q/1", "contained")
    ]


@pytest.mark.parametrize("path", ["issue-cases", "process-change-requests"])
def test_pages_go_on_and_end(api: TestClient, three: Put, quality: Headers, path: str) -> None:
    for code in ("Q/1", "Q-2", "Q-3"):
        body = {"text": "x", "process_code": "P1"}
        api.post(f"/api/v1/issues/{code}/process-change-requests", json=body, headers=quality)
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = api.get(f"/api/v1/{path}?limit=2{cursor and f'&cursor={cursor}'}", headers=quality).json()
        seen += [item["issue_code"] for item in page["items"]]
        cursor = page["next"]
    assert seen == ["Q-3", "Q-2", "Q/1"]
    assert api.get(f"/api/v1/{path}?cursor=x", headers=quality).json()["type"] == "urn:retrace:problem:bad-cursor"


def test_a_corrected_issue_is_listed_once_and_handled_on(
    api: TestClient, three: Put, quality: Headers, take: Take
) -> None:
    take("contain")
    three("issues", {"code": "Q/1", "text": "cold joints"}, reason="several")
    assert sorted(_listed(api, quality)) == [("Q-2", "open"), ("Q-3", "open"), ("Q/1", "contained")]
    assert take("assess_cause").status_code == 201


#: who looks, by department, and whether the issue of CELL (below LINE) is theirs
PLACED: dict[str, tuple[list[str] | None, bool]] = {
    "everywhere": (None, True), "above": (["LINE"], True), "here": (["CELL"], True), "beside": (["DOCK"], False),
    "nowhere": ([], False),
}


@pytest.fixture
def placed(session: Session, site: Put) -> Callable[[str, str], Headers]:
    site("departments", {"code": "DOCK", "name": "Dock", "function": "operations"})

    def headers(role: str, where: str) -> Headers:
        account = add_account(session, f"{role}-{where}", role, role, None, departments=PLACED[where][0])
        return {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}

    return headers


@pytest.mark.parametrize("where", PLACED)
def test_all_of_a_case_is_seen_and_written_as_its_issue_is(
    api: TestClient, session: Session, issue: str, take: Take, quality: Headers, where: str,
    placed: Callable[[str, str], Headers], record_property: Callable[[str, object], None],
) -> None:
    found, (_, mine) = store(session, issue, {}, ["undetermined"], day(9)).id, PLACED[where]
    url, who, seen = f"/api/v1/issues/{issue}", placed("quality", where), 200 if mine else 404
    asked: dict[str, Any] = api.post(f"{url}/process-change-requests", json={"text": "x"}, headers=quality).json()
    assert api.get(f"{url}/case", headers=who).status_code == seen
    assert _listed(api, who) == ([(issue, "open")] if mine else [])
    assert take("contain", who).status_code == (201 if mine else 404)
    decision = {"assessment_id": found, "decision": "confirm", "reason": "x"}
    assert api.post(f"{url}/cause-decisions", json=decision, headers=who).status_code == (204 if mine else 404)
    again = api.post(f"{url}/process-change-requests", json={"text": "y"}, headers=who)
    assert again.status_code == (201 if mine else 404)
    requests = api.get("/api/v1/process-change-requests", headers=who).json()["items"]
    assert len(requests) == (2 if mine else 0)
    answer = api.post(
        f"/api/v1/process-change-requests/{asked['code']}/decision", json={"decision": "accepted", "reason": "x"},
        headers=placed("operations", where),
    )
    assert answer.status_code == (204 if mine else 404)
    record_property("cells of handling issues by department", 7)


def test_whoever_answers_for_a_process_sees_what_is_asked_of_it(
    api: TestClient, site: Put, issue: str, quality: Headers, placed: Callable[[str, str], Headers]
) -> None:
    theirs = placed("operations", "beside")
    site("processes", {"code": "P2", "name": "Load", "department_code": "DOCK"})
    body = {"text": "load it flat", "process_code": "P2"}
    code = api.post(f"/api/v1/issues/{issue}/process-change-requests", json=body, headers=quality).json()["code"]
    (seen,) = api.get("/api/v1/process-change-requests", headers=theirs).json()["items"]
    assert (seen["code"], seen["process_code"]) == (code, "P2")
    decided = {"decision": "accepted", "reason": "at once"}
    url = f"/api/v1/process-change-requests/{code}/decision"
    assert api.post(url, json=decided, headers=theirs).status_code == 204
    assert api.get(f"/api/v1/issues/{issue}/case", headers=theirs).status_code == 404


def test_a_check_by_a_department_that_does_not_see_the_issue_moves_it_on(
    api: TestClient, issue: str, take: Take, come_to: Callable[[str], Any], quality: Headers,
    placed: Callable[[str, str], Headers],
) -> None:
    theirs = placed("quality", "beside")
    come_to("order_check")
    code = take("order_check", department_code="DOCK").json()["check_code"]
    assert api.post(f"/api/v1/inspections/{code}/result", json={"result": "pass"}, headers=theirs).status_code == 204
    assert api.get(f"/api/v1/issues/{issue}/case", headers=theirs).status_code == 404
    assert api.get(f"/api/v1/issues/{issue}/case", headers=quality).json()["state"] == "check_passed"

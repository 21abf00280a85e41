"""An issue from containment to the effectiveness check, by its routes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.tables import AuditEvent
from service.clock import now
from service.events.tables import Outgoing
from tests.service.conftest import Put
from tests.service.issues.conftest import ORDER, Headers, Take

ComeTo = Callable[[str], dict[str, Any]]


@pytest.fixture
def case(api: TestClient, quality: Headers, issue: str) -> Callable[[], dict[str, Any]]:
    return lambda: dict(api.get(f"/api/v1/issues/{issue}/case", headers=quality).json())


@pytest.fixture
def inspected(api: TestClient, quality: Headers) -> Callable[..., None]:
    """Records the result of a check by its own route."""

    def recorded(code: str, result: str, by: Headers | None = None, **said: Any) -> None:
        body = {"result": result, **said}
        answer = api.post(f"/api/v1/inspections/{code}/result", json=body, headers=by or quality)
        assert answer.status_code == 204, answer.text

    return recorded


def _events(session: Session, issue: str) -> list[str]:
    told = select(Outgoing.name).where(Outgoing.subject == f"issues/{issue}").order_by(Outgoing.id)
    return list(session.scalars(told))


def test_an_issue_nobody_has_begun_with_is_open(case: Callable[[], dict[str, Any]]) -> None:
    told = case()
    assert (told["state"], told["steps"], told["owner"], told["owner_department_code"]) == ("open", [], None, "CELL")
    assert told["next"] == [
        {"step": "contain", "says": "say what was held, where and by whom", "roles": ["operations", "quality"]}
    ]


def test_the_whole_way(
    session: Session, come_to: ComeTo, take: Take, issue: str, inspected: Callable[..., None],
    case: Callable[[], dict[str, Any]],
) -> None:
    told = come_to("order_check")
    assert [step["step"] for step in told["steps"]] == ORDER[:3]
    assert told["steps"][0]["refs"] == [{"table": "batches", "code": "L-1"}]
    assert (told["steps"][2]["employee_code"], told["steps"][2]["taken_by"]) == ("007", "otto")
    waiting = take("order_check").json()
    assert (waiting["state"], waiting["next"]) == ("check_ordered", [])
    assert take("close").status_code == 409
    inspected(waiting["check_code"], "pass")
    assert case()["state"] == "check_passed"
    closed = take("close")
    assert (closed.status_code, closed.json()["state"], closed.json()["next"]) == (201, "closed", [])
    assert [step["step"] for step in case()["steps"]] == [*ORDER[:4], "pass_check", "close"]
    assert _events(session, issue) == ["issue.contained", "issue.checked", "issue.closed"]


def test_the_check_is_an_inspection_where_the_issue_belongs(
    api: TestClient, come_to: ComeTo, take: Take, quality: Headers
) -> None:
    come_to("order_check")
    code = take("order_check").json()["check_code"]
    (ordered,) = api.get(f"/api/v1/inspections/{code}", headers=quality).json()
    assert (ordered["kind"], ordered["process_code"], ordered["department_code"]) == ("effectiveness", "P1", "CELL")
    assert ordered["result"] is None
    assert ordered["due_at"] > now().isoformat()


def test_a_check_cannot_be_due_in_the_past(come_to: ComeTo, take: Take) -> None:
    come_to("order_check")
    over = take("order_check", due_at=(now() - timedelta(hours=1)).isoformat())
    assert (over.status_code, "it is over" in over.json()["detail"]) == (400, True)


@pytest.mark.parametrize("way", ["route", "records", "import"])
def test_a_failed_check_leads_back_to_the_action_however_it_is_recorded(
    api: TestClient, site: Put, come_to: ComeTo, take: Take, quality: Headers, inspected: Callable[..., None],
    case: Callable[[], dict[str, Any]], way: str,
) -> None:
    come_to("order_check")
    code = take("order_check").json()["check_code"]
    if way == "route":
        inspected(code, "fail")
    elif way == "records":
        row = {"code": code, "result": "fail", "performed_at": now().isoformat()}
        assert api.post("/api/v1/inspections", json={"rows": [row]}, headers=quality).status_code == 201
    else:
        site("inspections", {"code": code, "result": "fail", "performed_at": now()})
    told = case()
    assert (told["state"], told["next"][0]["step"]) == ("cause_assessed", "take_action")
    assert told["steps"][-1]["refs"] == [{"table": "inspections", "code": code}]
    assert (told["steps"][-1]["taken_by"] is None) == (way == "import")
    assert [take(step).status_code for step in ("take_action", "order_check")] == [201, 201]
    assert case()["check_code"] != code


def test_what_is_no_check_of_an_issue_moves_none(
    site: Put, come_to: ComeTo, take: Take, case: Callable[[], dict[str, Any]]
) -> None:
    come_to("order_check")
    take("order_check")
    site("inspections", {"code": "OTHER", "kind": "effectiveness", "process_code": "P1", "result": "pass",
                         "performed_at": now()})
    assert case()["state"] == "check_ordered"


def test_who_took_the_action_does_not_judge_it(
    come_to: ComeTo, take: Take, somebody: Callable[..., Headers], inspected: Callable[..., None],
    case: Callable[[], dict[str, Any]],
) -> None:
    taker, twin = somebody("quality", "tess", "008"), somebody("quality", "tess-at-home", "008")
    come_to("take_action")
    take("take_action", taker)
    for by, said in ((taker, {}), (twin, {}), (None, {"inspector_code": "007"}), (None, {"inspector_code": "008"})):
        inspected(take("order_check").json()["check_code"], "pass", by, **said)
        assert case()["state"] == "action_taken"
        assert case()["steps"][-1]["step"] == "discount_check"
    inspected(take("order_check").json()["check_code"], "pass")
    for by in (taker, twin):
        refused = take("close", by)
        assert (refused.status_code, "somebody else" in refused.json()["detail"]) == (403, True)
    assert take("close").status_code == 201


def test_a_failure_counts_whoever_finds_it(
    come_to: ComeTo, take: Take, somebody: Callable[..., Headers], inspected: Callable[..., None],
    case: Callable[[], dict[str, Any]],
) -> None:
    come_to("take_action")
    take("take_action", taker := somebody("quality", "tess"))
    inspected(take("order_check").json()["check_code"], "fail", taker)
    assert case()["state"] == "cause_assessed"


def test_a_pass_corrected_to_a_failure_takes_the_issue_back_until_it_is_closed(
    come_to: ComeTo, take: Take, inspected: Callable[..., None], case: Callable[[], dict[str, Any]]
) -> None:
    come_to("order_check")
    code = take("order_check").json()["check_code"]
    inspected(code, "pass")
    inspected(code, "fail", reason="wrong line looked at")
    assert case()["state"] == "cause_assessed"
    inspected(code, "pass", reason="it was the right one")
    assert case()["state"] == "cause_assessed"
    take("take_action")
    inspected(code := take("order_check").json()["check_code"], "pass")
    assert take("close").status_code == 201
    inspected(code, "fail", reason="too late")
    assert case()["state"] == "closed"


def test_a_closed_issue_is_not_reopened_but_gone_on_with(
    api: TestClient, site: Put, come_to: ComeTo, take: Take, quality: Headers, issue: str,
    inspected: Callable[..., None], case: Callable[[], dict[str, Any]],
) -> None:
    new = {"kind": "complaint", "process_code": "P1", "severity": "minor", "text": "again"}
    site("issues", {"code": "Q-2", "occurred_at": now(), **new})
    come_to("order_check")
    assert take("contain", of="Q-2", follows=issue).status_code == 409  # not closed yet
    inspected(take("order_check").json()["check_code"], "pass")
    take("close")
    for step in ORDER:
        refused = take(step)
        assert refused.status_code == 409
        assert f"record a new issue, and name {issue}" in refused.json()["detail"]
    assert take("contain", of="Q-2", follows="Q-2").status_code == 409
    assert take("contain", of="Q-2", follows=issue).json()["follows"] == issue
    assert case()["followed_by"] == ["Q-2"]


def test_of_two_at_once_the_second_learns_of_the_first(
    api: TestClient, take: Take, quality: Headers, issue: str
) -> None:
    read = api.get(f"/api/v1/issues/{issue}/case", headers=quality).headers["ETag"]
    assert take("contain", read=None).status_code == 428
    first = take("contain", read=read)
    assert first.status_code == 201
    assert take("contain", read=read).status_code == 412
    assert take("assess_cause", read=read).status_code == 412
    assert take("assess_cause", read=first.headers["ETag"]).status_code == 201


def test_what_was_refused_leaves_nothing(take: Take, case: Callable[[], dict[str, Any]]) -> None:
    assert take("close").status_code == 409
    assert take("contain", refs=[{"table": "batches", "code": "L-9"}]).status_code == 422
    assert (case()["state"], case()["steps"], case()["updated_at"]) == ("open", [], None)


@pytest.mark.parametrize(("step", "said", "status"), [
    ("contain", {"place": ""}, 422), ("contain", {"employee_code": "999"}, 422),
    ("contain", {"department_code": "X"}, 422), ("contain", {"follows": "X"}, 409),
    ("contain", {"refs": [{"table": "employees", "code": "007"}]}, 422), ("contain", {"causes": ["x"]}, 422),
    ("assess_cause", {"causes": []}, 422), ("assess_cause", {"causes": ["fate"]}, 422),
    ("take_action", {"action": "blame"}, 422), ("take_action", {"due_on": None}, 422),
    ("take_action", {"employee_code": "999"}, 422), ("order_check", {"department_code": "X"}, 422),
])
def test_what_cannot_be_done_is_refused(
    come_to: ComeTo, take: Take, step: str, said: dict[str, Any], status: int
) -> None:
    if step != "contain":
        come_to(step)
    assert take(step, **said).status_code == status


def test_an_unknown_issue_is_named(api: TestClient, take: Take, quality: Headers) -> None:
    assert "'Q-0'" in take("contain", of="Q-0").json()["detail"]
    assert api.get("/api/v1/issues/Q-0/case", headers=quality).status_code == 404


def test_each_step_is_refused_to_other_roles(come_to: ComeTo, take: Take, operations: Headers) -> None:
    come_to("assess_cause")
    refused = take("assess_cause", operations)
    assert (refused.status_code, "quality" in refused.json()["detail"]) == (403, True)


def test_the_issue_itself_stays_as_it_was(
    api: TestClient, come_to: ComeTo, quality: Headers, issue: str
) -> None:
    before = api.get(f"/api/v1/issues/{issue}", headers=quality).json()
    come_to("order_check")
    assert api.get(f"/api/v1/issues/{issue}", headers=quality).json() == before


def test_a_case_names_persons_so_a_look_at_it_is_on_record(
    session: Session, issue: str, case: Callable[[], dict[str, Any]]
) -> None:
    case()
    reads = select(AuditEvent.table_name, AuditEvent.code).where(AuditEvent.action == "read")
    assert session.execute(reads).all() == [("issue_cases", issue)]

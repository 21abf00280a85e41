"""The gate through its routes: every way work starts, and every way somebody decides beside the rules."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.courses.tables import Requirement
from service.people.tables import Post
from service.qualification import gate
from service.qualification.rules import OUTCOMES, QUALIFIED, SUPERVISED
from service.qualification.tables import GateCheck, Supervision, Suspension, WorkFlag
from service.work.tables import WorkRecord
from tests.service.conftest import Put

Headers = Callable[[str], dict[str, str]]
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@given(st.sampled_from(["off", "warn", "block"]), st.sampled_from(OUTCOMES), st.booleans())
def test_only_a_closed_gate_holds_back_and_never_an_emergency(mode: str, outcome: str, emergency: bool) -> None:
    held_back = not gate.allowed(mode, outcome, emergency=emergency)
    assert held_back == (mode == "block" and outcome not in {QUALIFIED, SUPERVISED} and not emergency)


@given(st.sampled_from(["warn", "block"]), st.sampled_from([*OUTCOMES, None]), st.booleans())
def test_only_qualified_work_behind_a_gate_goes_unflagged(mode: str, outcome: str | None, emergency: bool) -> None:
    assert (gate.flag(mode, outcome, emergency=emergency) is None) == (outcome == QUALIFIED and not emergency)


def _trained(site: Put, employee: str, days: int = 30, **more: object) -> None:
    row = {"code": f"T-{employee}-{days}", "employee_code": employee, "course_code": "C1", "result": "passed",
           "completed_at": NOW - days * DAY, "standard_version": "1"}
    site("training_records", row | more)


def _switch(ask: Callable[..., Any], mode: str) -> None:
    assert ask("PUT", "/gates/P1", json={"mode": mode, "reason": "as agreed"}).status_code == 200


@pytest.fixture
def check(site: Put, ask: Callable[..., Any]) -> Callable[..., Any]:
    """Asks the gate for a person, at a site where nobody is trained."""

    def checked(employee: str, role: str = "operations", **more: Any) -> Any:
        return ask("POST", "/gate-checks", role, json={"employee_code": employee, "process_code": "P1", **more})

    return checked


def test_a_check_answers_with_evidence_and_stays_on_record(
    site: Put, check: Callable[..., Any], ask: Callable[..., Any], session: Session
) -> None:
    _switch(ask, "block")
    _trained(site, "008")
    held_back, let_in = check("007").json(), check("008").json()
    assert (held_back["outcome"], held_back["allowed"]) == ("not_trained", False)
    assert held_back["unmet"][0]["reason"] == "not_trained"
    assert held_back["says"]["en"] == "Li lacks what Solder requires."
    assert (let_in["outcome"], let_in["allowed"]) == ("qualified", True)
    assert let_in["evidence"] == ["training_records/T-008-30"]
    kept = session.execute(select(GateCheck.code, GateCheck.allowed).order_by(GateCheck.id)).all()
    assert kept == [(held_back["code"], False), (let_in["code"], True)]
    listed = ask("GET", "/gate-checks", params={"employee_code": "008"}).json()["items"]
    assert [item["code"] for item in listed] == [let_in["code"]]


@pytest.mark.parametrize(("mode", "allowed"), [("off", True), ("warn", True), ("block", False)])
def test_the_mode_decides_what_an_unqualified_start_becomes(
    ask: Callable[..., Any], check: Callable[..., Any], mode: str, allowed: bool
) -> None:
    _switch(ask, mode)
    assert check("007").json()["allowed"] is allowed
    answer = ask("POST", "/work-starts", "operations", json={"employee_code": "007", "process_code": "P1"})
    assert answer.status_code == (201 if allowed else 409)
    if not allowed:
        assert answer.json()["type"].endswith("gate-closed")


def test_a_start_records_the_work_and_a_refused_one_only_the_check(
    site: Put, ask: Callable[..., Any], check: Callable[..., Any], session: Session
) -> None:
    _switch(ask, "block")
    _trained(site, "008")
    for employee in ("007", "008"):
        ask("POST", "/work-starts", "operations",
            json={"employee_code": employee, "process_code": "P1", "code": f"W-{employee}"})
    assert session.scalars(select(WorkRecord.code)).all() == ["W-008"]
    assert session.scalars(select(GateCheck.allowed).order_by(GateCheck.id)).all() == [False, True]
    assert session.scalars(select(WorkFlag.why)).all() == []


def test_an_emergency_is_never_blocked_and_is_reviewed_by_somebody_else(
    ask: Callable[..., Any], check: Callable[..., Any], session: Session
) -> None:
    _switch(ask, "block")
    assert check("007", emergency=True).status_code == 422
    row = {"employee_code": "007", "process_code": "P1", "emergency": True, "reason": "bleeding", "code": "W-E"}
    started = ask("POST", "/work-starts", "operations", json=row).json()
    assert (started["allowed"], started["work_code"]) == (True, "W-E")
    due = datetime.fromisoformat(started["review_due_at"]) - datetime.fromisoformat(started["checked_at"])
    assert due == timedelta(hours=24)
    assert session.scalars(select(WorkFlag.why)).all() == ["emergency"]
    waiting = ask("GET", "/gate-checks", params={"unreviewed": True}).json()["items"]
    assert [item["code"] for item in waiting] == [started["code"]]
    said = ask("POST", f"/gate-checks/{started['code']}/review", json={"review": "right to do so"})
    assert said.status_code == 200
    assert ask("POST", f"/gate-checks/{started['code']}/review", json={"review": "again"}).status_code == 409
    assert ask("GET", "/gate-checks", params={"unreviewed": True}).json()["items"] == []


def test_who_asked_for_an_emergency_does_not_review_it(api: TestClient, signed_in: Headers, site: Put) -> None:
    headers = signed_in("quality")
    row = {"employee_code": "007", "process_code": "P1", "emergency": True, "reason": "fire"}
    code = api.post("/api/v1/gate-checks", json=row, headers=headers).json()["code"]
    assert api.post(f"/api/v1/gate-checks/{code}/review", json={"review": "fine"}, headers=headers).status_code == 403


def _supervise(ask: Callable[..., Any], learner: str, mentor: str, days: float = 10) -> Any:
    row = {"employee_code": learner, "process_code": "P1", "supervisor_code": mentor, "reason": "new here",
           "until": (datetime.now(UTC) + days * DAY).isoformat()}
    return ask("POST", "/supervisions", "operations", json=row)


def test_supervised_work_takes_a_qualified_supervisor_who_is_somebody_else(
    site: Put, ask: Callable[..., Any], check: Callable[..., Any], session: Session
) -> None:
    _switch(ask, "block")
    assert _supervise(ask, "007", "008").status_code == 422
    _trained(site, "008")
    assert _supervise(ask, "008", "008").status_code == 422
    assert _supervise(ask, "007", "008", days=-1).status_code == 422
    assert _supervise(ask, "007", "008", days=400).status_code == 422
    assert _supervise(ask, "007", "008").status_code == 201
    found = check("007").json()
    assert (found["outcome"], found["allowed"], found["supervisor_code"]) == ("supervised", True, "008")
    ask("POST", "/work-starts", "operations", json={"employee_code": "007", "process_code": "P1", "code": "W-S"})
    assert session.scalars(select(WorkFlag.why)).all() == ["supervised"]


def test_supervision_ends_when_the_supervisor_is_no_longer_qualified(
    site: Put, ask: Callable[..., Any], check: Callable[..., Any]
) -> None:
    _trained(site, "008")
    _supervise(ask, "007", "008")
    suspended = ask("POST", "/suspensions", json={"employee_code": "008", "reason": "under review"}).json()
    assert check("007").json()["outcome"] == "not_trained"
    assert check("008").json()["outcome"] == "suspended"
    assert ask("POST", f"/suspensions/{suspended['code']}/lift", json={"reason": "cleared"}).status_code == 200
    assert ask("POST", f"/suspensions/{suspended['code']}/lift", json={"reason": "cleared"}).status_code == 409
    assert check("007").json()["outcome"] == "supervised"


def test_work_that_comes_without_a_check_is_kept_and_flagged(
    site: Put, ask: Callable[..., Any], check: Callable[..., Any], session: Session
) -> None:
    row = {"process_code": "P1", "employee_code": "007", "self_check": "pass"}
    site("work_records", row | {"code": "BEFORE", "started_at": datetime.now(UTC)})
    _switch(ask, "warn")
    site("work_records", row | {"code": "LATER", "started_at": datetime.now(UTC)})
    check("007")
    site("work_records", row | {"code": "WARNED", "started_at": datetime.now(UTC)})
    flags = session.execute(
        select(WorkRecord.code, WorkFlag.why, WorkFlag.outcome).join(WorkRecord, WorkRecord.id == WorkFlag.work_id)
    ).all()
    assert sorted(flags) == [("LATER", "ungated", "not_trained"), ("WARNED", "warned", "not_trained")]


def test_a_qualified_check_covers_the_work_after_it_unless_a_suspension_comes_between(
    site: Put, ask: Callable[..., Any], check: Callable[..., Any], session: Session
) -> None:
    _switch(ask, "block")
    _trained(site, "008")
    check("008")
    row = {"process_code": "P1", "employee_code": "008", "self_check": "pass"}
    site("work_records", row | {"code": "COVERED", "started_at": datetime.now(UTC)})
    ask("POST", "/suspensions", json={"employee_code": "008", "process_code": "P1", "reason": "asked to stop"})
    site("work_records", row | {"code": "AFTER", "started_at": datetime.now(UTC)})
    site("work_records", row | {"code": "NEXT-DAY", "started_at": datetime.now(UTC) + timedelta(hours=13)})
    flags = session.execute(
        select(WorkRecord.code, WorkFlag.why).join(WorkRecord, WorkRecord.id == WorkFlag.work_id)
    ).all()
    assert sorted(flags) == [("AFTER", "ungated"), ("NEXT-DAY", "ungated")]


def test_both_yesterdays_answer_and_todays_can_be_asked_for(site: Put, ask: Callable[..., Any]) -> None:
    at = NOW - 10 * DAY
    _trained(site, "007", known_at=NOW - DAY)
    asked = {"employee_code": "007", "process_code": "P1", "at": at.isoformat()}
    then = ask("GET", "/qualification", params=asked | {"known_at": (NOW - 2 * DAY).isoformat()}).json()
    today = ask("GET", "/qualification", params=asked).json()
    assert (then["outcome"], today["outcome"]) == ("not_trained", "qualified")


def test_a_corrected_record_changes_the_answer_from_when_the_correction_is_known(
    site: Put, ask: Callable[..., Any]
) -> None:
    _trained(site, "007", known_at=NOW - 30 * DAY)
    site("training_records", {"code": "T-007-30", "result": "failed", "known_at": NOW - DAY}, reason="marks mixed up")
    asked = {"employee_code": "007", "process_code": "P1", "at": (NOW - 5 * DAY).isoformat()}
    then = ask("GET", "/qualification", params=asked | {"known_at": (NOW - 2 * DAY).isoformat()}).json()
    assert (then["outcome"], ask("GET", "/qualification", params=asked).json()["outcome"]) == ("qualified", "failed")


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"employee_code": "nobody"}, 404, "no employee 'nobody'"),
        ({"process_code": "nothing"}, 404, "no process 'nothing'"),
        ({"post_code": "nowhere"}, 404, "no post 'nowhere'"),
        ({"at": "1990-01-01T00:00:00Z"}, 422, "before Solder existed"),
    ],
)
def test_what_cannot_be_asked(
    site: Put, ask: Callable[..., Any], changed: dict[str, str], status: int, said: str
) -> None:
    answer = ask("GET", "/qualification", params={"employee_code": "007", "process_code": "P1"} | changed)
    assert answer.status_code == status
    assert said in answer.text


def test_who_does_not_work_here_is_told_so(site: Put, ask: Callable[..., Any], check: Callable[..., Any]) -> None:
    site("employees", {"code": "007", "name": "Li", "left_on": (NOW - 3 * DAY).date()})
    assert check("007").status_code == 422


def test_an_emergency_is_not_held_back_by_a_date_in_the_staff_list_either(
    site: Put, ask: Callable[..., Any], check: Callable[..., Any], session: Session
) -> None:
    site("employees", {"code": "007", "name": "Li", "hired_on": (NOW + 3 * DAY).date()})
    row = {"employee_code": "007", "process_code": "P1"}
    assert ask("POST", "/work-starts", "operations", json=row).status_code == 422
    started = ask("POST", "/work-starts", "operations", json=row | {"emergency": True, "reason": "flood"})
    assert (started.status_code, started.json()["outcome"]) == (201, "not_trained")
    assert session.scalars(select(WorkFlag.why)).all() == ["emergency"]


def test_who_names_no_post_is_asked_about_the_one_they_hold(
    site: Put, ask: Callable[..., Any], check: Callable[..., Any], session: Session
) -> None:
    _switch(ask, "block")
    _trained(site, "008")
    site("posts", *({"code": code, "name": code, "department_code": "CELL"} for code in ("BENCH", "DESK")))
    site("requirements", {"post_code": "BENCH", "kind": "licence", "credential_kind": "welder"})
    days = {"OLD": (-90, -60), "BENCH": (-50, None)}
    site("posts", {"code": "OLD", "name": "OLD", "department_code": "CELL"})
    site("assignments", *(
        {"employee_code": "008", "department_code": "CELL", "post_code": post, "from_date": (NOW + since * DAY).date(),
         "to_date": None if until is None else (NOW + until * DAY).date()} for post, (since, until) in days.items()
    ))
    silent, elsewhere = check("008").json(), check("008", post_code="DESK").json()
    assert (silent["post_code"], silent["outcome"]) == ("BENCH", "not_trained")
    assert (elsewhere["post_code"], elsewhere["outcome"]) == ("DESK", "qualified")
    before = {"employee_code": "008", "process_code": "P1", "at": (NOW - 5 * DAY).isoformat()}
    assert ask("GET", "/qualification", params=before).json()["outcome"] == "not_trained"
    site("credentials", {"employee_code": "008", "kind": "welder", "issued_at": NOW - 900 * DAY})
    row = {"employee_code": "008", "process_code": "P1", "code": "W"}
    assert ask("POST", "/work-starts", "operations", json=row).status_code == 201
    assert session.scalar(select(Post.code).join(WorkRecord, WorkRecord.post_id == Post.id)) == "BENCH"


def test_a_validity_that_cannot_be_read_makes_nothing_count_and_no_answer_fails(
    site: Put, check: Callable[..., Any], ask: Callable[..., Any], session: Session
) -> None:
    _trained(site, "008")
    session.execute(update(Requirement).values(attributes={"valid_until": "someday"}))
    assert check("008").json()["outcome"] == "expired"
    row = {"employee_code": "008", "process_code": "P1", "emergency": True, "reason": "fire"}
    assert ask("POST", "/work-starts", "operations", json=row).status_code == 201


@pytest.mark.parametrize(("path", "body", "status", "said"), [
    ("/gate-checks", {"employee_code": "nobody"}, 404, "no employee 'nobody'"),
    ("/gate-checks", {"process_code": "nothing"}, 404, "no process 'nothing'"),
    ("/gate-checks", {"post_code": "nowhere"}, 404, "no post 'nowhere'"),
    ("/work-starts", {"employee_code": "nobody"}, 404, "no employee 'nobody'"),
    ("/work-starts", {"batch_code": "none"}, 422, "no such code in batches"),
    ("/supervisions", {"supervisor_code": "nobody"}, 404, "no employee 'nobody'"),
    ("/supervisions", {"supervisor_code": "007"}, 422, "nobody supervises himself"),
    ("/supervisions", {"supervisor_code": "008"}, 422, "is not qualified for P1 (not_trained); name somebody who is"),
    ("/suspensions", {"employee_code": "nobody", "process_code": None}, 404, "no employee 'nobody'"),
    ("/suspensions", {"process_code": "nothing"}, 404, "no process 'nothing'"),
])
def test_what_cannot_be_done_names_what_is_wrong_and_leaves_nothing(
    site: Put, ask: Callable[..., Any], session: Session, path: str, body: dict[str, Any], status: int, said: str
) -> None:
    given = {"employee_code": "007", "process_code": "P1", **body}
    if path in {"/supervisions", "/suspensions"}:
        given["reason"] = "as agreed"
    if path == "/supervisions":
        given["until"] = (NOW + DAY).isoformat()
    answer = ask("POST", path, json=given)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]
    for row in (GateCheck, WorkRecord, Supervision, Suspension):
        assert session.scalars(select(row.id)).all() == []


def test_a_switch_needs_a_reason_and_the_same_mode_again_changes_nothing(site: Put, ask: Callable[..., Any]) -> None:
    assert ask("PUT", "/gates/P1", json={"mode": "block"}).status_code == 422
    _switch(ask, "block")
    _switch(ask, "block")
    found = ask("GET", "/gates/P1").json()
    assert (found["mode"], len(found["switches"])) == ("block", 1)

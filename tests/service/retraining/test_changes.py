"""Changes and the plans that answer them: what is refused, whom it concerns, standards, and staff that moves."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.messages.tables import Message
from service.processes.tables import Change
from service.retraining.forcing import remind, take_force
from service.retraining.staff_moves import follow
from service.retraining.tables import PlanItem
from tests.service.conftest import Put, day

Ask = Callable[..., Any]
LATER = timedelta(days=20)


@pytest.fixture
def line(site: Put) -> Put:
    """Li, trained for P1, and Wu, who is not, in its department."""
    for code in ("007", "008"):
        site("assignments", {"employee_code": code, "department_code": "CELL", "from_date": day(1).date()})
    site("training_records", {"code": "T-1", "employee_code": "007", "course_code": "C1", "standard_version": "1",
                              "completed_at": day(2), "result": "passed"})
    return site


def _proposal(**said: Any) -> dict[str, Any]:
    usual = {"process_code": "P1", "version": "B", "summary": "New", "effective_at": (now() + LATER).isoformat()}
    return {name: value for name, value in {**usual, **said}.items() if value is not None}


@pytest.fixture
def propose(ask: Ask, line: Put) -> Callable[..., str]:
    """Proposes a change in a role; its path."""

    def proposed(role: str = "operations", **said: Any) -> str:
        made = ask("POST", "/changes", role, json=_proposal(**said))
        assert made.status_code == 201, made.text
        return f"/changes/{made.json()['code']}"

    return proposed


@pytest.fixture
def step(ask: Ask) -> Ask:
    """Takes a step in a role, as things are now."""

    def taken(role: str, path: str, step: str, **said: Any) -> Any:
        tag = ask("GET", path, role).headers["ETag"]
        return ask("POST", f"{path}/steps", role, json={"step": step, **said}, if_match=tag)

    return taken


@pytest.fixture
def approved(step: Ask, propose: Callable[..., str]) -> Callable[..., str]:
    """Proposes a change and has it approved; its path."""

    def made(**said: Any) -> str:
        path = propose(**said)
        assert step("operations", path, "submit").status_code == 201
        assert step("quality", path, "approve", revision=1).status_code == 201
        return path

    return made


def _plans(ask: Ask) -> dict[str, Any]:
    return {plan["kind"]: plan for plan in ask("GET", "/plans", "people").json()["items"] if plan["status"] == "draft"}


def test_nobody_reviews_their_own_and_none_but_the_last_revision(ask: Ask, step: Ask, propose: Any) -> None:
    path = propose("admin")
    step("admin", path, "submit")
    assert step("admin", path, "approve", revision=1).status_code == 403
    assert step("operations", path, "approve", revision=1).status_code == 403
    read = ask("GET", path).headers["ETag"]
    content = {name: value for name, value in _proposal(summary="Better").items() if name not in
               {"process_code", "version"}}
    assert ask("PATCH", path, "operations", json=content, if_match=read).status_code == 200
    assert ask("POST", f"{path}/steps", json={"step": "approve", "revision": 1}, if_match=read).status_code == 412
    outdated = step("quality", path, "approve", revision=1)
    assert (outdated.status_code, "at revision 2" in outdated.json()["detail"]) == (409, True)
    assert ask("POST", f"{path}/steps", json={"step": "approve", "revision": 2}).status_code == 428
    assert step("quality", path, "approve", revision=2).status_code == 201


def test_what_is_in_force_or_proposed_already_is_refused(ask: Ask, step: Ask, propose: Any, session: Session) -> None:
    again = ask("POST", "/changes", "operations", json=_proposal(version="A"))
    assert (again.status_code, "what is in force is not changed" in again.json()["detail"]) == (409, True)
    path = propose()
    assert "go on with CHG-" in ask("POST", "/changes", "operations", json=_proposal()).json()["detail"]
    past = _proposal(version="C", effective_at=day(1).isoformat())
    assert ask("POST", "/changes", "operations", json=past).status_code == 400
    assert ask("POST", "/changes", "quality", json=_proposal(version="C")).status_code == 403
    step("operations", path, "submit")
    step("quality", path, "approve", revision=1)
    forced = step("quality", path, "force", revision=1, reason="The old one is dangerous")
    assert (forced.status_code, forced.json()["state"]) == (201, "forced")
    assert "in force and is not changed" in step("operations", path, "withdraw", reason="x").json()["detail"]


def test_nothing_is_reviewed_that_no_course_teaches(step: Ask, propose: Any, line: Put) -> None:
    line("processes", {"code": "P2", "name": "Paint", "department_code": "CELL"})
    path = propose(process_code="P2", version="1")
    refused = step("operations", path, "submit")
    assert (refused.status_code, "No course teaches" in refused.json()["detail"]) == (409, True)


def test_a_minor_change_is_read_by_who_knew_it_and_learned_by_who_did_not(ask: Ask, approved: Any) -> None:
    approved(scale="minor", minutes=10)
    found = {kind: [(item["employee_code"], item["method"]) for item in plan["items"]]
             for kind, plan in _plans(ask).items()}
    assert found == {"retraining": [("007", "read")], "new_hire": [("008", "course")]}


def test_only_who_holds_a_named_post_is_concerned(ask: Ask, approved: Any, line: Put) -> None:
    line("posts", {"code": "WELD", "name": "Welder", "department_code": "LINE"})
    line("employees", {"code": "010", "name": "He"})
    line("assignments", {"employee_code": "010", "department_code": "LINE", "post_code": "WELD",
                         "from_date": day(1).date()})
    approved(posts=["WELD"])
    assert [item["employee_code"] for plan in _plans(ask).values() for item in plan["items"]] == ["010"]


def test_where_nobody_is_concerned_it_takes_force_on_its_date(
    ask: Ask, approved: Any, line: Put, session: Session
) -> None:
    line("posts", {"code": "WELD", "name": "Welder", "department_code": "LINE"})
    path = approved(posts=["WELD"])
    assert ask("GET", path).json()["state"] == "training"
    assert take_force(session) == []
    assert len(take_force(session, now() + LATER)) == 1


def test_plans_for_nobody_or_for_who_left_are_refused_and_people_are_put_on_and_taken_off(
    ask: Ask, step: Ask, approved: Any, line: Put
) -> None:
    approved()
    plan = _plans(ask)["new_hire"]
    path, (item,) = f"/plans/{plan['code']}", plan["items"]
    line("employees", {"code": "008", "name": "Wu", "left_on": now().date()})
    left = step("people", path, "accept")
    assert (left.status_code, "left (008)" in left.json()["detail"]) == (409, True)
    tag = ask("GET", path, "people").headers["ETag"]
    emptied = ask("PATCH", path, "people", json={"remove": [item["code"]], "reason": "left"}, if_match=tag)
    assert emptied.status_code == 200, emptied.text
    assert "for nobody" in step("people", path, "accept").json()["detail"]
    added = {"employee_code": "007", "process_code": "P1", "course_code": "C1",
             "due_on": (now() + LATER).date().isoformat()}
    tag = emptied.headers["ETag"]
    put_on = ask("PATCH", path, "people", json={"add": [added], "reason": "asked"}, if_match=tag)
    assert put_on.status_code == 200, put_on.text
    twice = ask("PATCH", path, "people", json={"add": [added], "reason": "x"}, if_match=put_on.headers["ETag"])
    assert twice.status_code == 409
    gone = added | {"employee_code": "008"}
    assert ask("PATCH", path, "people", json={"add": [gone], "reason": "x"}, if_match="*").status_code == 409
    assert step("people", path, "accept").status_code == 201
    assert step("people", path, "publish").status_code == 201


def test_a_rejected_plan_sends_the_change_back_and_leaves_nobody_half_asked(
    ask: Ask, step: Ask, approved: Any, session: Session
) -> None:
    path = approved()
    plan = f"/plans/{_plans(ask)['new_hire']['code']}"
    assert step("people", plan, "reject").status_code == 422
    assert step("people", plan, "reject", reason="No trainer until May").status_code == 201
    change = ask("GET", path).json()
    assert (change["state"], change["waits_for"]) == ("changes_requested", "operations")
    assert set(session.scalars(select(PlanItem.status))) == {"cancelled"}
    step("operations", path, "submit")
    assert step("quality", path, "approve", revision=1).status_code == 201
    assert set(_plans(ask)) == {"new_hire", "retraining"}
    assert step("operations", path, "withdraw", reason="Not needed").status_code == 201
    assert _plans(ask) == {}


def test_a_standard_walks_the_same_way_and_processes_are_out_of_step_until_they_follow(
    ask: Ask, step: Ask, propose: Any, session: Session
) -> None:
    clauses = [{"clause": "1", "text": "Wear gloves."}]
    path = propose("quality", process_code=None, standard_code="STD", version="2", clauses=clauses)
    step("quality", path, "submit")
    assert step("quality", path, "approve", revision=1).status_code == 403
    assert step("admin", path, "approve", revision=1).status_code == 201
    for plan in _plans(ask).values():
        for name in ("accept", "publish"):
            assert step("people", f"/plans/{plan['code']}", name).status_code == 201
        for item in plan["items"]:
            assert item["standard_version"] == "2"
            ask("POST", f"/plan-items/{item['code']}/completion", "people", json={"result": "passed"})
    assert ask("GET", "/processes-out-of-step").json()["items"] == []
    assert len(take_force(session, now() + LATER)) == 1
    (late,) = ask("GET", "/processes-out-of-step").json()["items"]
    assert (late["process_code"], late["follows"], late["in_force"], late["change_code"]) == ("P1", "1", "2", None)
    assert [row["text"] for row in ask("GET", "/clauses").json()["items"]] == ["Wear gloves."]
    for who in ("007", "008"):
        standing = ask("GET", f"/qualification?employee_code={who}&process_code=P1").json()
        assert standing["outcome"] == "qualified", standing


def test_an_overdue_review_is_told_once(
    step: Ask, propose: Any, session: Session, ask: Ask
) -> None:
    path = propose()
    ask("GET", path, "quality")
    step("operations", path, "submit")
    assert remind(session) == 0
    late = datetime.fromisoformat(ask("GET", path).json()["review_due_at"]) + timedelta(minutes=1)
    assert [remind(session, late), remind(session, late)] == [1, 0]
    assert session.scalars(select(Message.kind).where(Message.kind == "change.review_overdue")).all()


def test_who_comes_gets_a_gap_plan_and_who_leaves_is_asked_nothing_more(
    ask: Ask, line: Put, session: Session
) -> None:
    today = now().date().isoformat()
    hire = {"kind": "hire", "employee_code": "011", "name": "Fu", "department_code": "CELL", "on": today,
            "mentor_code": "007", "to_date": (now() + LATER).date().isoformat()}
    assert ask("POST", "/staff-moves", "people", json=hire).status_code == 204
    assert ask("POST", "/staff-moves", "people", json=hire).status_code == 409
    (item,) = _plans(ask)["gap"]["items"]
    assert (item["employee_code"], item["course_code"], item["status"]) == ("011", "C1", "draft")
    follow(session)
    assert len(_plans(ask)["gap"]["items"]) == 1
    leave = {"kind": "leave", "employee_code": "011", "on": today}
    assert ask("POST", "/staff-moves", "people", json=leave).status_code == 204
    (item,) = _plans(ask)["gap"]["items"]
    assert item["status"] == "cancelled"


def test_who_is_transferred_keeps_what_they_learned_and_their_own_place_during_a_rotation(
    ask: Ask, line: Put, session: Session
) -> None:
    line("departments", {"code": "SHOP", "name": "Shop", "function": "operations"})
    line("processes", {"code": "P2", "name": "Paint", "department_code": "SHOP"})
    line("courses", {"code": "C2", "title": "Painting"})
    line("requirements", {"process_code": "P2", "kind": "course", "course_code": "C2"})
    on = now().date().isoformat()
    move = {"kind": "transfer", "employee_code": "007", "department_code": "SHOP", "on": on}
    rotation = move | {"to_date": (now() + LATER).date().isoformat()}
    assert ask("POST", "/staff-moves", "people", json=rotation).status_code == 204
    held = ask("GET", "/assignments").json()["items"]
    assert [row["to_date"] for row in held if row["department_code"] == "CELL" and "007" in row["code"]] == [None]
    assert [item["course_code"] for item in _plans(ask)["gap"]["items"]] == ["C2"]
    wrong = ask("POST", "/staff-moves", "people", json={"kind": "leave", "employee_code": "nobody", "on": on})
    assert wrong.status_code == 404


def test_what_is_only_proposed_counts_nowhere(ask: Ask, approved: Any, session: Session) -> None:
    approved()
    assert [row["version"] for row in ask("GET", "/process-versions").json()["items"]] == ["A"]
    assert session.scalars(select(Change.state)).all() == ["approved"]

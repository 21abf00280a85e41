"""What an account sees of each kind of record, by list and by code, is what its departments say."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.encoders import jsonable_encoder
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.db.context import EVERYWHERE, scope_of, tell
from service.exchange.layout import FOLDER
from service.people.actions import add_account, departments_of, issue_token, place
from service.people.tables import Department
from service.suggestions.actions import store
from service.suggestions.tables import Scoring, Suggestion
from tests.service.conftest import Put, day

Row = dict[str, Any]

#: who looks, and the branches of the tree they may see: A holds A1, B stands beside it
PLACED: dict[str, list[str] | None] = {"everywhere": None, "A": ["A"], "A1": ["A1"], "B": ["B"], "nowhere": []}
SEES = {"everywhere": {"A1", "B"}, "A": {"A1"}, "A1": {"A1"}, "B": {"B"}, "nowhere": set()}


def _rows(at: str) -> dict[str, Row]:
    """One record of each kind that leads to a department, the code ending with the department's."""
    person, process, work, batch = f"E-{at}", f"P-{at}", f"W-{at}", f"L-{at}"
    return {
        "posts": {"code": f"POST-{at}", "name": "x", "department_code": at},
        "employees": {"code": person, "name": "x"},
        "assignments": {"employee_code": person, "department_code": at, "from_date": day(1).date()},
        "credentials": {"employee_code": person, "kind": "licence"},
        "shifts": {"employee_code": person, "starts_at": day(2), "ends_at": day(2, 8)},
        "processes": {"code": process, "name": "x", "department_code": at},
        "process_versions": {"process_code": process, "version": "1", "effective_at": day(1)},
        "requirements": {"process_code": process, "kind": "course", "course_code": "C"},
        "training_records": {"code": f"T-{at}", "employee_code": person, "course_code": "C", "result": "open"},
        "batches": {"code": batch, "process_code": process, "started_at": day(2)},
        "work_records": {"code": work, "batch_code": batch, "process_code": process, "employee_code": person,
                         "started_at": day(2), "self_check": "pass"},
        "work_participants": {"work_code": work, "employee_code": person, "role": "x"},
        "inspections": {"code": f"I-{at}", "kind": "final", "work_code": work},
        "difficulty_reports": {"code": f"D-{at}", "department_code": at, "occurred_at": day(2), "severity": 1,
                               "text": "x"},
        "issues": {"code": f"Q-{at}", "kind": "complaint", "batch_code": batch, "occurred_at": day(2),
                   "severity": "minor", "text": "x"},
        "surveys": {"code": f"S-{at}", "department_code": at, "occurred_at": day(2), "score": 1, "max_score": 5},
    }


@pytest.fixture
def tree(record: Put) -> Put:
    """A, with A1 below it, and B; the same of everything in A1 and in B."""
    record("departments", {"code": "A", "name": "A", "function": "operations"})
    record("departments", {"code": "A1", "name": "A1", "function": "operations", "parent_code": "A"})
    record("departments", {"code": "B", "name": "B", "function": "operations"})
    record("courses", {"code": "C", "title": "C"})
    for at in ("A1", "B"):
        for table, row in _rows(at).items():
            record(table, row)
    return record


@pytest.fixture
def placed(session: Session) -> Callable[[str, str], dict[str, str]]:
    """The headers of somebody in a role, placed somewhere."""

    def headers(role: str, where: str) -> dict[str, str]:
        account = add_account(session, f"{role}-{where}", role, role, None, departments=PLACED[where])
        return {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}

    return headers


@pytest.mark.parametrize("where", PLACED)
@pytest.mark.parametrize("table", _rows("A1"))
def test_list_lookup_count_and_export_agree_on_what_is_seen(
    api: TestClient, tree: Put, placed: Callable[[str, str], dict[str, str]], table: str, where: str, session: Session,
    record_property: Callable[[str, object], None],
) -> None:
    headers = placed("quality", where)
    path = f"/api/v1/{table.replace('_', '-')}"
    codes = dict(session.execute(select(FOLDER[table].table.c.code, FOLDER[table].table.c.id)).all())
    listed = {item["code"] for item in api.get(path, headers=headers).json()["items"]}
    expected = {code for code in codes if any(at in re.split("[-@]", code) for at in SEES[where])}
    assert listed == expected
    for code in codes:
        status = api.get(f"{path}/{code}", headers=headers).status_code
        assert status == (200 if code in expected else 404), code
    assert api.get("/api/v1/counts", headers=headers).json()[table] == len(expected)
    exported = list(csv.DictReader(io.StringIO(api.get(f"/api/v1/exports/{table}.csv", headers=headers).text)))
    assert len(exported) == len(expected)
    if exported and "code" in exported[0]:
        assert {row["code"] for row in exported} == expected
    record_property("cells of list, lookup, count and export by department", len(codes) + 3)


@pytest.mark.parametrize(("where", "seen"), [
    ("everywhere", {"A", "A1", "B"}), ("A", {"A", "A1"}), ("A1", {"A1"}), ("B", {"B"}), ("nowhere", set()),
])
def test_departments_are_seen_with_all_below_them(
    api: TestClient, tree: Put, placed: Callable[[str, str], dict[str, str]], where: str, seen: set[str]
) -> None:
    items = api.get("/api/v1/departments", headers=placed("quality", where)).json()["items"]
    assert {item["code"] for item in items} == seen


#: what makes a row of each table another record
FRESH: dict[str, Row] = {
    "shifts": {"starts_at": day(5), "ends_at": day(5, 8)}, "assignments": {"from_date": day(9).date()},
    "credentials": {"kind": "other"}, "process_versions": {"version": "2"}, "work_participants": {},
    "requirements": {"kind": "assessment"},
}


@pytest.mark.parametrize("where", PLACED)
@pytest.mark.parametrize("table", _rows("A1"))
def test_nobody_writes_where_they_do_not_see(
    api: TestClient, tree: Put, placed: Callable[[str, str], dict[str, str]], table: str, where: str,
    record_property: Callable[[str, object], None],
) -> None:
    headers = placed("admin", where)
    for at in ("A1", "B"):
        fresh = jsonable_encoder(_rows(at)[table] | FRESH.get(table, {"code": f"NEW-{at}"}))
        answer = api.post(f"/api/v1/{table.replace('_', '-')}", json={"rows": [fresh]}, headers=headers)
        # somebody new belongs nowhere yet: they are hired by who is for the whole site
        may = at in SEES[where] and (table != "employees" or where == "everywhere")
        assert answer.status_code in ({201} if may else {403, 409, 422}), answer.text
        if not may:
            listed = api.get(f"/api/v1/{table.replace('_', '-')}", headers=headers).json()["items"]
            assert f"NEW-{at}" not in {item["code"] for item in listed}
    record_property("cells of writing by department", 2)


@pytest.fixture
def suggested(tree: Put, session: Session) -> dict[str, int]:
    """A suggestion for somebody in A1 and one for somebody in B; their ids."""
    scoring = Scoring(target="need", as_of=day(3), model="m", fingerprint="f", tie_seed=1)
    usual = {"course_code": "C", "score": 1.0, "probability": 0.5, "baseline_rank": 1, "rank": 1}
    rows = [usual | {"employee_code": f"E-{at}", "process_code": f"P-{at}"} for at in ("A1", "B")]
    store(session, scoring, rows)
    found = session.execute(select(Suggestion.employee_code, Suggestion.id))
    return {code.removeprefix("E-"): number for code, number in found if code}


@pytest.mark.parametrize("where", PLACED)
def test_suggestions_decisions_plans_and_the_queue_are_for_those_departments_too(
    api: TestClient, suggested: dict[str, int], placed: Callable[[str, str], dict[str, str]], where: str,
    record_property: Callable[[str, object], None],
) -> None:
    planner, everywhere = placed("people", where), placed("admin", "everywhere")
    for at, number in suggested.items():
        seen = {item["id"] for item in api.get("/api/v1/suggestions", headers=planner).json()["items"]}
        assert (number in seen) == (at in SEES[where])
        dismissed = api.post(f"/api/v1/suggestions/{number}/dismissal", json={"reason": "x"}, headers=planner)
        assert dismissed.status_code == (204 if at in SEES[where] else 404)
        if dismissed.status_code == 204:
            decided = api.get("/api/v1/decisions", headers=planner).json()["items"]
            assert number in {decision["suggestion_id"] for decision in decided}
        else:
            made = api.post("/api/v1/plans", json={"suggestions": [number]}, headers=planner)
            assert made.status_code == 404
            plan = api.post("/api/v1/plans", json={"suggestions": [number]}, headers=everywhere).json()["code"]
            assert api.get(f"/api/v1/plans/{plan}", headers=planner).status_code == 404
            assert plan not in {one["code"] for one in api.get("/api/v1/plans", headers=planner).json()["items"]}
            assert api.get(f"/api/v1/plans/{plan}", headers=everywhere).status_code == 200
    queued = {item["code"] for item in api.get("/api/v1/inspection-queue", headers=everywhere).json()["items"]}
    assert {"I-A1", "I-B"} <= queued
    mine = placed("quality", where)
    seen = {item["code"] for item in api.get("/api/v1/inspection-queue", headers=mine).json()["items"]}
    assert seen == {f"I-{at}" for at in SEES[where]}
    for at in ("A1", "B"):
        result = api.post(f"/api/v1/inspections/I-{at}/result", json={"result": "pass"}, headers=mine)
        assert result.status_code == (204 if at in SEES[where] else 404)
    record_property("cells of decisions, plans and the queue by department", 10)


def test_what_the_whole_site_shares_is_read_by_all_and_written_by_who_is_for_all_of_it(
    api: TestClient, tree: Put, placed: Callable[[str, str], dict[str, str]]
) -> None:
    body = {"rows": [{"code": "STD", "title": "Shared"}]}
    here, everywhere = placed("quality", "A"), placed("quality", "everywhere")
    assert api.post("/api/v1/standards", json=body, headers=here).status_code == 403
    assert api.post("/api/v1/standards", json=body, headers=everywhere).status_code == 201
    assert [item["code"] for item in api.get("/api/v1/standards", headers=here).json()["items"]] == ["STD"]


def test_evidence_that_names_no_department_is_for_who_is_for_the_whole_site(
    api: TestClient, tree: Put, placed: Callable[[str, str], dict[str, str]]
) -> None:
    tree("batches", {"code": "LOST", "started_at": day(2)})
    tree("inspections", {"code": "ORDER", "kind": "audit"})
    everywhere, here = placed("quality", "everywhere"), placed("quality", "A")
    for path in ("batches/LOST", "inspections/ORDER"):
        assert api.get(f"/api/v1/{path}", headers=everywhere).status_code == 200
        assert api.get(f"/api/v1/{path}", headers=here).status_code == 404


def test_who_moves_on_is_seen_by_the_new_department_and_no_longer_by_the_old(
    api: TestClient, tree: Put, placed: Callable[[str, str], dict[str, str]]
) -> None:
    old, new = placed("people", "A1"), placed("people", "B")
    assert api.get("/api/v1/employees/E-A1", headers=old).status_code == 200
    first = {"employee_code": "E-A1", "department_code": "A1", "from_date": day(1).date()}
    tree("assignments", first | {"to_date": day(20).date()})
    assert api.get("/api/v1/employees/E-A1", headers=old).status_code == 200  # left, and for nowhere else
    tree("assignments", {"employee_code": "E-A1", "department_code": "B", "from_date": day(21).date()})
    assert api.get("/api/v1/employees/E-A1", headers=old).status_code == 404
    assert api.get("/api/v1/employees/E-A1", headers=new).status_code == 200


def test_a_batch_is_seen_by_every_department_that_worked_on_it_in_all_its_revisions(
    api: TestClient, tree: Put, placed: Callable[[str, str], dict[str, str]]
) -> None:
    work = {"code": "W-X", "batch_code": "L-A1", "process_code": "P-B", "employee_code": "E-B", "started_at": day(3),
            "self_check": "pass"}
    b = placed("quality", "B")
    assert api.get("/api/v1/batches/L-A1", headers=b).status_code == 404
    tree("work_records", work)
    tree("batches", {"code": "L-A1", "finished_at": day(4), "started_at": day(2)})
    assert len(api.get("/api/v1/batches/L-A1", headers=b).json()) == 2


def test_a_changed_role_scope_or_a_disabled_account_counts_at_the_next_request(
    api: TestClient, tree: Put, session: Session
) -> None:
    account = add_account(session, "ada", "Ada", "quality", None, departments=["B"])
    headers = {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}
    assert api.get("/api/v1/employees/E-A1", headers=headers).status_code == 404
    place(session, account, ["A"])
    assert api.get("/api/v1/employees/E-A1", headers=headers).status_code == 200
    account.role = "employee"
    session.flush()
    assert api.get("/api/v1/employees/E-A1", headers=headers).status_code == 403
    account.disabled_at = day(1)
    session.flush()
    assert api.get("/api/v1/employees/E-A1", headers=headers).status_code == 401


def test_a_transaction_begins_seeing_nothing(session: Session, tree: Put) -> None:
    tell(session, scope="")
    for table in FOLDER.values():
        count = session.scalar(select(func.count()).select_from(table.table)) or 0
        assert count == 0 or table.name in {"standards", "standard_versions", "clauses", "courses", "course_covers"}
    tell(session, scope=EVERYWHERE)
    assert session.scalar(select(func.count()).select_from(Department)) == 3


def test_the_scope_is_the_departments_and_all_below(session: Session, tree: Put) -> None:
    ids = dict(session.execute(select(Department.code, Department.id)).all())
    account = add_account(session, "ada", "Ada", "quality", None, departments=["A", "B"])
    assert departments_of(session, account.id) == {ids["A"], ids["A1"], ids["B"]}
    assert scope_of(None) == EVERYWHERE
    assert scope_of([]) == ""
    assert scope_of({3, 1}) == "{1,3}"

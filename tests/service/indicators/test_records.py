"""The records behind each value add up to it, page by page; departments see their own."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from service.indicators.catalogue import INDICATORS
from service.people.actions import add_account, issue_token
from service.records.codes import new_code
from tests.service.conftest import Put, day
from tests.service.indicators.conftest import inspection, training, work

Ask = Callable[..., Any]

JANUARY = {"from_month": "2026-01", "to_month": "2026-01"}
SUBJECTS = ({"department_code": "CELL"}, {"process_code": "P2"}, {"employee_code": "008"}, {"work_code": "W1"},
            {"batch_code": "L1"}, {})


@pytest.fixture
def busy(line: Put) -> Put:
    """Something of everything an indicator counts."""
    line("courses", {"code": "C1", "title": "Soldering course", "credits": 2})
    line("clauses", {"standard_code": "STD", "version": "1", "clause": "4.1", "text": "x"})
    line("batches", {"code": "L1", "process_code": "P1", "started_at": day(2), "finished_at": day(4)})
    line("work_records", work("W1", batch_code="L1"), work("W2", "P2"), work("W3", "P3", "008", 20))
    line("issues", {"code": "Q1", "kind": "complaint", "department_code": "CELL", "occurred_at": day(9),
                    "severity": "minor", "text": "x"})
    line("surveys", {"code": "S1", "department_code": "LINE", "score": 4, "max_score": 5, "occurred_at": day(9)})
    line("training_records", training("T1", score=70), training("T2", "008", 7, "failed", score=40))
    for number, subject in enumerate(SUBJECTS):
        line("inspections", inspection(f"I{number}", "fail" if number % 3 else "pass", 6 + number, **subject))
    return line


def _behind(ask: Ask, code: str, role: str = "quality", **asked: Any) -> list[Any]:
    found: list[Any] = []
    cursor: str | None = None
    while True:
        params = {"month": "2026-01", "limit": 2, **asked} | ({"cursor": cursor} if cursor else {})
        answer = ask("GET", f"/indicators/{code}/records", role, params=params)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next"]
        if cursor is None:
            return found


@pytest.mark.parametrize("code", INDICATORS)
def test_the_records_add_up_to_the_value(busy: Put, ask: Ask, code: str) -> None:
    for value in ask("GET", "/indicators/values", params={"code": code} | JANUARY).json()["items"]:
        if value["department_code"] is None and not value["total"]:
            continue  # what belongs to no department is told within the total
        named = {name: value[name] for name in ("department_code", "detail") if value[name] is not None}
        for part in ("numerator", "denominator"):
            adds = [each["adds"] for each in _behind(ask, code, part=part, **named)]
            assert sum(adds) == pytest.approx(value[part])
        if INDICATORS[code].unit == "percent":
            assert 0 <= value["numerator"] <= value["denominator"]


def test_records_are_named_with_what_they_add(busy: Put, ask: Ask) -> None:
    passed = _behind(ask, "compliance", part="numerator", department_code="CELL")
    usual = {"department_code": "CELL", "detail": None, "adds": 1.0}
    assert passed == [{"record": "inspections/I0"} | usual, {"record": "inspections/I3"} | usual]


RESULTS = st.lists(st.tuples(st.sampled_from(SUBJECTS), st.sampled_from(("pass", "fail", None)), st.integers(1, 28)))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RESULTS)
def test_departments_and_what_belongs_to_none_sum_to_the_site(
    busy: Put, ask: Ask, results: list[tuple[dict[str, str], str | None, int]]
) -> None:
    for subject, result, at in results:
        busy("inspections", inspection(new_code("I"), result, at, **subject))
    items = ask("GET", "/indicators/values", params=JANUARY).json()["items"]
    for code in INDICATORS:
        found = [each for each in items if each["code"] == code]
        for total in (each for each in found if each["total"]):
            parts = [each for each in found if not each["total"] and each["detail"] == total["detail"]]
            for part in ("numerator", "denominator"):
                assert sum(each[part] for each in parts) == pytest.approx(total[part])


@pytest.fixture
def of_cell(api: TestClient, session: Session, busy: Put) -> Callable[..., Any]:
    """Asks in the name of quality in CELL."""
    account = add_account(session, "cell", "Cell", "quality", None, departments=["CELL"])
    headers = {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}

    def asked(path: str, **params: Any) -> Any:
        return api.get(f"/api/v1{path}", headers=headers, params=params)

    return asked


def test_a_department_sees_its_own_as_everybody_else_sees_it(of_cell: Callable[..., Any], ask: Ask) -> None:
    def of(items: list[Any]) -> list[Any]:
        return [each for each in items if each["department_code"] == "CELL"]

    mine = of_cell("/indicators/values", **JANUARY).json()["items"]
    assert of(mine) == of(ask("GET", "/indicators/values", params=JANUARY).json()["items"])
    assert {each["department_code"] for each in mine} == {"CELL", None}
    assert all(each["total"] for each in mine if each["department_code"] is None)


def test_what_lies_outside_is_neither_counted_nor_named(of_cell: Callable[..., Any]) -> None:
    assert of_cell("/indicators/values", department_code="LINE", **JANUARY).status_code == 404
    for code in INDICATORS:
        for part in ("numerator", "denominator"):
            answer = of_cell(f"/indicators/{code}/records", month="2026-01", part=part)
            assert {each["department_code"] for each in answer.json()["items"]} <= {"CELL"}
    assert of_cell("/indicators/x/records", month="2026-01", part="numerator").status_code == 404

"""What stands beside indicators: bulk and late entries, quick decisions, inspectors apart."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.encoders import jsonable_encoder
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.indicators.rules import MANY
from service.people.actions import add_account
from service.suggestions.actions import store
from service.suggestions.tables import Decision, Scoring, Suggestion
from tests.service.conftest import Put, day
from tests.service.indicators.conftest import inspection

Ask = Callable[..., Any]


def _signal(ask: Ask, code: str) -> Any:
    items = ask("GET", "/indicators/values", params={"code": code}).json()["items"]
    return {each["department_code"]: (each["numerator"], each["denominator"]) for each in items if not each["total"]}


def _entered(ask: Ask, prefix: str, many: int, at: Any) -> None:
    rows = [
        {"code": f"{prefix}{number}", "kind": "routine", "department_code": "CELL", "performed_at": at,
         "result": "pass"} for number in range(many)
    ]
    answer = ask("POST", "/inspections", json=jsonable_encoder({"rows": rows}))
    assert answer.status_code == 201, answer.text


def test_many_entries_in_a_minute_are_bulk_and_an_import_is_not_counted(line: Put, ask: Ask) -> None:
    soon = now() - timedelta(minutes=5)
    line("inspections", inspection("IMPORTED", department_code="CELL") | {"performed_at": soon})
    assert _signal(ask, "bulk_entries") == {}
    _entered(ask, "A", MANY - 1, soon)
    assert _signal(ask, "bulk_entries") == {"CELL": (0, MANY - 1)}
    _entered(ask, "B", 1, soon)
    assert _signal(ask, "bulk_entries")["CELL"][0] in {0, MANY}, "the minute may have passed in between"
    _entered(ask, "C", MANY, soon)
    assert _signal(ask, "bulk_entries")["CELL"][0] >= MANY


def test_an_entry_long_after_the_fact_is_late(line: Put, ask: Ask) -> None:
    long_ago = now() - timedelta(days=40)
    _entered(ask, "A", 2, long_ago)
    assert _signal(ask, "bulk_entries") == {"CELL": (2, 2)}


@pytest.fixture
def decided(line: Put, session: Session) -> Callable[..., None]:
    """Decisions of one planner on Li, so many seconds apart."""
    account = add_account(session, "fast", "Fast", "people", None)
    rows = [{"employee_code": "007", "process_code": "P1", "course_code": "C1", "score": 1.0, "probability": 0.5,
             "baseline_rank": 1, "rank": 1}] * 6
    store(session, Scoring(target="need", as_of=day(3), model="m", fingerprint="f", tie_seed=1), rows)
    suggestions = list(session.scalars(select(Suggestion.id).order_by(Suggestion.id)))

    def made(*seconds: int) -> None:
        at = now() - timedelta(hours=1)
        for number, pause in enumerate(seconds):
            at += timedelta(seconds=pause)
            session.add(Decision(suggestion_id=suggestions[number], outcome="dismissed", reason="x",
                                 account_id=account.id, decided_at=at))
        session.flush()

    return made


def test_decisions_in_quick_succession_are_told(decided: Callable[..., None], ask: Ask) -> None:
    decided(0, 4, 60, 9, 2000, 10)
    assert _signal(ask, "quick_decisions") == {"CELL": (2, 4)}
    items = ask("GET", "/indicators/values", params={"code": "seconds_per_decision"}).json()["items"]
    assert {each["value"] for each in items} == {9.5}, "of 4, 60, 9 and 10; the pause is nobody's"


def test_an_inspector_apart_is_named_by_code_in_the_departments_of_the_reader(line: Put, ask: Ask) -> None:
    for inspector, passed, failed in (("QA-1", 28, 2), ("QA-2", 27, 3), ("QA-3", 5, 25)):
        line("inspections", *(
            inspection(f"{inspector}-{number}", "pass" if number < passed else "fail", department_code="CELL",
                       inspector_code=inspector)
            for number in range(passed + failed)
        ))
    asked = {"code": "inspectors", "from_month": "2026-01", "to_month": "2026-01"}
    answer = ask("GET", "/indicators/values", params=asked).json()
    ((apart),) = answer["apart"]
    assert (apart["inspector"], apart["department_code"], apart["month"]) == ("QA-3", "CELL", "2026-01-01")
    assert (apart["rate"], apart["others"]) == (pytest.approx(5 / 30), pytest.approx(55 / 60))
    records = {"month": "2026-01", "part": "denominator", "detail": "QA-3"}
    assert ask("GET", "/indicators/inspectors/records", params=records).json()["items"]


@pytest.mark.parametrize("role", ["operations", "people", "data"])
def test_inspectors_are_compared_for_quality_alone(line: Put, ask: Ask, role: str) -> None:
    line("inspections", *(
        inspection(f"{inspector}-{number}", "pass" if number < passed else "fail", department_code="CELL",
                   inspector_code=inspector)
        for inspector, passed in (("QA-1", 28), ("QA-2", 5)) for number in range(30)
    ))
    month = {"from_month": "2026-01", "to_month": "2026-01"}
    assert ask("GET", "/indicators/values", params=month).json()["apart"]
    told = ask("GET", "/indicators/values", role, params=month)
    assert not told.json()["apart"]
    assert "compliance" in told.text
    for answer in (told, ask("GET", "/indicators/values.csv", role, params=month)):
        assert "QA-1" not in answer.text
        assert "QA-2" not in answer.text
    refused = ask("GET", "/indicators/values", role, params=month | {"code": "inspectors"})
    assert (refused.status_code, "quality alone" in refused.json()["detail"]) == (403, True)
    asked = {"month": "2026-01", "part": "numerator"}
    assert ask("GET", "/indicators/inspectors/records", role, params=asked).status_code == 403


def test_who_asked_for_values_is_on_record(line: Put, ask: Ask) -> None:
    ask("GET", "/indicators/values", params={"code": "compliance"})
    asked = {"table": "indicators", "action": "read"}
    (event,) = ask("GET", "/audit-events", "admin", params=asked).json()["items"]
    assert event["action"] == "read"
    assert "compliance" in str(event)

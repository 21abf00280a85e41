"""Continuing-education credits: what counts in which period, from plain values and by the API."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.courses.credits import Earned, balance
from service.sectors.schemas import CreditRule, Words
from service.settings import settings
from tests.service.conftest import Put

NAME = Words(en="Credits", zh="学分")


def rule(**said: Any) -> CreditRule:
    return CreditRule.model_validate({"name": NAME, "valid_from": date(2025, 1, 1), "required": 25, **said})


def earned(course: str, day: str, worth: float, method: str = "") -> Earned:
    return Earned(course, date.fromisoformat(day), worth, method)


def test_only_the_period_counts_and_each_course_once() -> None:
    found = balance(rule(), [
        earned("A", "2025-12-31", 20), earned("A", "2026-01-01", 10), earned("A", "2026-05-01", 8),
        earned("B", "2026-03-01", 5), earned("C", "2026-07-01", 9),
    ], date(2026, 6, 30))
    assert found is not None
    assert (found.from_day, found.to_day) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (found.counted, found.missing, found.not_counted) == (15, 10, 8)


def test_a_method_contributes_so_much_at_most() -> None:
    found = balance(rule(at_most={"online": 10}), [
        earned("A", "2026-01-01", 8, "online"), earned("B", "2026-01-02", 8, "online"), earned("C", "2026-01-03", 9),
    ], date(2026, 12, 31))
    assert found is not None
    assert (found.counted, found.missing, found.not_counted) == (19, 6, 6)


@pytest.mark.parametrize(("said", "on", "period"), [
    ({}, "2024-12-31", None),
    ({"valid_to": "2026-06-30"}, "2026-07-01", None),
    ({"valid_to": "2026-06-30"}, "2026-03-01", ("2026-01-01", "2026-06-30")),
    ({"months": 36}, "2027-12-31", ("2025-01-01", "2027-12-31")),
    ({"months": 36}, "2028-01-01", ("2028-01-01", "2030-12-31")),
    ({"valid_from": "2025-03-31", "months": 1}, "2025-05-30", ("2025-04-30", "2025-05-30")),
    ({"valid_from": "2024-02-29"}, "2025-02-28", ("2025-02-28", "2026-02-27")),
])
def test_the_period_of_a_day(said: dict[str, Any], on: str, period: tuple[str, str] | None) -> None:
    found = balance(rule(**said), [], date.fromisoformat(on))
    told = None if found is None else (found.from_day.isoformat(), found.to_day.isoformat())
    assert told == period


_DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
_EARNED = st.lists(st.builds(
    Earned, st.sampled_from("ABCD"), _DAYS, st.floats(0, 30), st.sampled_from(["", "online"])
), max_size=12)


@given(_EARNED, _DAYS, st.integers(1, 40), _DAYS)
def test_periods_tile_the_days_and_nothing_counts_twice(
    given_earned: list[Earned], start: date, months: int, on: date
) -> None:
    told = rule(valid_from=start, months=months, at_most={"online": 10})
    found = balance(told, given_earned, on)
    if found is None:
        assert on < start
        return
    assert found.from_day <= on <= found.to_day
    following = balance(told, given_earned, found.to_day + timedelta(days=1))
    assert following is not None
    assert following.from_day == found.to_day + timedelta(days=1)
    assert found.counted + found.not_counted == pytest.approx(
        sum(each.credits for each in given_earned if found.from_day <= each.day <= on)
    )
    more = balance(told, [*given_earned, Earned("E", on, 5)], on)
    assert more is not None
    assert more.counted == pytest.approx(found.counted + 5)


@pytest.fixture
def hospital(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = settings().model_copy(update={"sector": "hospital", "home": tmp_path})
    monkeypatch.setattr("service.sectors.reading.settings", lambda: told)


def test_by_the_api(hospital: None, site: Put, ask: Callable[..., Any]) -> None:
    site("courses", {"code": "CME", "title": "Safe surgery", "credits": 6, "method": "online"})
    site("training_records", {"code": "T-1", "employee_code": "007", "course_code": "CME", "result": "passed",
                              "completed_at": datetime(2026, 3, 1, tzinfo=UTC)},
         {"code": "T-2", "employee_code": "008", "course_code": "CME", "result": "failed",
          "completed_at": datetime(2026, 3, 1, tzinfo=UTC)})
    (found,) = ask("GET", "/credits/007", params={"on": "2026-06-01"}).json()
    assert (found["rule"], found["counted"], found["missing"]) == ("continuing_education", 6, 19)
    assert ask("GET", "/credits/008", params={"on": "2026-06-01"}).json()[0]["counted"] == 0
    assert ask("GET", "/credits/007", params={"on": "2026-02-01"}).json()[0]["counted"] == 0
    assert ask("GET", "/credits/nobody").status_code == 404

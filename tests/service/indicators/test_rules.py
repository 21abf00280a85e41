"""The pure rules: periods, lights, and which inspector is worth a look."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import RetraceError
from service.indicators import rules
from service.indicators.catalogue import Better
from service.indicators.rules import Tally


def test_a_period_begins_and_ends_at_the_sites_midnight() -> None:
    since, until = rules.period(date(2026, 11, 5), date(2026, 12, 31)).bounds(ZoneInfo("Asia/Shanghai"))
    assert (since.isoformat(), until.isoformat()) == ("2026-10-31T16:00:00+00:00", "2026-12-31T16:00:00+00:00")


@given(st.dates(date(1950, 1, 1), date(2150, 12, 1)), st.integers(1, 40))
def test_so_many_months_on_and_back_is_where_one_began(day: date, months: int) -> None:
    month = start = day.replace(day=1)
    for _ in range(months):
        month = rules.following(month)
    assert rules.before(month, months) == start


def test_a_period_of_more_months_than_one_answer_holds_is_refused() -> None:
    assert rules.period(date(2024, 1, 1), date(2025, 12, 1)).first == date(2024, 1, 1)
    with pytest.raises(RetraceError, match="25 months"):
        rules.period(date(2024, 1, 1), date(2026, 1, 1))


@pytest.mark.parametrize(("better", "value", "target", "shown"), [
    ("higher", 0.9, 0.8, "green"), ("higher", 0.8, 0.8, "green"), ("higher", 0.7, 0.8, "red"),
    ("lower", 5, 7, "green"), ("lower", 7, 7, "green"), ("lower", 9, 7, "red"),
    ("neither", 9, 7, None), ("higher", None, 0.8, None), ("higher", 0.9, None, None),
])
def test_a_light_stands_only_where_a_target_is_set(
    better: Better, value: float | None, target: float | None, shown: str | None
) -> None:
    assert rules.light(better, value, target) == shown


def test_an_inspector_far_from_the_others_is_found_and_chance_is_not() -> None:
    usual = [Tally("A", 45, 50), Tally("B", 44, 50), Tally("C", 46, 50)]
    assert rules.spread(usual) is None
    found = rules.spread([*usual, Tally("D", 50, 100)])
    assert found is not None
    assert (found.inspector, found.rate, found.others) == ("D", 0.5, 0.9)
    assert found.low < 0.5 < found.high < 0.9
    assert rules.spread([*usual, Tally("D", 0, 9)]) is None, "too few to compare"
    assert rules.spread([Tally("D", 0, 100)]) is None, "nobody to compare with"


@given(st.integers(0, 500), st.integers(1, 500), st.floats(0.001, 0.2))
def test_the_interval_holds_the_share_and_stays_within_0_and_1(hits: int, tries: int, alpha: float) -> None:
    hits = min(hits, tries)
    low, high = rules.wilson(hits, tries, alpha)
    assert 0 <= low <= hits / tries + 1e-9
    assert hits / tries - 1e-9 <= high <= 1
    narrower = rules.wilson(hits, tries, alpha * 2)
    assert low <= narrower[0] + 1e-9
    assert narrower[1] <= high + 1e-9


def test_wilsons_interval_is_the_textbooks() -> None:
    assert rules.wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)

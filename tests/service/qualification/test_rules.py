from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.qualification.rules import Demand, Taught, gap

AT = datetime(2026, 6, 1, tzinfo=UTC)


def days_ago(days: int, result: str = "passed", version: str | None = None) -> Taught:
    return Taught(AT - timedelta(days=days), result, version)


@pytest.mark.parametrize(
    ("records", "demand", "expected"),
    [
        ([], Demand(None, None), "not_trained"),
        ([days_ago(10)], Demand(None, None), None),
        ([days_ago(10, "failed")], Demand(None, None), "failed"),
        ([days_ago(10, "passed"), days_ago(5, "failed")], Demand(None, None), None),
        ([days_ago(10)], Demand(10, None), "expired"),
        ([days_ago(10)], Demand(11, None), None),
        ([days_ago(30), days_ago(5)], Demand(10, None), None),
        ([days_ago(10, version="1")], Demand(None, "2"), "superseded_version"),
        ([days_ago(10, version="2")], Demand(None, "2"), None),
        ([days_ago(10, version="STD@2")], Demand(None, "2"), None),
        ([days_ago(10, version="STD@1")], Demand(None, "2"), "superseded_version"),
        ([days_ago(10)], Demand(None, "2"), None),
        ([days_ago(10, version="1")], Demand(None, None), None),
        ([days_ago(-1)], Demand(None, None), "not_trained"),
    ],
)
def test_gap(records: list[Taught], demand: Demand, expected: str | None) -> None:
    assert gap(records, demand, AT) == expected


@given(st.lists(st.tuples(st.integers(-50, 500), st.sampled_from(["passed", "failed"])), max_size=6))
def test_the_order_of_the_records_does_not_matter(told: list[tuple[int, str]]) -> None:
    records = [days_ago(days, result) for days, result in dict(told).items()]
    demand = Demand(90, None)
    assert gap(records, demand, AT) == gap(records[::-1], demand, AT)


@given(st.integers(1, 400))
def test_passing_today_always_closes_the_gap(validity: int) -> None:
    assert gap([days_ago(0, version="3")], Demand(validity, "3"), AT) is None

"""ISO 8601 text and what moment it is, compared with Python's own reading."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.exchange.times import explain_moment, to_days, to_moments

PARIS = "Europe/Paris"


def _moment(text: str, zone: str = PARIS) -> datetime | None:
    value, wrong = to_moments(pa.array([text, None]), zone)
    assert value[1].as_py() is None
    assert wrong[0].as_py() == (value[0].as_py() is None)
    found: datetime | None = value[0].as_py()
    return found


@settings(deadline=None)  # the first look into the zones takes long
@given(
    st.datetimes(datetime(1901, 1, 1), datetime(2199, 12, 31)),  # noqa: DTZ001
    st.none() | st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["T", " "]),
    st.sampled_from(["minutes", "seconds", "milliseconds", "microseconds"]),
)
def test_moments_are_read_as_python_reads_them(at: datetime, offset: int | None, between: str, digits: str) -> None:
    zone = ZoneInfo("Asia/Shanghai") if offset is None else timezone(timedelta(minutes=offset))
    text = at.isoformat(between, digits)
    exact = datetime.fromisoformat(text).replace(tzinfo=zone)
    if offset is None and exact.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != exact.replace(tzinfo=None):
        assert _moment(text, "Asia/Shanghai") is None  # the clocks skipped it
        return
    written = text if offset is None else exact.isoformat(between, digits)
    assert _moment(written, "Asia/Shanghai") == exact


@pytest.mark.parametrize(
    ("text", "moment"),
    {
        "2024-05-01": "2024-04-30T22:00:00Z",  # the start of that day
        "2024-05-01T10:00": "2024-05-01T08:00:00Z",
        "2024-05-01T10:00:00Z": "2024-05-01T10:00:00Z",
        "2024-05-01 10:00:00+0800": "2024-05-01T02:00:00Z",
        "2024-05-01T10:00:00.1234567Z": "2024-05-01T10:00:00.123456Z",
        "2024-10-27T02:30:00": "2024-10-27T00:30:00Z",  # of the two, the first
        "2024-02-29": "2024-02-28T23:00:00Z",
    }.items(),
)
def test_forms(text: str, moment: str) -> None:
    assert _moment(text) == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    "text",
    ["2023-02-29", "1900-02-29", "2024-13-01", "2024-04-31", "2024-05-01T24:00", "2024-05-01T10:60", "24-05-01",
     "2024-05-01T10", "2024-05-01Z", "2024/05/01", "1/5/2024", "45413", "1899-12-30", "2201-02-01", "now"],
)  # fmt: skip
def test_what_is_no_moment(text: str) -> None:
    assert _moment(text) is None


def test_an_hour_that_the_clocks_skipped() -> None:
    assert _moment("2024-03-31T02:30:00") is None
    assert explain_moment("2024-03-31T02:30:00", PARIS).startswith("does not exist in Europe/Paris")


def test_a_day_whose_first_hour_the_clocks_skipped() -> None:
    assert _moment("2024-04-26", "Africa/Cairo") == datetime(2024, 4, 25, 22, tzinfo=UTC)


def test_days() -> None:
    value, wrong = to_days(pa.array(["2024-02-29", "2023-02-29", "2024-05-01T00:00", None]))
    assert wrong.to_pylist() == [False, True, True, None]
    assert [day and day.isoformat() for day in value.to_pylist()] == ["2024-02-29", None, None, None]

"""Cadences: what fires, what never does, and what is refused in one sentence."""

from datetime import date, datetime, time, timedelta
from itertools import islice, pairwise

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from service.sectors.cadence import BadCadence, cadence

START = date(2026, 1, 6)  # a Tuesday


@pytest.mark.parametrize(("rule", "start", "days"), [
    ("FREQ=DAILY", START, ["2026-01-06", "2026-01-07", "2026-01-08"]),
    ("FREQ=WEEKLY;BYDAY=MO", START, ["2026-01-12", "2026-01-19", "2026-01-26"]),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", START, ["2026-01-31", "2026-02-28", "2026-03-31"]),
    ("FREQ=MONTHLY;BYMONTHDAY=31", START, ["2026-01-31", "2026-03-31", "2026-05-31"]),
    ("FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO", START, ["2026-04-06", "2026-07-06", "2026-10-05"]),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", START, ["2028-02-29", "2032-02-29", "2036-02-29"]),
    ("FREQ=WEEKLY;BYDAY=TU;COUNT=2", START, ["2026-01-06", "2026-01-13"]),
    ("FREQ=DAILY;UNTIL=20260107", START, ["2026-01-06", "2026-01-07"]),
])
def test_the_days_on_which_it_fires(rule: str, start: date, days: list[str]) -> None:
    assert [day.isoformat() for day in islice(cadence(rule, start).days(), 3)] == days


@pytest.mark.parametrize(("rule", "says"), [
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never fires"),
    ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never fires"),
    ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", "never fires"),
    ("FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2", "never fires"),
    ("FREQ=DAILY;UNTIL=20251231", "never fires"),
    ("FREQ=DAILY;COUNT=0", "never fires"),
    ("FREQ=HOURLY", "more often than daily"),
    ("FREQ=SECONDLY;INTERVAL=900", "more often than daily"),
    ("FREQ=DAILY;BYHOUR=8,20", "more often than daily"),
    ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
    ("FREQ=DAILY;INTERVAL=99999", "INTERVAL"),
    ("FREQ=DAILY;COUNT=-1", "COUNT"),
    ("FREQ=DAILY;UNTIL=X", "UNTIL"),
    ("FREQ=DAILY;FREQ=WEEKLY", "one thing twice"),
    ("FREQ=FORTNIGHTLY", "how often"),
    ("BYDAY=MO", "how often"),
    ("FREQ=YEARLY;BYEASTER=0", "not understood"),
    ("FREQ=DAILY\nDTSTART:20260101", "no recurrence rule"),
    ("every Monday", "no recurrence rule"),
    ("", "no recurrence rule"),
    ("FREQ=WEEKLY;BYDAY=XX", "no recurrence rule"),
    ("FREQ=MONTHLY;BYSETPOS=0", "no recurrence rule"),
])
def test_what_cannot_be_owed_by_is_refused_in_one_sentence(rule: str, says: str) -> None:
    with pytest.raises(BadCadence, match=says) as refused:
        cadence(rule, START)
    assert "\n" not in str(refused.value).replace("\\n", "")


def test_a_start_nobody_means_is_refused() -> None:
    with pytest.raises(BadCadence, match="between 1900 and 2200"):
        cadence("FREQ=DAILY", date(9999, 1, 1))


_STARTS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
_PARTS = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY"])},
    optional={
        "INTERVAL": st.integers(-1, 40), "COUNT": st.integers(0, 5),
        "BYDAY": st.sampled_from(["MO", "MO,FR", "1MO", "-1SU", "6WE", "XX"]),
        "BYMONTH": st.integers(0, 13), "BYMONTHDAY": st.integers(-32, 32), "BYSETPOS": st.integers(-3, 3),
        "BYYEARDAY": st.integers(-367, 367), "BYWEEKNO": st.integers(-54, 54),
    },
)


@settings(deadline=None)  # a daily rule that never fires is found out in a third of a second
@given(_PARTS, _STARTS)
def test_any_rule_fires_on_days_in_order_or_is_refused(parts: dict[str, object], start: date) -> None:
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        made = cadence(rule, start)
    except BadCadence:
        return
    days = list(islice(made.days(), 4))
    assert days
    assert days[0] >= start
    assert all(before < after for before, after in pairwise(days))
    # repeated 19 times 400 years later, the calendar is the same
    plain = rrulestr(rule, dtstart=datetime.combine(start, time.min))
    assert [day.date() for day in islice(plain, 1)] == days[:1]


@given(_STARTS, st.integers(0, 2000), st.integers(0, 400))
def test_the_days_between_two_and_the_next(start: date, later: int, length: int) -> None:
    first = start + timedelta(days=later)
    last = first + timedelta(days=length)
    found = cadence("FREQ=WEEKLY", start).since(first, last)
    assert found[-1] > last
    assert all(first <= day <= last for day in found[:-1])
    assert len(found) - 1 in {length // 7, length // 7 + 1}

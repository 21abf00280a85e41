"""Periods, their moments, and what may become of an obligation, from plain values."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.duties.diagram import FENCE, mermaid
from service.duties.rules import STATES, STEPS, By, Period, State, follow, moments, periods, standing
from service.errors import Conflict
from service.sectors.cadence import cadence

MONTHLY = "FREQ=MONTHLY;BYMONTHDAY=1"
SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = [SHANGHAI, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Auckland"), ZoneInfo("UTC")]


def test_a_monthly_duty_is_due_within_its_month() -> None:
    found = periods(cadence(MONTHLY, date(2026, 1, 1)), 29, date(2026, 2, 1), date(2026, 3, 31))
    assert found == [
        Period(date(2026, 2, 1), date(2026, 3, 1), date(2026, 2, 28)),  # clamped to its last day
        Period(date(2026, 3, 1), date(2026, 4, 1), date(2026, 3, 30)),
    ]


def test_the_last_period_of_all_ends_when_it_is_due() -> None:
    found = periods(cadence(f"{MONTHLY};COUNT=1", date(2026, 1, 1)), 9, date(2026, 1, 1), date(2026, 12, 31))
    assert found == [Period(date(2026, 1, 1), date(2026, 1, 11), date(2026, 1, 10))]


def test_days_are_the_sites() -> None:
    told = moments(Period(date(2026, 2, 1), date(2026, 3, 1), date(2026, 2, 25)), 5, 3, SHANGHAI)
    assert told.starts_at == datetime(2026, 1, 31, 16, tzinfo=UTC)
    assert told.due_at == datetime(2026, 2, 25, 16, tzinfo=UTC)  # the 25th is over
    assert told.remind_at == datetime(2026, 2, 20, 0, tzinfo=UTC)  # eight in the morning
    assert told.escalate_at == datetime(2026, 2, 28, 0, tzinfo=UTC)


_RULES = st.sampled_from([
    MONTHLY, "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=MO,TU,SA", "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=YEARLY", "FREQ=DAILY;INTERVAL=9", f"{MONTHLY};COUNT=3",
])
_DAYS = st.dates(date(2015, 1, 1), date(2035, 1, 1))


@given(_RULES, _DAYS, st.integers(0, 400), st.integers(0, 200), st.integers(0, 40), st.integers(0, 40),
       st.sampled_from(ZONES))
def test_periods_follow_each_other_and_their_moments_are_in_order(
    rule: str, start: date, length: int, due: int, remind: int, escalate: int, zone: ZoneInfo
) -> None:
    last = start + timedelta(days=length)
    found = periods(cadence(rule, start), due, start, last)
    for period in found:
        assert start <= period.starts_on <= last
        assert period.starts_on <= period.due_on < period.ends_on
        told = moments(period, remind, escalate, zone)
        assert told.starts_at <= told.remind_at < told.due_at <= told.ends_at
        assert told.due_at < told.escalate_at
    for before, after in pairwise(found):
        assert before.ends_on == after.starts_on
        assert moments(before, remind, escalate, zone).ends_at == moments(after, remind, escalate, zone).starts_at


@given(_RULES, _DAYS, st.integers(0, 60))
def test_a_month_drawn_in_two_halves_is_the_month_drawn_at_once(rule: str, start: date, due: int) -> None:
    given_cadence, last = cadence(rule, start), start + timedelta(days=60)
    for cut in (start, start + timedelta(days=30), last):
        halves = [
            *periods(given_cadence, due, start, cut), *periods(given_cadence, due, cut + timedelta(days=1), last)
        ]
        assert halves == periods(given_cadence, due, start, last)


MOVES: dict[tuple[State, By], State | None] = {
    ("open", "event"): "met", ("open", "person"): "nothing_to_report", ("open", "clock"): "missed",
    ("missed", "event"): "missed", ("missed", "person"): "missed", ("missed", "clock"): None,
    ("met", "event"): None, ("met", "person"): None, ("met", "clock"): None,
    ("nothing_to_report", "event"): None, ("nothing_to_report", "person"): None, ("nothing_to_report", "clock"): None,
}


@pytest.mark.parametrize(("state", "by"), MOVES)
def test_each_move(state: State, by: By) -> None:
    after = MOVES[state, by]
    if after is not None:
        assert follow(state, by, "D@1").after == after
        return
    with pytest.raises(Conflict, match="D@1"):
        follow(state, by, "D@1")


@given(st.lists(st.tuples(st.sampled_from(["event", "person", "clock"]), st.integers(0, 20)), max_size=12))
def test_no_sequence_of_moves_turns_a_miss_into_a_hit(moves: list[tuple[By, int]]) -> None:
    state: State = "open"
    due = datetime(2026, 1, 10, tzinfo=UTC)
    made_up_for, at = False, datetime(2026, 1, 1, tzinfo=UTC)
    for by, later in moves:
        at += timedelta(days=later)
        before = standing(state, due, at)
        try:
            state = follow(before, by, "D@1", made_up_for=made_up_for).after
        except Conflict:
            state = before
            continue
        made_up_for = made_up_for or (before == "missed" and by != "clock")
        assert before != "missed" or state == "missed"
        assert at < due or state == "missed"
        assert state in STATES


def test_every_state_but_open_is_an_end() -> None:
    assert {step.after for step in STEPS} == set(STATES) - {"open"}
    assert all(step.before == step.after for step in STEPS if step.before != "open")


def test_the_guide_shows_the_same_states() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "duties.md").read_text(encoding="utf-8")
    assert "".join((FENCE[0], mermaid(), FENCE[1])) in guide

"""Splits: time-ordered, and never a label from the window that is judged."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from training.splits import MOST_COHORTS, evaluation_windows, training_windows

FIRST = datetime(2020, 1, 1)  # noqa: DTZ001 - UTC without a zone
spans = st.integers(1, 3000).map(lambda days: timedelta(days=days))
horizons = st.integers(1, 400).map(lambda days: timedelta(days=days))


@given(spans, horizons, st.booleans())
def test_no_training_window_reaches_the_cut(span, horizon, complete):
    cut = FIRST + span
    windows = training_windows(FIRST, cut, horizon, complete=complete)
    assert all(FIRST <= window.as_of < window.until <= cut for window in windows)
    assert all(window.length <= horizon for window in windows)
    assert len(windows) <= MOST_COHORTS
    assert windows == sorted(windows, key=lambda window: window.as_of)


@given(spans, horizons)
def test_the_gap_is_the_horizon_where_a_label_needs_all_of_it(span, horizon):
    cut = FIRST + span
    for window in training_windows(FIRST, cut, horizon, complete=True):
        assert window.length == horizon
        assert window.as_of + horizon <= cut


@given(spans, horizons, st.integers(1, 5))
def test_earlier_windows_are_apart_and_have_history_before_them(span, length, most):
    cut = FIRST + span
    windows = evaluation_windows(FIRST, cut, length, most)
    assert len(windows) <= most
    for earlier, later in pairwise(windows):
        assert earlier.until == later.as_of
    for window in windows:
        assert window.length == length
        assert window.until <= cut
        assert window.as_of - FIRST >= max(1.5 * length, timedelta(days=60))


@given(spans)
def test_a_long_enough_history_has_cohorts(span):
    assume(span >= timedelta(days=90))
    assert len(training_windows(FIRST, FIRST + span, timedelta(days=30), complete=True)) >= 2


def test_nothing_before_the_first_event():
    assert training_windows(FIRST, FIRST, timedelta(days=60), complete=True) == []
    assert evaluation_windows(FIRST, FIRST, timedelta(days=60), 3) == []

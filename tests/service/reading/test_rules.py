"""When a quiz is passed, and how often it may be tried."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import RetraceError
from service.reading.rules import ATTEMPTS, outcome, share_right


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.data())
def test_the_share_counts_what_was_answered_right(right: list[int], data: st.DataObject) -> None:
    answers = data.draw(st.lists(st.integers(0, 5), min_size=len(right), max_size=len(right)))
    share = share_right(right, answers)
    assert 0 <= share <= 1
    assert (share == 1) == (answers == right)
    with pytest.raises(RetraceError, match="Answer every question"):
        share_right(right, answers[:-1])


@pytest.mark.parametrize(("share", "before", "expected"), [
    (0.8, 0, "passed"), (0.79, 0, "try_again"), (0.79, ATTEMPTS - 2, "try_again"), (0.79, ATTEMPTS - 1, "failed"),
    (0.8, ATTEMPTS - 1, "passed"),
])
def test_who_fails_too_often_is_not_asked_a_fourth_time(share: float, before: int, expected: str) -> None:
    assert outcome(share, 0.8, before) == expected

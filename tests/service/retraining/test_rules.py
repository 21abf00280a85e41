"""Plans from draft to published, what a change costs, and when results raise training frequency."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.access import ROLES
from service.errors import Conflict, Forbidden, ReasonRequired, RetraceError
from service.retraining import rules
from service.retraining.rules import STATUSES, Name, Status

CALLS = st.tuples(st.sampled_from(("accept", "reject", "publish")), st.sampled_from(ROLES), st.integers(0, 2))


@given(st.lists(CALLS, max_size=20))
def test_nobody_but_planners_publishes_and_nothing_is_published_unaccepted_or_for_nobody(
    calls: list[tuple[Name, str, int]]
) -> None:
    status: Status = "draft"
    done: list[Name] = []
    for name, role, people in calls:
        try:
            step = rules.follow(status, name)
            rules.refuse_role(step, role)
            if name != "reject":
                rules.refuse_nobody("PLAN-1", people, [])
        except RetraceError:
            continue
        assert role in {"people", "admin"}
        assert people or name == "reject"
        status = step.after
        done.append(name)
    assert (status == "published") == (done == ["accept", "publish"])


def test_a_plan_with_nobody_or_with_people_who_left_is_refused() -> None:
    with pytest.raises(Conflict, match="for nobody"):
        rules.refuse_nobody("PLAN-1", 0, [])
    with pytest.raises(Conflict, match=r"left \(a, b, c, d, e and others\)"):
        rules.refuse_nobody("PLAN-1", 9, list("abcdef"))
    with pytest.raises(ReasonRequired):
        rules.refuse_silence(rules.follow("draft", "reject"), None)
    with pytest.raises(Forbidden):
        rules.refuse_role(rules.follow("draft", "close"), "admin")


@pytest.mark.parametrize("status", STATUSES)
def test_what_does_not_follow_says_what_may(status: Status) -> None:
    if status != "accepted":
        with pytest.raises(Conflict, match="does not follow"):
            rules.follow(status, "publish")


@pytest.mark.parametrize(("rounds", "failed", "inspected", "expected", "outcome"), [
    (0, 0, 0, 10, None), (0, 4, 4, 10, None), (0, 2, 5, 10, "raised"), (1, 2, 5, 10, "raised"),
    (2, 2, 5, 10, "review"), (0, 1, 5, 10, None), (0, 1, 10, 10, "kept"), (2, 0, 1, 1, "kept"),
])
def test_poor_results_raise_the_frequency_at_most_twice(
    rounds: int, failed: int, inspected: int, expected: int, outcome: str | None
) -> None:
    assert rules.frequency(rounds, failed, inspected, expected) == outcome


def test_a_date_is_met_if_training_is_at_most_a_tenth_of_what_is_planned() -> None:
    today, until = date(2026, 1, 1), date(2026, 1, 11)
    fits = rules.cost(1, 9, 480, 480, 4800, today, until)
    assert (fits.can_be_met, fits.earliest_on) == (True, date(2026, 1, 11))
    late = rules.cost(1, 9, 960, 0, 4800, today, until)
    assert (late.can_be_met, late.earliest_on) == (False, date(2026, 1, 21))
    assert rules.cost(0, 0, 0, 0, 0, today, today).can_be_met

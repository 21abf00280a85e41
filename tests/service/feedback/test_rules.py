"""What becomes of feedback: no sequence of calls ends it without an administrator's word, or opens it for another."""

from pathlib import Path
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from service.errors import Conflict, Forbidden
from service.feedback import rules
from service.feedback.diagram import mermaid
from service.feedback.rules import ENDED, STEPS, Name, State

CALLS = st.lists(st.tuples(st.sampled_from(get_args(Name)), st.booleans(), st.booleans()), max_size=40)


@given(CALLS)
def test_only_administrators_end_it_and_only_its_author_opens_it_again(
    calls: list[tuple[Name, bool, bool]]
) -> None:
    state: State = "open"
    for name, administers, wrote_it in calls:
        before, allowed = state, rules.may_follow(state, administers=administers, wrote_it=wrote_it)
        try:
            step = rules.follow(state, name, "FB-1")
            rules.refuse_taker(step, administers=administers, wrote_it=wrote_it)
        except (Conflict, Forbidden):
            assert name not in allowed
            continue
        assert name in allowed
        state = step.after
        assert administers if state in ENDED else True
        assert wrote_it if before in ENDED else True


def test_every_state_can_be_left_and_reached() -> None:
    assert {step.before for step in STEPS} == {*get_args(State)} == {step.after for step in STEPS}


def test_the_drawing_in_the_guide_is_the_rules() -> None:
    assert mermaid() in (Path(__file__).parents[3] / "docs/feedback.md").read_text(encoding="utf-8")

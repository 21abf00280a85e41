"""How far an answer has come, and which reports belong together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answers.rules import Progress, Stage, groups, stage

CODES = [f"D{number}" for number in range(6)]
PAIRS = st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(CODES)), max_size=6)
ABOUT = st.fixed_dictionaries({code: st.sampled_from([None, "torque", "dust"]) for code in CODES})


def _plan(status: str, items: int = 4, completed: int = 0, expected: int = 0, inspected: int = 0) -> Progress:
    return Progress(status, items, completed, expected, inspected)


@pytest.mark.parametrize(("understood", "plans", "reached"), [
    (False, [], "heard"),
    (True, [], "understood"),
    (True, [_plan("draft")], "planned"),
    (False, [_plan("accepted")], "planned"),
    (True, [_plan("rejected")], "understood"),
    (True, [_plan("closed")], "understood"),
    (True, [_plan("published", completed=3, expected=3, inspected=3)], "in_training"),
    (True, [_plan("published", completed=4, expected=4, inspected=3)], "trained"),
    (True, [_plan("published", completed=4)], "trained"),
    (True, [_plan("published", completed=4, expected=4, inspected=4)], "measured"),
    (True, [_plan("closed", completed=2, expected=2, inspected=2)], "measured"),
    (True, [_plan("rejected"), _plan("published"), _plan("draft")], "in_training"),
])
def test_an_answer_is_as_far_as_its_furthest_plan(understood: bool, plans: list[Progress], reached: Stage) -> None:
    assert stage(understood, plans) == reached


@given(ABOUT, PAIRS)
def test_each_report_is_in_one_group_with_those_about_the_same(
    about: dict[str, str | None], alike: list[tuple[str, str]]
) -> None:
    found = groups(about, alike)
    assert sorted(code for members in found for code in members) == sorted(CODES)
    place = {code: number for number, members in enumerate(found) for code in members}
    for one in CODES:
        for other in CODES:
            if (about[one] is not None and about[one] == about[other]) or (one, other) in alike:
                assert place[one] == place[other]


@given(ABOUT, PAIRS, st.permutations(CODES))
def test_the_order_of_reports_changes_no_group(
    about: dict[str, str | None], alike: list[tuple[str, str]], order: list[str]
) -> None:
    shuffled = groups({code: about[code] for code in order}, alike)
    assert {frozenset(members) for members in shuffled} == {frozenset(members) for members in groups(about, alike)}


def test_what_is_not_known_is_like_nothing() -> None:
    assert groups({"D1": None, "D2": None}, []) == [["D1"], ["D2"]]
    assert groups({"D1": None, "D2": None}, [("D2", "D1"), ("D1", "GONE")]) == [["D1", "D2"]]

"""Handling an issue: the table of moves, and that no sequence of steps by anybody skips one."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.access import ROLES
from service.errors import Conflict, Forbidden
from service.issues.diagram import FENCE, mermaid
from service.issues.rules import (
    STATES,
    Identity,
    Name,
    State,
    follow,
    identities,
    may_follow,
    outcome,
    refuse_own_judgement,
    refuse_role,
)

NAMES: tuple[Name, ...] = get_args(Name)

#: each state: the only step people may take, by whom, and where it leads
MOVES: dict[str, tuple[str, str, str] | None] = {
    "open": ("contain", "operations quality", "contained"),
    "contained": ("assess_cause", "quality", "cause_assessed"),
    "cause_assessed": ("take_action", "operations people quality", "action_taken"),
    "action_taken": ("order_check", "quality", "check_ordered"),
    "check_ordered": None,
    "check_passed": ("close", "quality", "closed"),
    "closed": None,
}


@pytest.mark.parametrize("state", STATES)
def test_what_may_follow(state: State) -> None:
    found = [(step.name, " ".join(sorted(step.roles)), step.after) for step in may_follow(state)]
    assert found == ([MOVES[state]] if MOVES[state] else [])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("state", STATES)
def test_a_step_out_of_turn_is_refused_and_names_the_next(state: State, name: Name) -> None:
    allowed = MOVES[state]
    if allowed and allowed[0] == name:
        assert follow(state, name).after == allowed[2]
        return
    with pytest.raises(Conflict) as refused:
        follow(state, name, "Q-1")
    told = {"check_ordered": "waits for its effectiveness check", "closed": "record a new issue"}
    assert (told.get(state) or f"next step is {(allowed or [''])[0]}") in str(refused.value)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("state", [state for state, move in MOVES.items() if move])
def test_each_step_is_for_its_roles(state: State, role: str) -> None:
    (step,) = may_follow(state)
    if role in {*(MOVES[state] or ("", "", ""))[1].split(), "admin"}:
        refuse_role(step, role)
    else:
        with pytest.raises(Forbidden, match=f"takes .*{min(step.roles)}"):
            refuse_role(step, role)


ANN, BEN = identities(1, 11), identities(2)


@pytest.mark.parametrize(("state", "result", "judge", "brings"), [
    ("check_ordered", "pass", BEN, "pass_check"), ("check_ordered", "fail", BEN, "fail_check"),
    ("check_ordered", "pass", ANN, "discount_check"), ("check_ordered", "fail", ANN, "fail_check"),
    ("check_ordered", "pass", identities(2, 11), "discount_check"),  # another account, the same person
    ("check_ordered", "pass", identities(None), "pass_check"),       # imported, by nobody we know
    ("check_passed", "pass", ANN, None), ("check_passed", "fail", BEN, "fail_check"),
])
def test_what_a_result_brings(state: State, result: str, judge: frozenset[Identity], brings: str | None) -> None:
    assert outcome(state, result, ANN, judge) == brings


def test_nobody_judges_their_own_action() -> None:
    refuse_own_judgement(ANN, BEN)
    with pytest.raises(Forbidden, match="somebody else"):
        refuse_own_judgement(ANN, identities(3, 11))


people = st.tuples(st.integers(1, 4), st.sampled_from(ROLES))
moves = st.one_of(st.sampled_from(NAMES), st.sampled_from(["pass", "fail"]))


@given(st.lists(st.tuples(moves, people), max_size=60))
def test_no_sequence_of_steps_by_anybody_skips_one(tried: list[tuple[str, tuple[int, str]]]) -> None:
    state: State = "open"
    done: list[tuple[str, int]] = []
    takers: set[Identity] = set()
    for move, (account, role) in tried:
        try:
            if move in {"pass", "fail"}:
                brought = outcome(state, move, takers, identities(account))
                if state not in {"check_ordered", "check_passed"} or brought is None:
                    continue
                step = follow(state, brought)
            else:
                step = follow(state, move)  # type: ignore[arg-type]
                refuse_role(step, role)
                if move == "close":
                    refuse_own_judgement(takers, identities(account))
        except (Conflict, Forbidden):
            continue
        if move == "take_action":
            takers |= identities(account)
        done.append((step.name, account))
        state = step.after
    _assert_nothing_was_skipped(state, done)


def _assert_nothing_was_skipped(state: State, done: list[tuple[str, int]]) -> None:
    names = [name for name, _ in done]
    assert [name for name in names if name == "contain"] == names[:1]
    for number, name in enumerate(names):
        before = names[number - 1] if number else None
        assert before in {
            "contain": {None}, "assess_cause": {"contain"}, "take_action": {"assess_cause", "fail_check"},
            "order_check": {"take_action", "discount_check"}, "pass_check": {"order_check"},
            "discount_check": {"order_check"}, "fail_check": {"order_check", "pass_check"}, "close": {"pass_check"},
        }[name]
    took = {account for name, account in done if name == "take_action"}
    for name, account in done:
        assert name not in {"close", "pass_check"} or account not in _took_before(done, name, account)
    assert (state == "closed") == (names[-1:] == ["close"])
    assert state != "closed" or (names[-2] == "pass_check" and took)


def _took_before(done: list[tuple[str, int]], name: str, account: int) -> set[int]:
    upto = done[: done.index((name, account))]
    return {who for step, who in upto if step == "take_action"}


def test_the_property_reaches_the_end() -> None:
    """The same walk, once, to the end: otherwise the property might hold of nothing."""
    state: State = "open"
    for name in ("contain", "assess_cause", "take_action", "order_check", "pass_check", "close"):
        state = follow(state, name).after  # type: ignore[arg-type]
    assert state == "closed"


def test_the_drawing_in_the_guide_is_the_one_the_rules_make() -> None:
    page = (Path(__file__).parents[3] / "docs" / "issues.md").read_text(encoding="utf-8")
    assert page.count(FENCE[0]) == 1
    assert page.split(FENCE[0])[1].split(FENCE[1])[0] == mermaid()

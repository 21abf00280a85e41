"""A change's way into force: the table of moves, and that no sequence of calls by anybody skips one."""

from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.access import ROLES
from service.errors import Conflict, Forbidden, ReasonRequired, RetraceError
from service.processes import rules
from service.processes.diagram import mermaid
from service.processes.rules import ENDED, STATES, STEPS, Consequence, Kind, Name, State
from service.retraining import diagram as plans
from tests.service.conftest import day

KINDS: tuple[Kind, ...] = get_args(Kind)

#: somebody calls a step: the step, their role and account, the revision they read, and whether they say why
CALLS = st.tuples(
    st.sampled_from((*get_args(Name), *get_args(Consequence))), st.sampled_from(ROLES), st.integers(1, 4),
    st.integers(1, 3), st.booleans(),
)


@given(st.sampled_from(KINDS), st.lists(CALLS, max_size=60))
def test_no_sequence_of_calls_skips_a_step_or_approves_ones_own(
    kind: Kind, calls: list[tuple[Name | Consequence, str, int, int, bool]]
) -> None:
    state: State = "proposed"
    authors, revision, passed = {0}, 1, ["propose"]
    for name, role, account, read, says_why in calls:
        before = state
        try:
            step = rules.follow(state, name)
            if name in get_args(Name):
                rules.refuse_role(step, kind, role)
                rules.refuse_own(step, authors, {account})
                rules.refuse_outdated(step, read, revision)
                rules.refuse_silence(step, "why" if says_why else None)
        except RetraceError:
            assert state == before
            continue
        state = step.after
        passed.append(name)
        if name in {"revise", "submit"}:
            authors.add(account)
        revision += name == "revise"
        if name == "approve":
            assert account not in authors
            assert role in {"quality", "admin"}
            assert read == revision
        if name in {"force", "reject", "request_changes", "withdraw"}:
            assert says_why
        if name == "force":
            assert account not in authors
    _nothing_skipped(passed, state)
    assert (rules.owner(kind, state) is None) == (state in ENDED)
    if (owner := rules.owner(kind, state)) is not None:
        assert owner in ROLES


def _nothing_skipped(passed: list[str], state: State) -> None:
    reviewed = [name for name in passed if name != "revise"]
    for number, name in enumerate(reviewed[1:], 1):
        assert reviewed[number - 1] in {
            "submit": {"propose", "request_changes", "send_back"}, "approve": {"submit"}, "reject": {"submit"},
            "request_changes": {"submit"}, "send_back": {"approve"}, "begin_training": {"approve"},
            "take_force": {"begin_training"}, "force": {"approve", "begin_training"},
            "withdraw": {"propose", "submit", "request_changes", "send_back", "approve", "begin_training"},
        }[name]
    assert (state in {"in_force", "forced"}) == (reviewed[-1] in {"take_force", "force"})


def test_every_state_is_reached_and_every_one_that_is_not_the_end_has_a_way_on() -> None:
    assert {"proposed"} | {step.after for step in STEPS} == set(STATES)
    for kind in KINDS:
        for state in STATES:
            assert bool(rules.may_follow(kind, state)) == (state not in ENDED)


def test_what_is_in_force_is_not_changed() -> None:
    for state in ("in_force", "forced"):
        with pytest.raises(Conflict, match="in force and is not changed"):
            rules.follow(state, "revise")


def test_who_takes_which_step() -> None:
    approve = rules.follow("in_review", "approve")
    rules.refuse_role(approve, "process", "quality")
    with pytest.raises(Forbidden, match="takes quality"):
        rules.refuse_role(approve, "process", "operations")
    with pytest.raises(Forbidden, match="proposed"):
        rules.refuse_own(approve, {("account", 1)}, {("account", 1), ("employee", 2)})
    with pytest.raises(Conflict, match="revision 2"):
        rules.refuse_outdated(approve, 1, 2)
    with pytest.raises(Conflict, match="names no revision"):
        rules.refuse_outdated(approve, None, 2)
    with pytest.raises(ReasonRequired):
        rules.refuse_silence(rules.follow("in_review", "reject"), None)
    with pytest.raises(Forbidden, match="follows by itself"):
        rules.refuse_role(rules.follow("training", "take_force"), "process", "admin")


def test_it_takes_force_once_its_date_has_come_and_enough_are_trained() -> None:
    assert rules.takes_force(day(2), day(2), 0.9, 0.9)
    assert not rules.takes_force(day(2) - timedelta(seconds=1), day(2), 1.0, 0.9)
    assert not rules.takes_force(day(2), day(2), 0.89, 0.9)


def test_the_drawings_in_the_guide_are_the_ones_the_rules_make() -> None:
    page = (Path(__file__).parents[3] / "docs" / "changes.md").read_text(encoding="utf-8")
    drawn = [part.split("```\n")[0] for part in page.split("```mermaid\n")[1:]]
    assert drawn == [mermaid(), plans.mermaid()]

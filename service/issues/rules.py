"""Handling an issue, step by step: containment first, and no closing without an effectiveness check that was passed.

Pure: a state machine as data, and functions that say what may come next and who may do it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from service.errors import Conflict, Forbidden

State = Literal[
    "open", "contained", "cause_assessed", "action_taken", "check_ordered", "check_passed", "closed"
]
STATES: tuple[State, ...] = (
    "open", "contained", "cause_assessed", "action_taken", "check_ordered", "check_passed", "closed",
)

#: what people do, in this order, and what the ordered inspection brings
Name = Literal["contain", "assess_cause", "take_action", "order_check", "close"]
Outcome = Literal["pass_check", "fail_check", "discount_check"]


@dataclass(frozen=True)
class Step:
    """One move of the machine; without roles it is none that people make: the inspection's result makes it."""

    name: Name | Outcome
    before: State
    after: State
    roles: frozenset[str]
    #: what it is, as somebody would say it
    says: str


def _roles(named: str) -> frozenset[str]:
    return frozenset(named.split())


STEPS: tuple[Step, ...] = (
    Step("contain", "open", "contained", _roles("operations quality"), "say what was held, where and by whom"),
    Step("assess_cause", "contained", "cause_assessed", _roles("quality"), "name the cause"),
    Step("take_action", "cause_assessed", "action_taken", _roles("operations quality people"),
         "say what is done about it, whose it is and by when"),
    Step("order_check", "action_taken", "check_ordered", _roles("quality"), "order the effectiveness check"),
    Step("pass_check", "check_ordered", "check_passed", frozenset(), "the effectiveness check was passed"),
    Step("close", "check_passed", "closed", _roles("quality"), "close it"),
    Step("fail_check", "check_ordered", "cause_assessed", frozenset(), "the effectiveness check failed"),
    Step("fail_check", "check_passed", "cause_assessed", frozenset(), "its result was corrected: it failed"),
    Step("discount_check", "check_ordered", "action_taken", frozenset(),
         "who took the action judged it: order another check"),
)

#: who may do anything people do
_ADMIN = "admin"


def may_follow(state: State) -> tuple[Step, ...]:
    """The steps people may take next; none while a check waits for its result, and none once it is closed."""
    return tuple(step for step in STEPS if step.before == state and step.roles)


def follow(state: State, name: Name | Outcome, issue: str = "this issue") -> Step:
    """The step of that name from here. Raises `Conflict` that names the next step where another comes first."""
    for step in STEPS:
        if (step.before, step.name) == (state, name):
            return step
    raise Conflict(f"{_why_not(state, issue)} (not {name}).")


def _why_not(state: State, issue: str) -> str:
    if state == "closed":
        return (
            f"{issue} is closed and is not reopened: record a new issue, and name {issue} as the one it `follows` "
            "when you contain it"
        )
    if state == "check_ordered":
        return f"{issue} waits for its effectiveness check: record that inspection's result first"
    (following,) = may_follow(state)
    return f"{issue} is {state.replace('_', ' ')}, so the next step is {following.name}: {following.says}"


def refuse_role(step: Step, role: str) -> None:
    """Raise `Forbidden` where a role may not take a step."""
    if role not in step.roles | {_ADMIN}:
        takes = " or ".join(sorted(step.roles))
        raise Forbidden(f"The role {role} may not take the step {step.name}; it takes {takes}.")


#: a person, by whatever they are known: ("account", 7), ("employee", 3)
Identity = tuple[Literal["account", "employee"], int]


def identities(account: int | None, *employees: int | None) -> frozenset[Identity]:
    """Everything a person is known by."""
    accounts: set[Identity] = {("account", account)} if account is not None else set()
    return frozenset(accounts | {("employee", number) for number in employees if number is not None})


def refuse_own_judgement(takers: Collection[Identity], judge: Iterable[Identity]) -> None:
    """Raise `Forbidden` where somebody would judge the effect of an action of their own."""
    if set(takers) & set(judge):
        raise Forbidden("Who took the action may not judge its effect; somebody else closes this issue.")


def outcome(
    state: State, result: str, takers: Collection[Identity], judge: Iterable[Identity]
) -> Outcome | None:
    """What an inspection's result makes of an issue; None where it changes nothing.

    A failure counts whoever found it. A pass counts only from somebody who did not take the action.
    """
    if result == "fail":
        return "fail_check"
    if state != "check_ordered":
        return None
    return "discount_check" if set(takers) & set(judge) else "pass_check"

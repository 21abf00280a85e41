"""Changing how work is done, or what quality demands, step by step: nothing counts before it was reviewed and taught.

Pure: a state machine as data, and functions that say what may come next and who may do it. A process is changed from
operations' side, a standard from quality's; quality reviews both, and nobody reviews what they proposed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.errors import Conflict, Forbidden, ReasonRequired

Kind = Literal["process", "standard"]
State = Literal[
    "proposed", "in_review", "changes_requested", "rejected", "approved", "training", "in_force", "forced", "withdrawn"
]
STATES: tuple[State, ...] = (
    "proposed", "in_review", "changes_requested", "rejected", "approved", "training", "in_force", "forced", "withdrawn",
)
#: from here nothing leads on
ENDED: frozenset[State] = frozenset({"rejected", "in_force", "forced", "withdrawn"})

#: what people do, and what follows by itself from what they did with the plans
Name = Literal["submit", "revise", "request_changes", "reject", "approve", "force", "withdraw"]
Consequence = Literal["send_back", "begin_training", "take_force"]

#: who may take a step: the side a change comes from, quality as its reviewer, or nobody (it follows by itself)
Taker = Literal["author_side", "reviewer", "nobody"]


@dataclass(frozen=True)
class Step:
    """One move of the machine."""

    name: Name | Consequence
    before: State
    after: State
    taker: Taker
    #: what it is, as somebody would say it
    says: str
    needs_reason: bool = False


STEPS: tuple[Step, ...] = (
    Step("revise", "proposed", "proposed", "author_side", "change what is proposed"),
    Step("submit", "proposed", "in_review", "author_side", "ask for its review"),
    Step("revise", "in_review", "in_review", "author_side", "change what is proposed"),
    Step("request_changes", "in_review", "changes_requested", "reviewer", "ask for changes", needs_reason=True),
    Step("reject", "in_review", "rejected", "reviewer", "reject it", needs_reason=True),
    Step("approve", "in_review", "approved", "reviewer", "approve it"),
    Step("revise", "changes_requested", "changes_requested", "author_side", "change what is proposed"),
    Step("submit", "changes_requested", "in_review", "author_side", "ask for its review again"),
    Step("send_back", "approved", "changes_requested", "nobody", "a plan for it was rejected"),
    Step("begin_training", "approved", "training", "nobody", "every plan for it was published, or nobody needs one"),
    Step("take_force", "training", "in_force", "nobody", "its date has come and enough people are trained"),
    Step("force", "approved", "forced", "reviewer", "put it in force all the same", needs_reason=True),
    Step("force", "training", "forced", "reviewer", "put it in force all the same", needs_reason=True),
    *(
        Step("withdraw", state, "withdrawn", "author_side", "withdraw it", needs_reason=True)
        for state in STATES if state in {"proposed", "in_review", "changes_requested", "approved", "training"}
    ),
)

#: whose side a kind of change comes from
AUTHORS: dict[Kind, str] = {"process": "operations", "standard": "quality"}
REVIEWER = "quality"
#: who drafted plans wait for
PLANNER = "people"

#: who may do anything people do, except judge their own work
_ADMIN = "admin"


def owner(kind: Kind, state: State) -> str | None:
    """The role a change waits for; None where nothing is left to do."""
    if state in ENDED:
        return None
    if state == "in_review":
        return REVIEWER
    return PLANNER if state in {"approved", "training"} else AUTHORS[kind]


def role_of(taker: Taker, kind: Kind) -> str | None:
    """The role that takes a step of a kind of change; None: nobody, it follows by itself."""
    return {"author_side": AUTHORS[kind], "reviewer": REVIEWER, "nobody": None}[taker]


def may_follow(kind: Kind, state: State) -> tuple[tuple[Name, str], ...]:
    """The steps people may take next, and the role of each."""
    found = ((step.name, role_of(step.taker, kind)) for step in STEPS if step.before == state)
    return tuple((name, role) for name, role in found if role is not None)  # type: ignore[misc]


def follow(state: State, name: Name | Consequence, change: str = "this change") -> Step:
    """The step of that name from here. Raises `Conflict` that says what may come instead."""
    for step in STEPS:
        if (step.before, step.name) == (state, name):
            return step
    if state in {"in_force", "forced"}:
        raise Conflict(f"{change} is in force and is not changed any more: propose a new version.")
    if state in ENDED:
        raise Conflict(f"{change} was {state} and goes no further: propose it anew.")
    following = [step for step in STEPS if step.before == state and step.taker != "nobody"]
    options = ", ".join(f"{step.name} ({step.says})" for step in following)
    raise Conflict(f"{change} is {state.replace('_', ' ')}: {name} does not follow; what may: {options}.")


def refuse_role(step: Step, kind: Kind, role: str) -> None:
    """Raise `Forbidden` where a role may not take a step."""
    takes = role_of(step.taker, kind)
    if takes is None or role not in {takes, _ADMIN}:
        who = f"it takes {takes}" if takes else "it follows by itself"
        raise Forbidden(f"The role {role} may not take the step {step.name} of a {kind} change; {who}.")


def refuse_own(step: Step, authors: Collection[object], judge: Collection[object]) -> None:
    """Raise `Forbidden` where somebody would review, or force, what they proposed. An administrator no less."""
    if step.taker == "reviewer" and set(authors) & set(judge):
        raise Forbidden("Who proposed a change does not review it, nor put it in force; somebody else of quality does.")


def refuse_outdated(step: Step, revision: int | None, last: int) -> None:
    """Raise `Conflict` where somebody judges another revision of the proposal than the last."""
    if step.taker == "reviewer" and revision != last:
        named = "names no revision" if revision is None else f"is of revision {revision}"
        raise Conflict(f"The proposal is at revision {last}, and your {step.name} {named}: read it again first.")


def refuse_silence(step: Step, reason: str | None) -> None:
    """Raise `ReasonRequired` where a step needs a reason and none is given."""
    if step.needs_reason and reason is None:
        raise ReasonRequired(f"Say why: the step {step.name} needs a reason.")


def takes_force(at: datetime, effective_at: datetime, coverage: float, threshold: float) -> bool:
    """Whether a version being taught takes force at a moment: its date has come, and enough people are trained."""
    return at >= effective_at and coverage >= threshold

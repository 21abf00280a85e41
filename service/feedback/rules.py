"""Pure rules of feedback: what becomes of it, and who may say so."""

from dataclasses import dataclass
from typing import Literal

from service.errors import Conflict, Forbidden

Kind = Literal["problem", "wish", "question", "praise"]
KINDS: tuple[Kind, ...] = ("problem", "wish", "question", "praise")

State = Literal["open", "planned", "done", "declined"]
STATES: tuple[State, ...] = ("open", "planned", "done", "declined")
#: nobody needs to act any more, unless its author disagrees
ENDED: frozenset[State] = frozenset({"done", "declined"})

Name = Literal["plan", "finish", "decline", "reopen"]
Taker = Literal["administrator", "author"]


@dataclass(frozen=True)
class Step:
    """One move of a piece of feedback."""

    name: Name
    before: State
    after: State
    taker: Taker = "administrator"


STEPS: tuple[Step, ...] = (
    Step("plan", "open", "planned"),
    Step("finish", "open", "done"),
    Step("decline", "open", "declined"),
    Step("finish", "planned", "done"),
    Step("decline", "planned", "declined"),
    Step("reopen", "done", "open", "author"),
    Step("reopen", "declined", "open", "author"),
)


def follow(state: State, name: Name, code: str) -> Step:
    """The step of that name from here. Raises `Conflict` that says what may come instead."""
    for step in STEPS:
        if (step.before, step.name) == (state, name):
            return step
    may = " or ".join(step.name for step in STEPS if step.before == state)
    raise Conflict(f"Feedback {code} is {state}: {name} does not follow; next comes {may}.")


def refuse_taker(step: Step, *, administers: bool, wrote_it: bool) -> None:
    """Raise `Forbidden` where a step is somebody else's. `administers`: the actor administers the whole site."""
    if not (wrote_it if step.taker == "author" else administers):
        who = "who wrote it" if step.taker == "author" else "an administrator of the whole site"
        raise Forbidden(f"Only {who} may {step.name} feedback.")


def may_follow(state: State, *, administers: bool, wrote_it: bool) -> list[Name]:
    """What somebody may do with a piece of feedback next."""
    mine = {"author": wrote_it, "administrator": administers}
    return [step.name for step in STEPS if step.before == state and mine[step.taker]]

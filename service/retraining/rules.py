"""Pure rules of plans: from draft to published, what a change costs, and when poor results raise training frequency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Literal

from service.errors import Conflict, Forbidden, ReasonRequired

#: what a plan is for: who knew it and learns what changed, who never learned it, who came to a new place, and
#: whoever does what was reported as hard or complained of
KINDS = ("retraining", "new_hire", "gap", "answer")
METHODS = ("course", "read")

Status = Literal["draft", "accepted", "published", "rejected", "closed"]
STATUSES: tuple[Status, ...] = ("draft", "accepted", "published", "rejected", "closed")
#: here people may be added, taken off and moved before anybody is told
OPEN: frozenset[Status] = frozenset({"draft", "accepted"})

Name = Literal["accept", "reject", "publish"]
Consequence = Literal["close"]


@dataclass(frozen=True)
class Step:
    """One move of a plan; without a role it follows by itself."""

    name: Name | Consequence
    before: Status
    after: Status
    role: str | None = "people"


STEPS: tuple[Step, ...] = (
    Step("accept", "draft", "accepted"),
    Step("reject", "draft", "rejected"),
    Step("publish", "accepted", "published"),
    Step("reject", "accepted", "rejected"),
    Step("close", "draft", "closed", None),
    Step("close", "accepted", "closed", None),
    Step("close", "published", "closed", None),
)


def follow(status: Status, name: Name | Consequence, plan: str = "this plan") -> Step:
    """The step of that name from here. Raises `Conflict` that says what may come instead."""
    for step in STEPS:
        if (step.before, step.name) == (status, name):
            return step
    following = [step.name for step in STEPS if step.before == status and step.role is not None]
    may = f"next comes {' or '.join(following)}" if following else "it goes no further"
    raise Conflict(f"Plan {plan} is {status}: {name} does not follow; {may}.")


def refuse_role(step: Step, role: str) -> None:
    """Raise `Forbidden` where a role may not take a step."""
    if step.role is None or role not in {step.role, "admin"}:
        raise Forbidden(f"The role {role} may not {step.name} a plan; it takes {step.role or 'nobody'}.")


def refuse_silence(step: Step, reason: str | None) -> None:
    """Raise `ReasonRequired` where a plan would be rejected without saying why."""
    if step.name == "reject" and reason is None:
        raise ReasonRequired("Say why: a plan is not rejected without a reason.")


def refuse_nobody(plan: str, people: int, left: Sequence[str]) -> None:
    """Raise `Conflict` for a plan with nobody on it, or with people who left."""
    if left:
        named = ", ".join(left[:5]) + (" and others" if len(left) > 5 else "")
        raise Conflict(f"Plan {plan} is for people who left ({named}): take them off first.")
    if people == 0:
        raise Conflict(f"Plan {plan} is for nobody: add people, or reject it.")


#: results that are poor: this share of the inspections after training failed, once half of them were performed
POOR, ENOUGH = 0.25, 0.5
#: how often the frequency is raised before the process, and not the people, is looked at
RAISES = 2

Outcome = Literal["kept", "raised", "review"]


def frequency(rounds: int, failed: int, inspected: int, expected: int) -> Outcome | None:
    """What the inspections after a plan make of training frequency; None while there are too few to tell.

    `rounds`: how often it was raised before this plan; `expected`: inspections performed and still awaited.
    """
    if inspected == 0 or inspected < ceil(expected * ENOUGH):
        return None
    if failed / inspected >= POOR:
        return "raised" if rounds < RAISES else "review"
    return "kept" if inspected >= expected else None


#: of the time people are planned to work, what can be spent on training without leaving posts empty
AWAY = 0.1
#: a working day of whom no shifts are recorded, in minutes
DAY = 480


@dataclass(frozen=True)
class Cost:
    """What a revision costs. Times in minutes; `cover`: of the training time, what falls on planned shifts."""

    new_hires: int
    retrained: int
    training: int
    cover: int
    #: that its people are planned to work until it is to take force
    planned: int
    can_be_met: bool
    #: the first day on which it could take force
    earliest_on: date


def cost(
    new_hires: int, retrained: int, training: int, on_shift: int, planned: int, today: date, until: date
) -> Cost:
    """What a revision costs, and whether its date can be met.

    `on_shift`: of `training`, the minutes of people with shifts recorded; those need somebody in their place.
    `planned`: the minutes its people work from `today` until `until`. At most `AWAY` of these can go into training.
    """
    days = max((until - today).days, 0)
    room = planned * AWAY
    per_day = room / days if days else (new_hires + retrained) * DAY * AWAY
    needed = ceil(training / per_day) if training and per_day else 0
    return Cost(
        new_hires, retrained, training, on_shift, planned, training <= room or training == 0,
        today + timedelta(days=needed),
    )

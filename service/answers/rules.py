"""Pure rules: how far the answer to a report has come, and which reports are about the same."""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Literal

#: what a plan can answer
REPORTED = ("report", "issue")

Stage = Literal["heard", "understood", "planned", "in_training", "trained", "measured"]
STAGES: tuple[Stage, ...] = ("heard", "understood", "planned", "in_training", "trained", "measured")


@dataclass(frozen=True)
class Progress:
    """A plan that answers a report, in numbers. `inspected`: of the inspections that follow its training."""

    status: str
    items: int
    completed: int
    expected: int
    inspected: int


def stage_of(plan: Progress) -> Stage | None:
    """How far a plan has come; None: it was rejected or closed with nobody trained, so it answers nothing."""
    if plan.status in {"draft", "accepted"}:
        return "planned"
    if plan.status == "rejected" or (plan.completed == 0 and plan.status == "closed"):
        return None
    if plan.completed < plan.items and plan.status == "published":
        return "in_training"
    return "measured" if 0 < plan.expected <= plan.inspected else "trained"


def stage(understood: bool, plans: Collection[Progress]) -> Stage:
    """How far the answer has come: as far as the furthest plan."""
    reached = [found for plan in plans if (found := stage_of(plan)) is not None]
    return max(reached, key=STAGES.index, default="understood" if understood else "heard")


def groups(about: Mapping[str, Hashable | None], alike: Collection[tuple[str, str]]) -> list[list[str]]:
    """Reports that are about the same, together; groups and their members in the order of `about`.

    `about`: what each report is about (None: not known, so like no other); `alike`: pairs that somebody called alike.
    """
    first: dict[Hashable, str] = {}
    same = [(first.setdefault(thing, code), code) for code, thing in about.items() if thing is not None]
    parents = {code: code for code in about}

    def root(code: str) -> str:
        while parents[code] != code:
            code = parents[code]
        return code

    for one, other in [*same, *alike]:
        if one in parents and other in parents:
            parents[root(other)] = root(one)
    found: dict[str, list[str]] = {}
    for code in about:
        found.setdefault(root(code), []).append(code)
    return list(found.values())

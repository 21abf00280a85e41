"""Who may serve: a version with a card that beat champion and baselines on data neither saw, or that somebody forces.

The champion changes only at the very end, in one step of the registry: whatever fails before leaves it as it was.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from features.history import History
from models.contract import ModelError
from models.registry import FORCED, JUDGED, Registered, Registry
from training.publish import objection
from training.trial import trial


@dataclass(frozen=True)
class Force:
    """A named person's decision to promote whatever the figures say, and why."""

    by: str
    reason: str


def promote(
    history: Callable[[], History], registry: Registry, target: str, version: int, force: Force | None = None
) -> str:
    """Make a version the champion if it may be; one sentence saying what was done and by which figures.

    Without a champion the card's earlier windows decide. Raises `ModelError` with one sentence and the figures where it
    may not be and nobody forces it.
    """
    challenger = registry.load(target, version)
    serving = registry.champion_version(target)
    if serving == version:
        return f"{target} version {version} is the champion already."
    champion = registry.load(target, serving) if serving is not None else None
    problem, figures, tags = _judged(history, challenger, champion)
    if problem and force is None:
        raise ModelError(
            f"{target} version {version} was not promoted: {problem}; to promote it all the same, give a --reason"
        )
    if force is not None:
        forced = {"by": force.by, "reason": force.reason, "at": datetime.now(UTC).isoformat(), "although": problem}
        tags[FORCED] = json.dumps(forced)
    registry.promote(target, version, tags)
    if problem and force is not None:
        return f"{target} version {version} is the champion, forced by {force.by}, although {problem}."
    return f"{target} version {version} is the champion: {figures}."


def _judged(
    history: Callable[[], History], challenger: Registered, champion: Registered | None
) -> tuple[str | None, str, dict[str, str]]:
    """What speaks against the challenger, its figures, and what to keep of them beside the version."""
    if champion is None:
        problem = objection(challenger.card)
        return (problem.rstrip(".") if problem else None), "the first, by the earlier windows of its card", {}
    try:
        found = trial(history(), challenger, champion)
    except ModelError as error:
        return str(error), "", {}
    tags = {JUDGED: json.dumps(found.to_json())}
    if found.ahead is None:
        return None, found.told(), tags
    return f"it does not beat {_named(found.ahead)}: {found.told()}", found.told(), tags


def _named(ahead: str) -> str:
    return "the champion" if ahead == "champion" else f"the baseline {ahead!r}"

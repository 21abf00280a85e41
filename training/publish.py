"""From a fitted model to the registry: the first good one serves, later ones challenge, a loser never serves."""

from dataclasses import dataclass

from models.contract import ModelCard
from models.registry import Registry
from training import candidates
from training.fit import Fitted

_JUDGED_BY = "AUC"


@dataclass(frozen=True)
class Published:
    """A registered version, its role (champion or challenger), and a sentence saying why."""

    version: int
    role: str
    message: str


def publish(registry: Registry, fitted: Fitted, *, may_serve: bool = True) -> Published:
    """Register a model. It becomes champion if there is none and it beat every baseline on the earlier windows.

    `may_serve`: without it a model challenges, even where there is no champion.
    """
    target = fitted.card.target
    version = registry.register(fitted.ranker, fitted.card, fitted.data.X)
    problem = objection(fitted.card)
    if may_serve and problem is None and registry.champion_version(target) is None:
        registry.promote(target, version)
        return Published(version, "champion", f"{target} version {version} is the first champion.")
    registry.challenge(target, version)
    advice = f"Promote it with `retrace-train promote {target} {version}`."
    if problem is not None:
        return Published(version, "challenger", f"{target} version {version} was not promoted: {problem}")
    return Published(version, "challenger", f"{target} version {version} challenges the champion. {advice}")


def objection(card: ModelCard) -> str | None:
    """Why a model may not serve by itself: not judged on earlier windows, or not better than a baseline there."""
    table = {name: row[_JUDGED_BY] for name, row in card.metrics.items()}
    if candidates.MODEL not in table:
        return "there is too little history to judge it on earlier windows."
    passed = {name: value for name, value in table.items() if not _is_model(name) and value >= table[candidates.MODEL]}
    if not passed:
        return None
    best = max(passed, key=lambda name: passed[name])
    mine = table[candidates.MODEL]
    return f"on earlier windows its {_JUDGED_BY} is {mine:.3f}, that of the baseline {best!r} {passed[best]:.3f}."


def _is_model(name: str) -> bool:
    return name in (candidates.MODEL, candidates.LOGISTIC)

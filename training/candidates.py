"""Who competes: the model with its possible mixes, the logistic regression, and what people do today."""

from collections.abc import Collection, Sequence

from models.baseline import Baseline, baselines
from models.blend import BlendRanker, Mix
from models.linear import LogisticRanker
from models.need import need_ranker
from models.risk import risk_ranker

MODEL = "model"
RANDOM = "random"

#: Every share of trees and of inspector-adjusted fits the selection may choose from.
MIXES = tuple(Mix(trees, adjusted) for trees in (0.25, 0.5, 0.75) for adjusted in (0.0, 0.25, 0.5, 0.75, 1.0))


def model(target: str, names: Sequence[str]) -> BlendRanker:
    """The unfitted model of a target."""
    return need_ranker(names) if target == "need" else risk_ranker(names)


def logistic(names: Sequence[str]) -> LogisticRanker:
    """The unfitted rival on the same features."""
    return LogisticRanker(tuple(names))


def known_baselines(target: str, names: Collection[str]) -> tuple[Baseline, ...]:
    """The target's baselines, unfitted, less those whose feature never varies in this history."""
    return tuple(baseline for baseline in baselines(target) if baseline.feature in names)

"""Who competes: the model with its possible mixes, the logistic regression, and what people do today."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from models.baseline import Baseline, baselines
from models.blend import BlendRanker, Mix
from models.linear import STRENGTH, LogisticRanker
from models.need import need_ranker
from models.risk import unit_ranker, work_ranker

MODEL = "model"
LOGISTIC = "logistic regression"
RANDOM = "random"

#: The shares the selection may choose from: of trees, from the linear model alone to trees alone, and of trees that
#: learn an order. The share of inspector-adjusted fits stays: how much of a place's record is the place and how much
#: who inspects there is a question of purpose, which no window answers.
MIXES = (
    *(replace(Mix(), trees=share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)),
    replace(Mix(), ranked=0.5), replace(Mix(), trees=1.0, ranked=0.5), replace(Mix(), trees=1.0, ranked=1.0),
)  # fmt: skip


def model(target: str, names: Sequence[str]) -> BlendRanker:
    """The unfitted model of a target."""
    if target == "need":
        return need_ranker(names)
    return work_ranker(names) if target == "risk-work" else unit_ranker(names)


def logistic(names: Sequence[str], strength: float = STRENGTH) -> LogisticRanker:
    """The unfitted rival on the same features."""
    return LogisticRanker(tuple(names), strength=strength)


def known_baselines(target: str, names: Collection[str]) -> tuple[Baseline, ...]:
    """The target's baselines, unfitted, less those whose feature never varies in this history."""
    return tuple(baseline for baseline in baselines(target) if baseline.feature in names)

"""How far a model is held back from the rows it learns from: the penalties that did best on earlier windows."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from models.blend import BlendRanker
from models.calibration import fit_calibration
from models.contract import Examples, rarer
from models.linear import STRENGTH, LinearPart, LogisticRanker, fit_linear
from models.trees import PARAMETERS, Growth, TreesPart, fit_trees
from training.dataset import Dataset
from training.metrics import log_loss
from training.splits import Window

#: strengths of a linear part, and penalties on the trees' leaves (LightGBM's `lambda_l2`); the loosest first
STRENGTHS = (STRENGTH, 0.006, 0.002, 0.0006, 0.0002)
PENALTIES = (float(PARAMETERS["lambda_l2"]), 200.0)
_FEWEST_OF_EACH = 50

Fit = Callable[[Examples], LinearPart | TreesPart]
#: what was known before a window, and what a list made in it would have shown
Pair = tuple[Examples, Dataset]


def held_back(data: Dataset, unfitted: BlendRanker, windows: Sequence[Window]) -> BlendRanker:
    """The ranker with the strength of its linear members and the penalty on its leaves that the windows support."""
    pairs, names = _pairs(data, windows), unfitted.feature_names
    grown = [_penalised(unfitted.growth, penalty) for penalty in PENALTIES]
    chosen = _best(pairs, [_trees(names, growth) for growth in grown])
    return replace(unfitted, strength=_strength(pairs, names), growth=grown[chosen])


def held_back_rival(data: Dataset, unfitted: LogisticRanker, windows: Sequence[Window]) -> LogisticRanker:
    """The regression with the strength that the windows support."""
    return replace(unfitted, strength=_strength(_pairs(data, windows), unfitted.feature_names))


def _penalised(growth: Growth, penalty: float) -> Growth:
    return replace(growth, parameters={**growth.parameters, "lambda_l2": penalty})


def _strength(pairs: Sequence[Pair], names: Sequence[str]) -> float:
    return STRENGTHS[_best(pairs, [_linear(names, strength) for strength in STRENGTHS])]


def _linear(names: Sequence[str], strength: float) -> Fit:
    return lambda rows: fit_linear(rows, names, adjust=False, strength=strength)[0]


def _trees(names: Sequence[str], growth: Growth) -> Fit:
    """Trees of one seed: enough to tell penalties apart."""
    return lambda rows: fit_trees(rows, names, replace(growth, seeds=growth.seeds[:1]))


def _pairs(data: Dataset, windows: Sequence[Window]) -> list[Pair]:
    """The windows that tell enough: with failures and passes before and inside."""
    found = [(data.before(window.as_of), data.inside(window)) for window in windows]
    return [
        (before.examples(), inside) for before, inside in found
        if min(rarer(before.failed), rarer(inside.failed)) >= _FEWEST_OF_EACH
    ]


def _best(pairs: Sequence[Pair], fits: Sequence[Fit]) -> int:
    """The number of the one with the least mean loss over the windows; the first where no window tells."""
    if not pairs:
        return 0
    losses = [np.mean([_loss(fit(before), inside) for before, inside in pairs]) for fit in fits]
    return int(np.argmin(losses))


def _loss(part: LinearPart | TreesPart, inside: Dataset) -> float:
    """Log loss after calibration, which the finished model gets too: a strong penalty shrinks what it says."""
    score = part.log_odds(inside.X)
    return log_loss(fit_calibration(score, inside.failed).probability(score), inside.failed)

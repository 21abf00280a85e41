"""How far a probability can be trusted: Venn-Abers bands, apart for subjects of whom much and little is known.

A band comes from scores of rows the model had not seen: isotonic regression is fitted with the scored row taken once
as a pass and once as a failure, and the two answers are its ends. Where few such rows were alike, they lie far apart;
where too few were, there is no band, and the score says nothing.

Source: V. Vovk, I. Petej, "Venn-Abers predictors" (2012).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.contract import Reals, rarer

#: How many earlier inspections of its subject a row stands on: none, a few, or at least so many.
EDGES = (1, 5)
#: The first of these features that a row has tells.
COUNTS = ("pair_inspections", "unit_inspections")
#: With fewer failures or passes alike there is no band.
FEWEST_OF_EACH = 10
_KNOTS = 40


@dataclass(frozen=True)
class Steps:
    """The ends of the band at some scores, in ascending order; between them it is interpolated."""

    score: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Bands:
    """One `Steps` per amount of knowledge (the position among `EDGES`); an amount without one has no band."""

    steps: Mapping[int, Steps] = field(default_factory=dict)

    def of(self, score: Reals, X: pd.DataFrame) -> tuple[Reals, Reals]:  # noqa: N803
        """The lower and upper end per row, in [0, 1]; NaN where too little is known."""
        low, high = np.full(len(score), np.nan), np.full(len(score), np.nan)
        amounts = amount_known(X)
        for amount, steps in self.steps.items():
            rows = amounts == amount
            low[rows] = np.interp(score[rows], steps.score, steps.low)
            high[rows] = np.interp(score[rows], steps.score, steps.high)
        return low, high

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {str(amount): asdict(steps) for amount, steps in self.steps.items()}

    @classmethod
    def from_json(cls, plain: Mapping[str, Mapping[str, Sequence[float]]]) -> "Bands":
        """The bands that `to_json` wrote."""
        return cls({
            int(amount): Steps(*(tuple(steps[name]) for name in ("score", "low", "high")))
            for amount, steps in plain.items()
        })  # fmt: skip


def amount_known(X: pd.DataFrame) -> npt.NDArray[np.intp]:  # noqa: N803
    """Per row how much is known of its subject: the position of its count of inspections among `EDGES`."""
    for name in COUNTS:
        if name in X.columns:
            return np.searchsorted(EDGES, X[name].fillna(0).to_numpy(np.float64), side="right")
    return np.zeros(len(X), np.intp)


def fit_bands(score: Reals, failed: Reals, amounts: npt.NDArray[np.intp]) -> Bands:
    """The bands of out-of-time scores, their outcomes and the amounts known of their subjects."""
    steps = {}
    for amount in np.unique(amounts):
        rows = amounts == amount
        if rarer(failed[rows]) >= FEWEST_OF_EACH:
            steps[int(amount)] = _steps(score[rows], failed[rows])
    return Bands(steps)


def holding(probability: Reals, band: tuple[Reals, Reals]) -> tuple[Reals, Reals]:
    """The bands, widened where they must be to hold the probabilities beside which they are shown.

    A probability is calibrated by two numbers over everything, its band by steps among rows alike: where the two ways
    disagree, that is doubt too.
    """
    low, high = band
    return np.minimum(low, probability), np.maximum(high, probability)


def _steps(score: Reals, failed: Reals) -> Steps:
    knots = np.unique(np.quantile(score, np.linspace(0, 1, _KNOTS)))
    low, high = (np.array([_with(score, failed, knot, outcome) for knot in knots]) for outcome in (0.0, 1.0))
    return Steps(*(tuple(float(value) for value in each) for each in (knots, low, high)))


def _with(score: Reals, failed: Reals, at: float, outcome: float) -> float:
    """Isotonic regression at a score, with a row of that score and outcome added."""
    from sklearn.isotonic import isotonic_regression

    # rows of one score share one answer
    values, rows = np.unique(np.append(score, at), return_inverse=True)
    weights = np.bincount(rows).astype(np.float64)
    means = np.bincount(rows, np.append(failed, outcome)) / weights
    return float(isotonic_regression(means, sample_weight=weights)[np.searchsorted(values, at)])

"""From a score to a probability: Platt's two numbers, fitted on scores of rows the model had not seen.

Source: J. Platt, "Probabilistic outputs for support vector machines" (1999). Chosen over isotonic regression because
it stays strictly increasing (equal ranks for score and probability) and needs dozens of failures, not thousands.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.contract import ModelError, Reals

_FEWEST_OF_EACH = 20
_PENALTY = 1.0
_STEPS = 50
_FLATTEST = 0.05


@dataclass(frozen=True)
class Calibration:
    """probability = 1 / (1 + exp(-(slope x score + intercept))); `rows` is how many it was fitted on (0 = none)."""

    slope: float = 1.0
    intercept: float = 0.0
    rows: int = 0

    def __post_init__(self) -> None:
        if self.slope <= 0:
            raise ModelError("a calibration must increase with the score")

    def probability(self, score: Reals) -> Reals:
        """Chance of failure in [0, 1], never decreasing in the score."""
        return logistic(self.slope * score + self.intercept)

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Calibration":
        """The calibration that `to_json` wrote."""
        return cls(**plain)


def fit_calibration(score: Reals, failed: Reals) -> Calibration:
    """The calibration of out-of-time scores; the identity where there are too few failures or passes to tell."""
    if min(failed.sum(), len(failed) - failed.sum()) < _FEWEST_OF_EACH:
        return Calibration()
    columns = np.column_stack([score, np.ones(len(score))])
    start = np.array([1.0, 0.0])
    answer = start.copy()
    for _ in range(_STEPS):
        chance = logistic(columns @ answer)
        gradient = columns.T @ (chance - failed) + _PENALTY * (answer - start)
        curvature = (columns * (chance * (1 - chance))[:, None]).T @ columns + _PENALTY * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        answer -= np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-10:
            break
    return Calibration(max(float(answer[0]), _FLATTEST), float(answer[1]), len(score))


def logistic(log_odds: Reals) -> Reals:
    """1 / (1 + exp(-x)) without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * log_odds)), dtype=np.float64)

"""From a score to a probability: Platt's two numbers, fitted on scores of rows the model had not seen.

Source: J. Platt, "Probabilistic outputs for support vector machines" (1999). Chosen over isotonic regression because
it stays strictly increasing (equal ranks for score and probability) and needs dozens of failures, not thousands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.contract import ModelError, Reals, rarer

_FEWEST_OF_EACH = 20
_PENALTY = 1.0
#: a window's own intercept is free; only one without failures or passes must not run away
_OWN_PENALTY = 1e-3
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
    if rarer(failed) < _FEWEST_OF_EACH:
        return Calibration()
    slope, intercept = _fitted(np.column_stack([score, np.ones(len(score))]), failed, np.array([_PENALTY, _PENALTY]))
    return Calibration(max(float(slope), _FLATTEST), float(intercept), len(score))


def fit_spread(windows: Sequence[tuple[Reals, Reals]]) -> Calibration:
    """The calibration of (score, failed) of several windows that leaves the mean chance over all their rows as it was.

    Each window has a base rate of its own, by luck or because it moved; how far scores should lie apart is common to
    all. So the slope is fitted with an intercept for each window, and those are forgotten. The identity where there is
    too little to tell.
    """
    if not windows:
        return Calibration()
    score, failed = (np.concatenate(parts) for parts in zip(*windows, strict=True))
    if rarer(failed) < _FEWEST_OF_EACH:
        return Calibration()
    window = np.repeat(np.arange(len(windows)), [len(one) for one, _ in windows])
    columns = np.column_stack([score, window[:, None] == np.arange(len(windows))])
    penalties = np.array([_PENALTY, *[_OWN_PENALTY] * len(windows)])
    slope = max(float(_fitted(columns, failed, penalties)[0]), _FLATTEST)
    return Calibration(slope, _keeping_the_mean(slope, score), len(score))


def _fitted(columns: Reals, failed: Reals, penalties: Reals) -> Reals:
    """Logistic regression by Newton's steps; penalties pull the first weight towards 1, the others towards 0."""
    start = np.zeros(columns.shape[1])
    start[0] = 1.0
    answer = start.copy()
    for _ in range(_STEPS):
        chance = logistic(columns @ answer)
        gradient = columns.T @ (chance - failed) + penalties * (answer - start)
        curvature = (columns * (chance * (1 - chance))[:, None]).T @ columns + np.diag(penalties)
        step = np.linalg.solve(curvature, gradient)
        answer -= np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-10:
            break
    return answer


def _keeping_the_mean(slope: float, score: Reals) -> float:
    """The intercept with which the mean chance stays that of the scores themselves."""
    from scipy.optimize import brentq

    mean, reach = logistic(score).mean(), abs(slope - 1) * np.abs(score).max() + 1
    return float(brentq(lambda intercept: logistic(slope * score + intercept).mean() - mean, -reach, reach))


def logistic(log_odds: Reals) -> Reals:
    """1 / (1 + exp(-x)) without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * log_odds)), dtype=np.float64)

"""Choosing a mix and a calibration by earlier windows."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.blend import Mix
from models.calibration import Calibration, logistic
from training.metrics import Outcomes, log_loss
from training.select import Fold, choose
from training.splits import Window

TREES = Mix(trees=1, adjusted=0)
JULY, AUGUST = datetime(2026, 7, 1), datetime(2026, 8, 1)  # noqa: DTZ001 - UTC without a zone


def _fold(seed: int, slope: float = 1.0, intercept: float = 0.0) -> Fold:
    """Scores whose outcomes follow a calibration."""
    rng = np.random.default_rng(seed)
    score = rng.normal(-2, 1, 4000)
    failed = (rng.random(4000) < logistic(slope * score + intercept)).astype(float)
    outcomes = Outcomes(failed, np.full(4000, None), np.full(4000, np.datetime64(JULY)))
    return Fold(Window(JULY, AUGUST), {"trees": score}, outcomes, np.zeros(4000, np.intp))


def _calibrated(folds: Sequence[Fold]) -> Calibration:
    return choose(folds, TREES, (TREES,)).calibration


def test_scores_that_are_chances_already_are_left_nearly_alone():
    found = _calibrated([_fold(seed) for seed in (1, 2, 3)])
    assert (found.slope, found.intercept) == (pytest.approx(1, abs=0.06), pytest.approx(0, abs=0.12))


def test_scores_that_lie_too_far_apart_in_every_window_are_drawn_together():
    assert _calibrated([_fold(seed, 0.5, 0.4) for seed in (1, 2, 3)]).slope == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("moved", [-1.0, 1.0])
def test_a_base_rate_that_moved_is_not_followed(moved: float):
    found = _calibrated([_fold(1, 1, moved), _fold(2), _fold(3)])
    assert (found.slope, found.intercept) == (pytest.approx(1, abs=0.1), pytest.approx(0, abs=0.2))


def test_without_a_window_nothing_is_calibrated():
    assert _calibrated([]) == Calibration()


@given(st.floats(0.01, 0.99), st.integers(1, 99))
def test_no_constant_is_better_than_the_share_that_failed(probability: float, failures: int):
    failed = np.array([1.0] * failures + [0.0] * (100 - failures))
    best = log_loss(np.full(100, failures / 100), failed)
    assert log_loss(np.full(100, probability), failed) >= best - 1e-12

"""Choosing a mix and a calibration by earlier windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibration import Calibration, logistic
from training.metrics import log_loss
from training.select import _calibration


def _fold(seed: int, slope: float = 1.0, intercept: float = 0.0):
    """Scores whose outcomes follow a calibration."""
    rng = np.random.default_rng(seed)
    score = rng.normal(-2, 1, 4000)
    return score, (rng.random(4000) < logistic(slope * score + intercept)).astype(float)


def test_scores_that_are_chances_already_are_left_alone():
    assert _calibration([_fold(seed) for seed in (1, 2, 3)]) == Calibration()


def test_what_is_wrong_in_every_window_is_put_right():
    found = _calibration([_fold(seed, 0.5, 0.4) for seed in (1, 2, 3)])
    assert (found.slope, found.intercept) == (pytest.approx(0.5, abs=0.1), pytest.approx(0.4, abs=0.2))


def test_what_was_wrong_once_is_not():
    assert _calibration([_fold(1, 1, -1.0), _fold(2), _fold(3)]) == Calibration()


def test_a_single_window_calibrates_by_itself():
    assert _calibration([_fold(1, 0.5)]).slope == pytest.approx(0.5, abs=0.1)


@given(st.floats(0.01, 0.99), st.integers(1, 99))
def test_no_constant_is_better_than_the_share_that_failed(probability: float, failures: int):
    failed = np.array([1.0] * failures + [0.0] * (100 - failures))
    best = log_loss(np.full(100, failures / 100), failed)
    assert log_loss(np.full(100, probability), failed) >= best - 1e-12

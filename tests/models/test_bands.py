"""Bands around a probability: they hold what happens, and widen where little is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bands import EDGES, FEWEST_OF_EACH, Bands, amount_known, fit_bands, holding
from models.calibration import logistic


def _scored(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    score = rng.normal(-1.5, 1.0, rows)
    return score, (rng.random(rows) < logistic(score)).astype(float)


def _known(counts: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"pair_inspections": counts.astype(float)})


def test_the_true_chance_lies_about_the_band():
    score, failed = _scored(20_000, 1)
    bands = fit_bands(score, failed, np.full(len(score), 2))
    asked = np.linspace(-3, 0.5, 15)
    low, high = bands.of(asked, _known(np.full(15, 9)))
    assert (low <= high).all()
    np.testing.assert_allclose((low + high) / 2, logistic(asked), atol=0.05)


def test_fewer_rows_make_wider_bands():
    widths = []
    for rows in (200, 2_000, 20_000):
        score, failed = _scored(rows, 2)
        low, high = fit_bands(score, failed, np.full(rows, 2)).of(np.array([-1.5]), _known(np.array([9])))
        widths.append(float((high - low)[0]))
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 3 * widths[2]


def test_what_was_learned_of_the_well_known_is_not_said_of_strangers():
    score, failed = _scored(2_000, 3)
    strangers = np.arange(2_000) < 30
    amounts = np.where(strangers, 0, 2)
    bands = fit_bands(score, failed, amounts)
    low, high = bands.of(score[:2], _known(np.array([0, 9])))
    alike = failed[strangers].sum()
    assert np.isnan(low[0]) == (alike < FEWEST_OF_EACH)
    assert np.isfinite([low[1], high[1]]).all()


@pytest.mark.parametrize(("count", "amount"), [(np.nan, 0), (0, 0), (EDGES[0], 1), (EDGES[1] - 1, 1), (EDGES[1], 2)])
def test_how_much_is_known(count: float, amount: int):
    assert amount_known(pd.DataFrame({"unit_inspections": [count]})).tolist() == [amount]


def test_a_band_is_widened_to_hold_the_chance_and_none_stays_none():
    low, high = holding(np.array([0.2, 0.05, 0.5, 0.1]), (np.array([0.1, 0.1, 0.1, np.nan]),) * 2)
    np.testing.assert_array_equal(low, [0.1, 0.05, 0.1, np.nan])
    np.testing.assert_array_equal(high, [0.2, 0.1, 0.5, np.nan])


@given(st.integers(0, 50))
def test_bands_survive_being_written_down(seed: int):
    bands = fit_bands(*_scored(300, seed), np.full(300, 1))
    assert Bands.from_json(bands.to_json()) == bands

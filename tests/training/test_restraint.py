"""A model is held back as far as did best on earlier windows."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from models.blend import BlendRanker
from models.linear import LogisticRanker
from models.trees import PARAMETERS, Growth
from training.dataset import Dataset
from training.restraint import PENALTIES, STRENGTHS, held_back, held_back_rival
from training.splits import Window

_DAY = timedelta(days=1)
_START = datetime(2025, 1, 1)  # noqa: DTZ001 - UTC without a zone
_WINDOWS = [Window(_START + days * _DAY, _START + (days + 60) * _DAY) for days in (180, 240, 300)]


def _data(noise: int, signal: float, rows: int = 9_000) -> Dataset:
    """A year of inspections: one feature that tells, of which the odds are `signal`, and `noise` that do not."""
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.normal(size=(rows, noise + 1)), columns=[f"x{number}" for number in range(noise + 1)])
    failed = (rng.random(rows) < 1 / (1 + np.exp(2.5 - signal * table["x0"]))).astype(float)
    as_of = pd.to_datetime([_START + int(day) * _DAY for day in np.sort(rng.integers(0, 12, rows) * 30)])
    performed = as_of + pd.to_timedelta(rng.integers(1, 30, rows), unit="D")
    keys = pd.DataFrame({
        "as_of": as_of, "performed_at": performed, "settled_at": performed, "until": as_of + 60 * _DAY,
        "failed": failed, "waiting": False, "inspection_code": np.arange(rows).astype(str),
        "department_code": (np.arange(rows) % 50).astype(str),
    })  # fmt: skip
    return Dataset("risk-unit", keys, table, "", rows)


def _ranker(data: Dataset) -> BlendRanker:
    return BlendRanker(tuple(data.X.columns), Growth(40, (1, 2)))


def test_what_is_mostly_noise_holds_both_parts_back() -> None:
    data = _data(noise=60, signal=0.15)
    found = held_back(data, _ranker(data), _WINDOWS)
    assert found.strength == STRENGTHS[-1]
    assert found.growth.parameters["lambda_l2"] == PENALTIES[-1]
    assert found.growth.seeds == (1, 2)


def test_what_tells_a_lot_is_not_held_back() -> None:
    data = _data(noise=1, signal=2.5)
    found = held_back(data, _ranker(data), _WINDOWS)
    assert found.strength > STRENGTHS[-1]
    assert found.growth.parameters["lambda_l2"] == PARAMETERS["lambda_l2"]


def test_a_rival_is_held_back_alike() -> None:
    data = _data(noise=60, signal=0.15)
    rival = LogisticRanker(tuple(data.X.columns))
    assert held_back_rival(data, rival, _WINDOWS).strength == held_back(data, _ranker(data), _WINDOWS).strength


@pytest.mark.parametrize("windows", [[], [Window(_START, _START + 60 * _DAY)]])
def test_where_no_window_tells_both_stay_as_they_are(windows: list[Window]) -> None:
    data = _data(noise=5, signal=0.5, rows=500)
    found = held_back(data, _ranker(data), windows)
    assert (found.strength, found.growth.parameters["lambda_l2"]) == (STRENGTHS[0], PENALTIES[0])

"""Trees that learn an order: within lists, and only there."""

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calibration import logistic
from models.contract import Examples
from models.lambdarank import _COMPARISONS, _LONGEST_LIST, _lists, _looked_at, fit_ranked
from models.trees import Growth


def _listed(rows: int, period: np.ndarray) -> Examples:
    nobody = np.full(rows, None, dtype=object)
    return Examples(pd.DataFrame({"x": np.zeros(rows)}), np.zeros(rows), np.ones(rows), nobody, nobody, period)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 2 * _LONGEST_LIST), min_size=1, max_size=3))
def test_no_list_is_too_long_and_none_mixes_periods(sizes: list[int]):
    period = np.repeat([f"P{number}" for number in range(len(sizes))], sizes).astype(object)
    lists = _lists(_listed(len(period), period))
    assert np.bincount(lists).max() <= _LONGEST_LIST
    assert pd.Series(period).groupby(lists).nunique().max() == 1


def test_many_rows_on_one_list_are_compared_with_few():
    rows = 200_000
    lists = _lists(_listed(rows, np.full(rows, "P", dtype=object)))
    assert rows * _looked_at(lists) <= _COMPARISONS
    assert np.bincount(lists).min() > 100


def test_what_tells_periods_apart_is_not_learned(draw):
    examples = draw(3000)
    bad_month = np.arange(3000) % 2 == 0
    failed = np.where(bad_month, np.random.default_rng(1).random(3000) < 0.6, examples.failed).astype(float)
    table = examples.X.assign(month=bad_month.astype(float))
    period = np.where(bad_month, "bad", "good").astype(object)
    listed = replace(examples, X=table, failed=failed, period=period)
    part = fit_ranked(listed, ("failures", "month"), Growth(rounds=40, seeds=(1,)))
    bad, good = (part.log_odds(table.assign(month=value)) for value in (1.0, 0.0))
    assert np.corrcoef(good, table["failures"])[0, 1] > 0.5
    assert abs((bad - good).mean()) < np.std(good)


def test_its_scale_is_that_of_chances(draw):
    part = fit_ranked(draw(3000), ("failures", "kind"), Growth(rounds=40, seeds=(1,)))
    other = draw(3000, seed=12)
    assert abs(logistic(part.log_odds(other.X)).mean() - other.failed.mean()) < 0.03

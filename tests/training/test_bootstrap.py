"""Paired bootstrap: each resample's values are the metrics of the rows drawn, and bounds mean what they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training import bootstrap, metrics
from training.metrics import Outcomes

DAY = np.timedelta64(1, "D")


def _outcomes(rng: np.random.Generator, rows: int, failed: np.ndarray | None = None) -> Outcomes:
    bad = (rng.random(rows) < 0.3).astype(float) if failed is None else failed
    when = np.datetime64("2026-01-01", "us") + rng.integers(0, 90, rows) * DAY
    return Outcomes(bad, np.full(rows, None, dtype=object), when)


def _each(rows: int) -> np.ndarray:
    return np.array([f"S{number}" for number in range(rows)], dtype=object)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_a_resample_is_judged_as_if_its_rows_were_written_out(seed):
    rng = np.random.default_rng(seed)
    rows, capacity = 40, 12
    outcomes = _outcomes(rng, rows)
    score = rng.permutation(rows).astype(float)
    counts = rng.multinomial(rows, np.full(rows, 1 / rows))
    written = np.repeat(np.arange(rows), counts)
    failed, when = outcomes.failed[written], outcomes.when[written]
    if not 0 < failed.sum() < len(failed):
        return
    days = outcomes.when.astype("datetime64[us]").astype(float) / 86_400_000_000
    by_day = np.argsort(days, kind="stable")
    calendar = np.concatenate([[0.0], np.cumsum(np.repeat(days[by_day], counts[by_day]))])
    found = bootstrap._values(bootstrap._ranked(score), counts, outcomes.failed, days, calendar, capacity)
    drawn = score[written]
    assert found[0] == pytest.approx(metrics.auc(drawn, failed))
    assert found[2] == pytest.approx(metrics.recall_within(drawn, failed, capacity))
    assert found[3] == pytest.approx(metrics.mean_days_earlier(drawn, failed, when), abs=1e-6)


def test_with_each_row_once_every_column_is_the_plain_metric():
    rng = np.random.default_rng(4)
    outcomes = _outcomes(rng, 60)
    score = rng.integers(0, 9, 60).astype(float)
    days = outcomes.when.astype("datetime64[us]").astype(float) / 86_400_000_000
    calendar = np.concatenate([[0.0], np.cumsum(np.sort(days))])
    ones = np.ones(60, dtype=np.int64)
    found = bootstrap._values(bootstrap._ranked(score), ones, outcomes.failed, days, calendar, 20)
    row = metrics.table_row(score, outcomes, capacity=20)
    assert found == pytest.approx([row[column] for column in bootstrap.COLUMNS], abs=1e-6)


def test_who_knows_more_is_ahead_beyond_doubt_and_who_knows_the_same_is_not():
    rng = np.random.default_rng(1)
    rows = 800
    outcomes = _outcomes(rng, rows)
    good, noise = outcomes.failed + rng.normal(size=rows), rng.normal(size=rows)
    drawn = bootstrap.draws({"a": good, "b": noise, "c": good.copy()}, outcomes, _each(rows), 100, 200)
    ahead = bootstrap.lead(0.25, drawn["a"][:, 0] - drawn["b"][:, 0])
    assert 0.1 < ahead.low < ahead.high < 0.5
    same = bootstrap.lead(0.0, drawn["a"][:, 0] - drawn["c"][:, 0])
    assert (same.low, same.high) == (0.0, 0.0)


def test_pairing_takes_out_what_rivals_have_in_common():
    rng = np.random.default_rng(2)
    rows = 600
    outcomes = _outcomes(rng, rows)
    good = outcomes.failed + rng.normal(size=rows)
    near = good + 0.3 * rng.normal(size=rows)
    drawn = bootstrap.draws({"a": good, "b": near}, outcomes, _each(rows), 100, 200)
    paired = (drawn["a"][:, 0] - drawn["b"][:, 0]).std()
    assert paired < 0.6 * (drawn["a"][:, 0] - rng.permutation(drawn["b"][:, 0])).std()


def test_a_subject_is_drawn_with_all_its_rows():
    rng = np.random.default_rng(3)
    failed = np.repeat((rng.random(100) < 0.3).astype(float), 8)
    score = failed + np.repeat(rng.normal(size=100), 8)
    outcomes = _outcomes(rng, 800, failed)
    together = bootstrap.draws({"a": score}, outcomes, np.repeat(_each(100), 8), 100, 200)["a"][:, 0].std()
    apart = bootstrap.draws({"a": score}, outcomes, np.full(800, None, dtype=object), 100, 200)["a"][:, 0].std()
    assert together > 2 * apart


def test_without_scores_the_order_is_drawn_anew_and_seeds_repeat():
    outcomes = _outcomes(np.random.default_rng(5), 300)
    first, again = (bootstrap.draws({"random": None}, outcomes, _each(300), 50, 100)["random"] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first[:, 0].mean() == pytest.approx(0.5, abs=0.02)
    assert bootstrap.draws({"random": None}, outcomes, _each(300), 50, 1, seed=1)["random"][0, 0] != first[0, 0]


def test_a_resample_of_one_class_has_no_value():
    outcomes = _outcomes(np.random.default_rng(6), 4, np.array([1.0, 0.0, 0.0, 0.0]))
    drawn = bootstrap.draws({"a": np.arange(4.0)}, outcomes, _each(4), 2, 60)["a"]
    assert np.isnan(drawn).any()
    bounds = bootstrap.lead(0.0, drawn[:, 0])
    assert 0 <= bounds.low <= bounds.high <= 1
    assert bootstrap.lead(0.5, np.full(3, np.nan)).to_json() == {"difference": 0.5, "low": None, "high": None}

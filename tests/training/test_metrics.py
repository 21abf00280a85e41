"""Metrics: tables worked by hand, and what must hold of any order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training import metrics as m

SCORE = np.array([0.9, 0.8, 0.7, 0.6])
FAILED = np.array([1.0, 0.0, 1.0, 0.0])
DAYS = np.array(["2026-01-04", "2026-01-01", "2026-01-03", "2026-01-02"], dtype="datetime64[us]")


class TestByHand:
    def test_auc_counts_pairs(self):
        assert m.auc(SCORE, FAILED) == pytest.approx(3 / 4)

    def test_auc_counts_a_tie_as_half(self):
        assert m.auc(np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0])) == pytest.approx((0.5 + 1) / 2)

    def test_within_inspector_auc_weighs_by_pairs(self):
        inspector = np.array(["a", "a", "a", "b", "b"], dtype=object)
        score = np.array([3.0, 2.0, 1.0, 0.0, 9.0])
        failed = np.array([1.0, 0.0, 0.0, 1.0, 0.0])  # a: 2 pairs, both right; b: 1 pair, wrong
        assert m.within_inspector_auc(score, failed, inspector) == pytest.approx(2 / 3)

    def test_knowing_only_the_inspector_is_worth_nothing_within(self):
        inspector = np.array(["a", "a", "b", "b"], dtype=object)
        score, failed = np.array([1.0, 1.0, 0.0, 0.0]), np.array([1.0, 1.0, 1.0, 0.0])
        assert m.within_inspector_auc(score, failed, inspector) == pytest.approx(0.5)
        assert m.auc(score, failed) > 0.6

    def test_unknown_inspectors_are_one_group(self):
        nobody = np.full(4, None, dtype=object)
        assert m.within_inspector_auc(SCORE, FAILED, nobody) == m.auc(SCORE, FAILED)

    def test_average_precision(self):
        assert m.average_precision(SCORE, FAILED) == pytest.approx((1 / 1 + 2 / 3) / 2)

    def test_recall_rounds_rows_up(self):
        assert m.recall_at(SCORE, FAILED, 0.25) == pytest.approx(1 / 2)
        assert m.recall_at(SCORE[:3], FAILED[:3], 0.25) == pytest.approx(1 / 2)

    def test_ndcg(self):
        assert m.ndcg(SCORE, FAILED) == pytest.approx((1 + 1 / np.log2(4)) / (1 + 1 / np.log2(3)))

    def test_mean_days_earlier(self):
        # By score: 4 Jan -> 1 Jan (3 days earlier, failed), 1 -> 2, 3 -> 3 (0 days, failed), 2 -> 4.
        assert m.mean_days_earlier(SCORE, FAILED, DAYS) == pytest.approx(1.5)

    def test_brier_and_calibration_error(self):
        probability = np.array([0.5, 0.5, 0.5, 0.5])
        assert m.brier(probability, FAILED) == pytest.approx(0.25)
        assert m.calibration_error(np.full(40, 0.3), np.tile([1.0, 0.0], 20)) == pytest.approx(0.2)

    def test_one_class_has_no_area(self):
        assert np.isnan(m.auc(SCORE, np.zeros(4)))
        assert np.isnan(m.average_precision(SCORE, np.zeros(4)))


outcomes = st.lists(st.tuples(st.booleans(), st.integers(0, 400)), min_size=2, max_size=60)


class TestProperties:
    @given(outcomes)
    def test_the_order_as_done_finds_nothing_earlier(self, rows):
        failed = np.array([float(bad) for bad, _ in rows])
        when = np.datetime64("2026-01-01", "us") + np.array([day for _, day in rows]) * np.timedelta64(1, "D")
        as_done = -when.astype("int64").astype(float)
        if failed.any():
            assert m.mean_days_earlier(as_done, failed, when) == pytest.approx(0, abs=1e-9)

    @given(outcomes, st.integers(0, 1000))
    def test_areas_stay_within_bounds_and_turn_with_the_score(self, rows, seed):
        failed = np.array([float(bad) for bad, _ in rows])
        score = np.random.default_rng(seed).integers(0, 5, len(rows)).astype(float)
        if 0 < failed.sum() < len(failed):
            assert 0 <= m.auc(score, failed) <= 1
            assert m.auc(score, failed) + m.auc(-score, failed) == pytest.approx(1)

    @given(st.permutations(range(12)))
    @settings(max_examples=30)
    def test_any_increasing_transformation_ranks_alike(self, places):
        score = np.array(places, dtype=float)
        assert (m.order(score) == m.order(np.exp(score))).all()

    def test_ties_fall_by_the_seed(self):
        tied = np.zeros(50)
        assert (m.order(tied, 1) == m.order(tied, 1)).all()
        assert (m.order(tied, 1) != m.order(tied, 2)).any()

    def test_random_is_worth_half(self):
        rng = np.random.default_rng(1)
        failed = (rng.random(400) < 0.2).astype(float)
        when = np.datetime64("2026-01-01", "us") + rng.integers(0, 180, 400) * np.timedelta64(1, "D")
        row = m.random_row(m.Outcomes(failed, np.full(400, "a", dtype=object), when))
        assert row["AUC"] == pytest.approx(0.5, abs=0.02)
        assert row["failures in first half"] == pytest.approx(0.5, abs=0.02)

"""Encoding, calibration and reasons."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calibration import Calibration, fit_calibration, fit_spread
from models.contract import ModelError
from models.encoding import ONE_HOT_LEVELS, Encoder, fit_encoder
from models.reasons import reasons


class TestEncoding:
    def test_training_rows_are_centred_and_scaled(self, draw):
        encoder, encoded = fit_encoder(draw(), ("failures", "days", "kind"))
        assert np.abs(encoded.mean(axis=0)).max() < 0.01
        assert encoder.sources == ("failures", "days", "days", "kind", "kind", "kind")

    def test_json_round_trip_encodes_alike(self, draw):
        encoder, _ = fit_encoder(draw(), ("failures", "days", "kind"))
        table = draw(seed=2).X
        np.testing.assert_array_equal(Encoder.from_json(encoder.to_json()).transform(table), encoder.transform(table))

    def test_weighing_is_the_product_with_the_encoded_rows(self, draw):
        examples = draw(3000)
        many = examples.X.assign(
            post=pd.Categorical([f"P{number % 40}" for number in range(len(examples))]),
            days=examples.X["days"].where(np.arange(len(examples)) % 3 > 0),
        )
        encoder, encoded = fit_encoder(replace(examples, X=many), ("failures", "days", "kind", "post"))
        table = draw(2500, seed=2).X.assign(post=[None, "P1", "unheard of", *["P2"] * 2497])
        weights = np.random.default_rng(1).normal(size=encoded.shape[1])
        np.testing.assert_allclose(encoder.weighted(table, weights), encoder.transform(table) @ weights, atol=1e-12)

    def test_many_levels_get_a_rate_learned_from_other_subjects(self, draw):
        examples = draw()
        alone = examples.X.assign(kind=[f"K{number}" for number in range(len(examples))])
        encoder, encoded = fit_encoder(replace(examples, X=alone, subject=alone["kind"].to_numpy(object)), ("kind",))
        assert encoder.rates[0].name == "kind"
        assert alone["kind"].nunique() > ONE_HOT_LEVELS
        assert not encoded[:, -1].any()  # each level has one subject: the others say nothing of it

    def test_a_column_without_any_value_is_left_out(self, draw):
        examples = draw(50)
        encoder, encoded = fit_encoder(replace(examples, X=examples.X.assign(days=np.nan)), ("days", "failures"))
        assert encoder.sources == ("failures",)
        assert encoded.shape == (50, 1)


class TestCalibration:
    @given(st.lists(st.floats(-30, 30), min_size=2, max_size=40), st.floats(0.05, 5), st.floats(-5, 5))
    @settings(deadline=None, max_examples=50)
    def test_within_bounds_and_never_decreasing(self, scores, slope, intercept):
        chance = Calibration(slope, intercept, 100).probability(np.sort(np.array(scores)))
        assert ((chance >= 0) & (chance <= 1)).all()
        assert (np.diff(chance) >= 0).all()

    def test_finds_the_truth(self):
        rng = np.random.default_rng(1)
        score = rng.normal(size=20000)
        failed = (rng.random(20000) < 1 / (1 + np.exp(-(0.5 * score - 1)))).astype(float)
        found = fit_calibration(score, failed)
        assert found.slope == pytest.approx(0.5, abs=0.05)
        assert found.intercept == pytest.approx(-1, abs=0.05)

    def test_scores_the_wrong_way_round_never_turn_the_order(self):
        score = np.linspace(-2, 2, 400)
        assert fit_calibration(score, (score < 0).astype(float)).slope > 0

    def test_too_few_failures_leave_scores_as_they_are(self):
        assert fit_calibration(np.zeros(30), np.eye(1, 30)[0]) == Calibration()

    @given(st.lists(st.tuples(st.floats(-4, 1), st.floats(0.2, 3)), min_size=1, max_size=4))
    @settings(deadline=None, max_examples=30)
    def test_a_spread_keeps_the_mean_chance(self, windows):
        """Whatever each window's base rate was, and however far apart its scores lay."""
        rng = np.random.default_rng(1)
        said = []
        for mean, apart in windows:
            score = rng.normal(mean, apart, 300)
            said.append((score, (rng.random(300) < 1 / (1 + np.exp(-0.5 * score - 1))).astype(float)))
        score = np.concatenate([one for one, _ in said])
        kept = 1 / (1 + np.exp(-score))
        assert fit_spread(said).probability(score).mean() == pytest.approx(kept.mean(), abs=1e-9)

    def test_a_spread_is_common_to_windows_of_different_base_rates(self):
        rng = np.random.default_rng(1)
        said = []
        for moved in (-1.5, 0, 1.5):
            score = rng.normal(size=8000)
            said.append((score, (rng.random(8000) < 1 / (1 + np.exp(-(1.5 * score + moved)))).astype(float)))
        assert fit_spread(said).slope == pytest.approx(1.5, abs=0.05)
        # taken together as if they were one, the windows' rates blur what lies between them
        assert fit_calibration(*(np.concatenate(parts) for parts in zip(*said, strict=True))).slope < 1.3

    def test_without_windows_or_failures_there_is_no_spread(self):
        assert fit_spread([]) == fit_spread([(np.zeros(30), np.eye(1, 30)[0])]) == Calibration()

    def test_a_falling_calibration_is_refused(self):
        with pytest.raises(ModelError, match="must increase"):
            Calibration(-1.0, 0.0)


def said(feature, value, locale):
    return f"{locale}: {feature} is {value}"


class TestReasons:
    def test_contributions_add_up_to_the_score(self, fitted, draw):
        table = draw(30, seed=3).X
        gap = fitted.score(table) - fitted.contributions(table).sum(axis=1).to_numpy()
        assert np.ptp(gap) < 1e-6

    def test_only_what_raises_the_score_strongest_first(self, fitted, draw):
        table = draw(30, seed=4).X
        for row in reasons(fitted, table, said, "en"):
            amounts = [reason.contribution for reason in row]
            assert amounts == sorted(amounts, reverse=True)
            assert all(amount >= 0.02 for amount in amounts)
            assert len(row) <= 3

    def test_many_failures_are_the_first_reason(self, fitted, draw):
        worst = draw(5, seed=5).X.assign(failures=6.0)
        assert all(row[0].feature == "failures" for row in reasons(fitted, worst, said, "zh"))
        assert reasons(fitted, worst, said, "zh")[0][0].sentence == "zh: failures is 6.0"

    def test_hidden_features_are_never_shown_and_topics_once(self, fitted, draw):
        worst = draw(20, seed=6).X.assign(failures=6.0, kind="bakery")
        for row in reasons(fitted, worst, said, "en", hidden={"failures"}, topic=lambda feature: "one topic"):
            assert [reason.feature for reason in row if reason.feature == "failures"] == []
            assert len(row) <= 1

    def test_the_same_sentence_is_said_once(self, fitted, draw):
        worst = draw(20, seed=7).X.assign(failures=6.0, kind=pd.Categorical(["bakery"] * 20))
        for row in reasons(fitted, worst, lambda *_: "It is so.", "en"):
            assert len(row) <= 1

    def test_a_topic_stands_where_all_its_features_together_put_it(self, fitted, draw):
        table = draw(60, seed=8).X

        def topic(feature):
            return "failures" if feature == "failures" else "the rest"

        added = fitted.contributions(table)
        raising = added.where(added >= 0.02, 0.0).T.groupby(topic).sum().T
        told = reasons(fitted, table, said, "en", topic=topic)
        assert {len(row) for row in told} >= {1, 2}
        for row, (_, together) in zip(told, raising.iterrows(), strict=True):
            due = [name for name in together.sort_values(ascending=False).index if together[name] > 0]
            assert [topic(reason.feature) for reason in row] == due

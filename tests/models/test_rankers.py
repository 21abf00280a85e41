"""What every ranker keeps, and what a model must do: invariance, direction, a minimum."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models import trees
from models.baseline import BASELINES, Baseline, baselines
from models.blend import BlendRanker, Mix
from models.contract import Examples, ModelError
from models.linear import LogisticRanker, fit_linear
from models.need import need_ranker
from models.risk import unit_ranker
from models.trees import Growth, fit_trees

RANKERS = [
    Baseline("by failures", "failures"),
    Baseline("by days", "days", missing_first=True),
    LogisticRanker(("failures", "days", "kind", "noise")),
    BlendRanker(("failures", "days", "kind", "noise"), Growth(rounds=20, seeds=(1,))),
]


def auc(score, failed):
    above = score[failed == 1][:, None] - score[failed == 0][None, :]
    return float(((above > 0) + 0.5 * (above == 0)).mean())


@pytest.mark.parametrize("ranker", RANKERS, ids=lambda ranker: ranker.name)
class TestContract:
    def test_fit_returns_a_fitted_ranker_and_leaves_this_one_alone(self, ranker, draw):
        fitted = ranker.fit(draw())
        assert fitted.score(draw(seed=2).X).shape == (1500,)
        with pytest.raises(ModelError, match="not fitted"):
            ranker.score(draw().X)

    def test_scores_are_finite_and_repeatable(self, ranker, draw):
        table = draw(seed=3).X
        once, again = (ranker.fit(draw()).score(table) for _ in range(2))
        assert np.isfinite(once).all()
        assert (once == again).all()

    def test_order_of_rows_and_columns_does_not_matter(self, ranker, draw):
        fitted, table = ranker.fit(draw()), draw(seed=4).X
        shuffled = table.sample(frac=1, random_state=1)
        expected = pd.Series(fitted.score(table), table.index)[shuffled.index]
        np.testing.assert_allclose(fitted.score(shuffled[list(table.columns)[::-1]]), expected, rtol=1e-12)

    def test_a_score_does_not_depend_on_who_is_scored_beside(self, ranker, draw, monkeypatch):
        fitted, table = ranker.fit(draw()), draw(seed=4).X
        whole = fitted.score(table)
        monkeypatch.setattr(trees, "_ROWS_AT_ONCE", 700)
        np.testing.assert_allclose(fitted.score(table), whole, rtol=1e-12)
        np.testing.assert_allclose(fitted.score(table[:1]), whole[:1], rtol=1e-12)

    def test_unknown_columns_are_ignored_and_missing_ones_named(self, ranker, draw):
        fitted, table = ranker.fit(draw()), draw(seed=5).X
        assert (fitted.score(table.assign(inspector_severity=9.0)) == fitted.score(table)).all()
        with pytest.raises(ModelError, match=ranker.feature_names[0]):
            fitted.score(table.drop(columns=ranker.feature_names[0]))


class TestWhoInspects:
    def test_permuting_inspectors_among_the_scored_changes_nothing(self, fitted, draw):
        cohort = draw(seed=6)
        rng = np.random.default_rng(0)
        severity = rng.normal(size=len(cohort))
        given = cohort.X.assign(inspector_code=cohort.inspector, inspector_severity=severity)
        permuted = given.assign(
            inspector_code=rng.permutation(cohort.inspector), inspector_severity=rng.permutation(severity)
        )
        assert (fitted.score(given) == fitted.score(permuted)).all()
        assert (fitted.probability(given) == fitted.probability(permuted)).all()

    def test_severities_are_recovered_in_order_and_average_nought(self, draw):
        examples = draw(4000)
        _, severity = fit_linear(examples, ("failures", "kind"), adjust=True)
        assert severity["mild"] < severity["usual"] < severity["strict"]
        assert np.mean([severity[code] for code in examples.inspector]) == pytest.approx(0, abs=1e-9)

    def test_an_inspector_seen_once_is_pulled_to_the_average(self, draw):
        examples = draw()
        codes = examples.inspector.copy()
        codes[np.flatnonzero(examples.failed)[0]] = "once"
        _, severity = fit_linear(replace(examples, inspector=codes), ("failures", "kind"), adjust=True)
        assert 0 < severity["once"] < 0.5 * severity["strict"]

    def test_without_known_inspectors_only_plain_fits_are_made(self, unfitted, draw):
        examples = draw()
        nobody = replace(examples, inspector=np.full(len(examples), None, dtype=object))
        fitted = unfitted.fit(nobody)
        assert set(fitted.parts) == {"linear", "trees"}
        assert fitted.mix.adjusted == 0


class TestDirectionAndMinimum:
    def test_more_failures_never_lower_the_score(self, fitted, draw):
        table = draw(300, seed=7).X
        scores = [fitted.score(table.assign(failures=float(number))) for number in range(6)]
        assert (np.diff(scores, axis=0) >= -1e-9).all()

    @pytest.mark.parametrize("mix", [Mix(1.0, 0.0), Mix(0.0, 1.0), Mix(0.5, 0.5), Mix(0.5, 0.5, 0.5)])
    def test_the_signal_is_found(self, unfitted, mix, draw):
        cohort = draw(seed=8)
        assert auc(unfitted.mixed(mix).fit(draw()).score(cohort.X), cohort.failed) > 0.65

    def test_noise_is_not(self, draw):
        examples = draw()
        rng = np.random.default_rng(3)
        noise = replace(examples, failed=rng.permutation(examples.failed))
        ranker = BlendRanker(("failures", "days", "kind", "noise"), Growth(rounds=40, seeds=(1,))).fit(noise)
        assert 0.42 < auc(ranker.score(draw(seed=9).X), draw(seed=9).failed) < 0.6

    def test_levels_and_missing_values_never_seen_are_scored(self, fitted, draw):
        table = draw(20, seed=10).X.astype({"kind": object})
        table.loc[:5, "kind"] = "never seen"
        table.loc[6:9, "kind"] = None
        table["failures"] = np.nan
        assert np.isfinite(fitted.score(table)).all()

    def test_a_number_that_became_a_text_is_refused(self, fitted, draw):
        with pytest.raises(ModelError, match="failures was a number"):
            fitted.score(draw(20).X.assign(failures="three"))


class TestWhatCannotTeach:
    @pytest.mark.parametrize("outcome", [0.0, 1.0])
    def test_one_class_only(self, outcome, draw, unfitted):
        examples = draw(50)
        with pytest.raises(ModelError, match="only one class"):
            unfitted.fit(replace(examples, failed=np.full(50, outcome)))

    def test_no_rows(self, draw, unfitted):
        examples = draw(50)
        with pytest.raises(ModelError, match="nothing to learn from"):
            unfitted.fit(examples.rows(np.zeros(50, dtype=bool)))

    def test_columns_of_unequal_length(self, draw):
        examples = draw(50)
        with pytest.raises(ModelError, match="equally many"):
            Examples(examples.X, examples.failed[:-1], examples.weight, examples.inspector, examples.subject)

    def test_an_unknown_target_has_no_baselines(self):
        with pytest.raises(ModelError, match="choose one of need"):
            baselines("bonus")


def test_a_draw_of_rows_is_always_the_same_and_keeps_rows_whole(draw):
    examples = draw()
    few = examples.at_most(200)
    assert (len(few), len(examples.at_most(len(examples)))) == (200, len(examples))
    pd.testing.assert_frame_equal(few.X, examples.X.loc[few.X.index])
    assert (few.failed == examples.failed[few.X.index]).all()
    assert few.X.index.equals(examples.at_most(200).X.index)


def test_every_target_has_four_baselines_with_names_of_their_own():
    for entries in BASELINES.values():
        assert len({entry.name for entry in entries}) == 4


def test_recipes_force_only_features_that_are_there(draw):
    for ranker in (need_ranker(("failures", "noise")), unit_ranker(("failures", "noise"))):
        trees = fit_trees(draw(200), ranker.feature_names, replace(ranker.growth, rounds=5, seeds=(1,)))
        assert np.isfinite(trees.log_odds(draw(20).X)).all()


def test_a_mix_without_its_members_is_refused(fitted):
    plain = replace(fitted, parts={"linear": fitted.parts["linear"]})
    with pytest.raises(ModelError, match="not fitted"):
        plain.mixed(Mix(0.5, 0.0))

"""Selective labels: where the truth is known, what the looked-at alone say is wrong, and weighing puts it right."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training import estimators as e
from training.estimators import Looked
from training.metrics import AUC, RECALL_AT_CAPACITY, auc

ROWS, TOP = 40_000, 4_000


class World:
    """Subjects of known risk; a score that knows half of it; who is looked at follows the other half and the score."""

    def __init__(self) -> None:
        rng = np.random.default_rng(8)
        seen, unseen = rng.normal(size=ROWS), rng.normal(size=ROWS)
        self.score = seen
        self.risk = 1 / (1 + np.exp(1.5 - seen - 1.5 * unseen))
        self.failed = (rng.random(ROWS) < self.risk).astype(float)
        self.chance = 1 / (1 + np.exp(1.0 + 0.8 * seen - 1.2 * unseen))
        labelled = rng.random(ROWS) < self.chance
        ones = np.ones(ROWS)
        self.looked = Looked(labelled, self.failed * labelled, self.chance, self.risk, ones)
        everybody = Looked(ones.astype(bool), self.failed, ones, self.risk, ones)
        self.truth = e.plain(self.score, everybody, TOP)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


class TestWhereTheTruthIsKnown:
    def test_the_looked_at_alone_mislead(self, world):
        found = e.plain(world.score, world.looked, TOP)
        assert abs(found[e.PRECISION] - world.truth[e.PRECISION]) > 0.05
        assert abs(found[RECALL_AT_CAPACITY] - world.truth[RECALL_AT_CAPACITY]) > 0.05

    def test_weighing_by_the_chance_of_being_looked_at_recovers_it(self, world):
        assert e.weighted(world.score, world.looked, TOP) == pytest.approx(world.truth, abs=0.025)

    def test_so_does_starting_from_a_model_of_the_outcome(self, world):
        assert e.doubly_robust(world.score, world.looked, TOP) == pytest.approx(world.truth, abs=0.025)

    def test_a_wrong_outcome_model_is_put_right_by_the_chances(self, world):
        wrong = replace(world.looked, expected=np.full(ROWS, 0.5))
        assert e.doubly_robust(world.score, wrong, TOP) == pytest.approx(world.truth, abs=0.025)

    def test_wrong_chances_are_put_right_by_the_outcome_model(self, world):
        wrong = replace(world.looked, chance=np.full(ROWS, world.looked.labelled.mean()))
        assert e.doubly_robust(world.score, wrong, TOP) == pytest.approx(world.truth, abs=0.015)
        assert abs(e.weighted(world.score, wrong, TOP)[e.PRECISION] - world.truth[e.PRECISION]) > 0.05

    def test_the_truth_lies_between_best_and_worst_case(self, world):
        found = e.bounds(world.score, world.looked, TOP)
        for name in (e.PRECISION, RECALL_AT_CAPACITY):
            assert found[f"{name}, worst"] <= world.truth[name] <= found[f"{name}, best"]


def test_a_reserve_is_what_helps_where_the_choice_follows_what_no_record_holds():
    """Who chooses sees what the records do not, and looks at the bad ones only; a tenth is drawn by lot."""
    rng = np.random.default_rng(11)
    hidden = rng.normal(size=ROWS)
    score = rng.normal(size=ROWS)
    failed = (rng.random(ROWS) < 1 / (1 + np.exp(1.5 - 0.5 * score - 1.5 * hidden))).astype(float)
    chosen, drawn = hidden > 0.8, rng.random(ROWS) < 0.1
    ones, guess = np.ones(ROWS), np.full(ROWS, chosen.mean())
    truth = e.plain(score, Looked(ones.astype(bool), failed, ones, ones, ones), TOP)

    def worth(labelled, chance):
        return e.weighted(score, Looked(labelled, failed * labelled, chance, ones, ones), TOP)[e.PRECISION]

    off = abs(worth(chosen, guess) - truth[e.PRECISION])
    assert off > 0.2
    assert abs(worth(drawn, np.full(ROWS, 0.1)) - truth[e.PRECISION]) < 0.05
    assert abs(worth(chosen | drawn, e.either(guess, np.full(ROWS, 0.1))) - truth[e.PRECISION]) < off


@given(st.floats(0, 1), st.floats(0, 1))
def test_looked_at_by_choice_or_by_lot(judged, drawn):
    both = float(e.either(np.array([judged]), np.array([drawn]))[0])
    assert max(judged, drawn) - 1e-9 <= both <= min(1.0, judged + drawn) + 1e-9


def test_a_cohort_that_was_itself_drawn_speaks_for_those_that_were_not():
    rng = np.random.default_rng(9)
    score = rng.normal(size=ROWS)
    failed = (rng.random(ROWS) < 1 / (1 + np.exp(1 - score))).astype(float)
    drawn = np.where(score > 0, 0.9, 0.2)
    kept = rng.random(ROWS) < drawn
    ones = np.ones(kept.sum())
    looked = Looked(ones.astype(bool), failed[kept], ones, np.full(len(ones), 0.3), 1 / drawn[kept])
    everybody = auc(score, failed)
    assert e.weighted(score[kept], looked, 100)[AUC] == pytest.approx(everybody, abs=0.015)
    assert e.doubly_robust(score[kept], looked, 100)[AUC] == pytest.approx(everybody, abs=0.015)


def test_bounds_by_hand():
    labelled = np.array([True, False, True, False, True])
    looked = Looked(labelled, np.array([1.0, 0, 0, 0, 1.0]), np.ones(5), np.zeros(5), np.ones(5))
    found = e.bounds(np.array([5.0, 4, 3, 2, 1]), looked, 3)
    assert found == {
        "chosen": 3, "labelled": 2, "failures": 1,
        f"{e.PRECISION}, worst": 1 / 3, f"{e.PRECISION}, best": 2 / 3,
        f"{RECALL_AT_CAPACITY}, worst": 1 / 3, f"{RECALL_AT_CAPACITY}, best": 2 / 3,
    }  # fmt: skip


def test_no_row_stands_for_more_than_fifty():
    looked = Looked(np.array([True, True]), np.zeros(2), np.array([1e-9, 1.0]), np.zeros(2), np.ones(2))
    assert looked.weights[0] / looked.weights[1] == pytest.approx(1 / e.CLIP)
    assert 1 <= looked.effective_rows < 1.1


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=40))
def test_weighted_by_outcomes_it_is_the_auc(rows):
    score = np.array([float(place) for place, _ in rows])
    failed = np.array([float(bad) for _, bad in rows])
    assert e.weighted_auc(score, failed, 1 - failed) == pytest.approx(auc(score, failed), nan_ok=True)

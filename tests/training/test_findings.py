"""What the monitor says of numbers: when something is off, when all is well, and when there is too little to say."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from training import plots
from training.drift import shift, shifts
from training.findings import (
    MANY_FEATURES,
    OLD_DATA,
    calibrated,
    challenged,
    data_age,
    features_moved,
    recalled,
    scores_moved,
)
from training.live import Live
from training.monitor import reason

RNG = np.random.default_rng(11)


def live(rows: int = 1500, said: float = 1.0, seen: bool = True, seed: int = 11) -> Live:
    """Outcomes of known chances; `said` times the chance is what the list said; `seen`: it knew the chances at all."""
    rng = np.random.default_rng(seed)
    chance = rng.beta(2, 8, rows)
    failed = (rng.random(rows) < chance).astype(float)
    shuffled = rng.permutation(chance)
    probability = np.clip((chance if seen else shuffled) * said, 0, 1)
    table = pd.DataFrame({
        "employee_code": [f"E{number % 200}" for number in range(rows)], "failed": failed,
        "score": probability, "probability": probability, "shadow_score": chance, "shadow_probability": chance,
    })
    return Live(table)


class TestDrift:
    def test_two_samples_of_one_population_did_not_move(self):
        for seed in range(20):
            rng = np.random.default_rng(seed)
            found = shift("x", pd.Series(rng.normal(size=400)), pd.Series(rng.normal(size=400)))
            assert not found.moved
            assert found.index < 4 * found.by_chance

    @pytest.mark.parametrize("now", [RNG.normal(1.5, 1, 400), np.where(RNG.random(400) < 0.6, np.nan, 0.0)])
    def test_another_place_or_many_more_missing_is_a_move(self, now):
        assert shift("x", pd.Series(RNG.normal(size=400)), pd.Series(now)).moved

    def test_texts_move_too_and_new_ones_count(self):
        then, now = pd.Series(["a"] * 300 + ["b"] * 100), pd.Series(["a"] * 100 + ["c"] * 300)
        found = shift("kind", then.astype("category"), now.astype("category"))
        assert (found.moved, found.then, found.now) == (True, "a", "c")

    def test_few_rows_say_nothing(self):
        found = shift("x", pd.Series(np.zeros(99)), pd.Series(np.ones(5000)))
        assert not found.enough
        assert not found.moved
        assert features_moved([found]).state == "too little data"
        assert scores_moved(shift("score", pd.Series(dtype=float), pd.Series(np.ones(500)))).state == "too little data"

    def test_the_worst_comes_first_and_half_of_them_ask_for_a_fit(self):
        then = pd.DataFrame({name: RNG.normal(size=500) for name in "abcd"})
        now = then.assign(a=then["a"] + 1, b=then["b"] + 3)
        found = shifts(then, now, ["d", "c", "b", "a"])
        assert [each.feature for each in found[:2]] == ["b", "a"]
        assert MANY_FEATURES == 0.5
        assert features_moved(found).state == "off"
        assert features_moved(shifts(then, then.assign(a=then["a"] + 3), list("abcd"))).state == "told"
        assert features_moved(shifts(then, then, list("abcd"))).state == "well"


class TestWhatCameTrue:
    def test_what_comes_as_often_as_it_was_said_is_well(self):
        assert all(calibrated(live(seed=seed)).state == "well" for seed in range(5))

    @pytest.mark.parametrize("said", [0.4, 1.8])
    def test_what_comes_less_or_more_often_is_off_and_a_reason(self, said):
        found = calibrated(live(said=said))
        assert found.state == "off"
        assert found.figures["ECE"] > found.figures["ECE by chance"]
        assert reason((found,)) == found.sentence

    def test_recall_that_stays_behind_the_promise_is_off(self):
        assert recalled(live(), 0.45).state == "well"
        behind = recalled(live(seen=False), 0.45)
        assert behind.state == "off"
        assert behind.figures["low"] < behind.figures["recall"] < behind.figures["high"] < 0.45
        assert recalled(live(), None).state == "told"

    def test_a_clearly_better_challenger_is_told_and_never_a_reason(self):
        found = challenged(live(seen=False), "need v2")
        assert found.figures["low"] > 0
        assert "the challenger is better" in found.sentence
        assert reason((found,)) is None
        assert "cannot be told apart" in challenged(live(), "need v2").sentence

    @pytest.mark.parametrize(
        "judge", [calibrated, lambda rows: recalled(rows, 0.4), lambda rows: challenged(rows, "need v2")]
    )
    def test_few_outcomes_are_too_little_data(self, judge):
        found = judge(live(rows=60))
        assert found.state == "too little data"
        assert "60 outcomes" in found.sentence
        assert judge(Live(live(rows=60).rows.iloc[:0])).state == "too little data"


def test_old_data_and_a_worker_that_does_not_run_are_told():
    at = datetime(2026, 5, 20)  # noqa: DTZ001 - UTC without a zone
    assert data_age(at, at, at).state == "well"
    assert "does the worker run" in data_age(at, at - timedelta(days=4), at).sentence
    assert "old data" in data_age(at - OLD_DATA - timedelta(days=1), at, at).sentence
    assert "nothing" in data_age(None, at, at).sentence


def test_every_plot_is_a_picture():
    table = live()
    drawn = (
        plots.gain(table.rows["score"].to_numpy(), table.failed),
        plots.calibration(table.rows["probability"].to_numpy(), table.failed),
        plots.drift(shifts(table.rows, table.rows, ["score", "probability"])),
        plots.gain(np.zeros(1), np.zeros(1)),
    )
    for figure in drawn:
        assert plots.png(figure).startswith(b"\x89PNG")

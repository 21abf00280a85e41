"""From a history to a ranked list: what is used, what is refused, what is published."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest

from features.history import History
from models.blend import Mix
from models.calibration import Calibration
from models.contract import ModelError
from models.registry import Registry
from models.risk import WORK_MIX
from training import publish, rank
from training.dataset import labelled
from training.evaluate import evaluate
from training.fit import fit
from training.metrics import Outcomes
from training.select import Fold, choose
from training.splits import Window

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def start(units) -> Any:
    return (
        units["inspections"].occurred_at.min().to_pyarrow().as_py().replace(hour=0, minute=0, second=0, microsecond=0)
    )


@pytest.fixture(scope="module")
def fitted(units, start):
    return fit(units, "risk-unit", start + 300 * DAY, 60 * DAY)


def without(history: History, since) -> History:
    """The history less everything known at or after a date."""
    events = history["inspections"]
    kept = ibis.duckdb.connect().create_table("inspections", events.filter(events.known_at < since).to_pyarrow())
    tables = {name: history[name] for name in history.tables if name not in ("inspections", "departments")}
    departments = ibis.memtable(history["departments"].to_pyarrow())
    return History({**tables, "inspections": kept, "departments": departments})


class TestDataset:
    def test_before_a_cut_nothing_settled_at_or_after_it_is_left(self, units, start):
        cut = start + 200 * DAY
        windows = [Window(start + 100 * DAY, start + 160 * DAY), Window(start + 160 * DAY, start + 220 * DAY)]
        data = labelled(units, "risk-unit", windows, 60 * DAY, start + 400 * DAY)
        before = data.before(cut)
        assert 0 < len(before) < len(data)
        assert (before.keys["settled_at"] < cut).all()
        assert (before.keys["performed_at"] >= before.keys["as_of"]).all()

    def test_an_inspection_seen_from_two_dates_weighs_one(self, units, start):
        windows = [Window(start + 100 * DAY, start + 160 * DAY), Window(start + 130 * DAY, start + 190 * DAY)]
        examples = labelled(units, "risk-unit", windows, 60 * DAY, start + 400 * DAY)
        total = examples.keys.assign(weight=examples.examples().weight).groupby("inspection_code")["weight"].sum()
        assert np.allclose(total, 1)

    def test_nuisances_are_no_features(self, fitted):
        assert "inspector_severity" in fitted.data.X.columns
        assert "inspector_severity" not in fitted.ranker.feature_names


class TestFit:
    def test_the_card_says_what_was_done(self, fitted, start):
        assert fitted.card.rows == len(fitted.data)
        assert fitted.card.trained_until == (start + 300 * DAY).isoformat()
        assert set(fitted.card.metrics) >= {"model", "logistic regression", "cumulative failure rate", "random"}
        assert fitted.ranker.calibration.rows > 0

    def test_what_is_known_later_changes_nothing(self, units, fitted, start):
        again = fit(without(units, start + 300 * DAY), "risk-unit", start + 300 * DAY, 60 * DAY)
        table = fitted.data.X.head(50)
        np.testing.assert_array_equal(again.ranker.score(table), fitted.ranker.score(table))

    def test_no_data_before_the_cut(self, units, start):
        with pytest.raises(ModelError, match="known before"):
            fit(units, "risk-unit", start - DAY, 60 * DAY)

    def test_an_unknown_target(self, units, start):
        with pytest.raises(ModelError, match="choose one of need"):
            fit(units, "bonus", start, 60 * DAY)

    def test_one_class_only(self, history_of, inspected, start):
        rows = [
            inspected(f"I{number}", start + number * DAY, 0, department_code=f"U{number % 9}") for number in range(200)
        ]
        history = history_of({"inspections": rows})
        with pytest.raises(ModelError, match="only one class"):
            fit(history, "risk-unit", start + 190 * DAY, 60 * DAY)


class TestEvaluate:
    def test_the_model_beats_random_and_every_row_is_there(self, units, start):
        found = evaluate(units, "risk-unit", start + 240 * DAY, start + 330 * DAY)
        assert found.table["model"]["AUC"] > found.table["random"]["AUC"] + 0.1
        assert set(found.table) >= {"model", "logistic regression", "last result", "area failure rate", "random"}
        assert found.to_json()["table"]["last result"]["AUC"] == found.table["last result"]["AUC"]
        assert found.rows == found.cohort_rows > found.failures > 0

    def test_an_empty_window(self, units, start):
        with pytest.raises(ModelError, match="must lie after"):
            evaluate(units, "risk-unit", start, start)
        with pytest.raises(ModelError, match="reaches past the data: the last result is of"):
            evaluate(units, "risk-unit", start + 400 * DAY, start + 420 * DAY)


class TestRank:
    def test_all_units_and_due_orders_are_ranked(self, units, start, tmp_path):
        as_of = start + 340 * DAY
        table = rank.rank(units, "risk-unit", as_of, 60 * DAY, Registry(tmp_path))
        assert list(table.columns) == [
            "department_code", "inspection_code", "score", "probability", "rank", "baseline_rank", "model",
        ]  # fmt: skip
        assert table["department_code"].nunique() == 60
        assert table["inspection_code"].notna().sum() == 30
        assert sorted(table["baseline_rank"]) == list(range(1, 61)) == list(table["rank"])
        assert table["probability"].between(0, 1).all()
        assert table["score"].is_monotonic_decreasing
        assert table["model"].str.startswith("retrace-risk-unit, fitted on data before").all()

    def test_later_knowledge_changes_no_rank(self, units, start, tmp_path):
        as_of = start + 340 * DAY
        registry = Registry(tmp_path)
        expected = rank.rank(units, "risk-unit", as_of, 60 * DAY, registry)
        found = rank.rank(without(units, as_of), "risk-unit", as_of, 60 * DAY, registry)
        pd.testing.assert_frame_equal(found, expected)

    def test_without_anything_to_learn_from_the_baseline_stands_in_and_says_so(self, units, start, tmp_path):
        table = rank.rank(units, "risk-unit", start + 5 * DAY, 60 * DAY, Registry(tmp_path))
        assert (table["model"] == "baseline: cumulative failure rate").all()
        assert table["probability"].isna().all()
        assert (table["rank"] == table["baseline_rank"]).all()

    def test_before_any_data(self, units, start, tmp_path):
        with pytest.raises(ModelError, match="the data begins on 2025-01-01"):
            rank.rank(units, "risk-unit", start - DAY, 60 * DAY, Registry(tmp_path))

    def test_no_data_at_all(self, history_of, start, tmp_path):
        with pytest.raises(ModelError, match="import a folder"):
            rank.rank(history_of({}), "need", start, 60 * DAY, Registry(tmp_path))


class TestPublish:
    def test_first_champion_then_challenger_and_the_champion_ranks(self, units, fitted, start, tmp_path):
        registry = Registry(tmp_path)
        first, second = (publish.publish(registry, fitted) for _ in range(2))
        assert (first.role, second.role) == ("champion", "challenger")
        late = rank.rank(units, "risk-unit", start + 340 * DAY, 60 * DAY, registry)
        assert (late["model"] == "retrace-risk-unit/1").all()
        early = rank.rank(units, "risk-unit", start + 250 * DAY, 60 * DAY, registry)
        assert early["model"].str.contains("fitted on data before").all()

    def test_a_model_that_loses_to_a_baseline_is_not_promoted(self, fitted, tmp_path):
        metrics = {**fitted.card.metrics, "last result": {"AUC": 0.999}}
        loser = replace(fitted, card=replace(fitted.card, metrics=metrics))
        found = publish.publish(Registry(tmp_path), loser)
        assert found.role == "challenger"
        assert "not promoted" in found.message
        assert "'last result' 0.999" in found.message
        assert Registry(tmp_path).champion_version("risk-unit") is None

    def test_a_model_nobody_could_judge_is_not_promoted(self, fitted):
        assert "too little history" in (publish.objection(replace(fitted.card, metrics={})) or "")


class TestSelect:
    def fold(self, linear_is_right: bool) -> Fold:
        failed = np.tile([1.0, 0.0, 0.0, 0.0], 50)
        noise = np.random.default_rng(1).normal(size=200)
        good, bad = failed + 0.1 * noise, noise
        linear, trees = (good, bad) if linear_is_right else (bad, good)
        outcomes = Outcomes(failed, np.full(200, None, dtype=object), np.zeros(200, dtype="datetime64[us]"))
        members = {"linear": 0.3 * linear, "trees": trees, "ranked": trees}
        return Fold(Window(None, None), members, outcomes, np.full(200, 2))  # type: ignore[arg-type]

    def test_a_clearly_better_mix_is_chosen(self):
        assert choose([self.fold(linear_is_right=True)] * 2, Mix()).mix.trees == 0.0

    def test_what_was_seen_on_earlier_windows_makes_the_bands(self):
        assert set(choose([self.fold(linear_is_right=False)], Mix()).bands.steps) == {2}

    def test_the_default_is_kept_otherwise(self):
        for default in (Mix(), WORK_MIX):
            assert choose([self.fold(linear_is_right=False)], default).mix == default
        none = choose([], Mix())
        assert (none.mix, none.calibration) == (Mix(), Calibration())

    def test_the_linear_model_alone_has_trees_beside_it_for_lightgbms_own_flavour(self, fitted):
        alone = replace(fitted.ranker, parts={}, mix=Mix(0.0)).fit(fitted.data.examples())
        assert set(alone.texts()) >= {"trees"}
        assert "trees" not in alone.mix.shares


def test_people_are_ranked_by_what_their_own_inspections_showed(history_of, inspected, start, tmp_path):
    rng = np.random.default_rng(2)
    rows, work = [], []
    for number in range(1200):
        person, at = int(rng.integers(40)), start + float(rng.uniform(0, 365)) * DAY
        pair = {"employee_code": f"E{person:02}", "process_code": f"P{person % 2}"}
        rows.append(inspected(f"I{number}", at, int(rng.random() < (0.5 if person < 10 else 0.05)), **pair))
        work.append({**pair, "work_code": f"W{number}", "occurred_at": at, "known_at": at})
    people = [{"employee_code": f"E{person:02}"} for person in range(40)]
    history = history_of({"inspections": rows, "work": work, "employees": people})
    table = rank.rank(history, "need", start + 350 * DAY, 60 * DAY, Registry(tmp_path))
    assert list(table.columns[:2]) == ["employee_code", "process_code"]
    assert table["model"].str.startswith("retrace-need").all()
    assert (table.head(10)["employee_code"] < "E10").mean() >= 0.8


def test_an_order_on_work_is_ranked(history_of, inspected, start, tmp_path):
    rng = np.random.default_rng(3)
    rows = []
    for number in range(600):
        person, at = int(rng.integers(20)), start + float(rng.uniform(0, 200)) * DAY
        about = {"employee_code": f"E{person}", "process_code": "P1", "work_code": f"W{number}", "inspector_code": "Q"}
        rows.append(inspected(f"I{number}", at, int(rng.random() < (0.5 if person < 5 else 0.1)), **about))
    due = {"employee_code": "E1", "process_code": "P1", "work_code": "W999", "known_at": start + 199 * DAY}
    history = history_of({"inspections": [*rows, inspected("D1", None, None) | due]})
    table = rank.rank(history, "risk-work", start + 201 * DAY, 30 * DAY, Registry(tmp_path))
    assert table[["work_code", "inspection_code"]].to_numpy().tolist() == [["W999", "D1"]]
    assert table["model"].str.startswith("retrace-risk-work").all()

"""The leaderboard over time: where it stands, what it holds, how a choice is made, and who was never looked at."""

import json
from datetime import datetime, timedelta

import numpy as np
import pytest

from models.contract import ModelError
from training import capacity, rivals
from training.origins import Asked, windows
from training.population import population
from training.regret import choice, regrets
from training.selective import _heeded, propensity_model
from training.splits import Window

DAY = timedelta(days=1)
START = datetime(2025, 1, 1)  # noqa: DTZ001 - UTC without a zone
END = START + 365 * DAY


def _days(found: list[Window]) -> list[tuple[int, int]]:
    return [((window.as_of - START).days, (window.until - START).days) for window in found]


class TestOrigins:
    def test_a_span_is_one_window(self):
        assert _days(windows(Asked(START + 200 * DAY, START + 300 * DAY), START, END)) == [(200, 300)]

    def test_a_span_in_steps_or_parts(self):
        span = START + 200 * DAY, START + 300 * DAY
        assert _days(windows(Asked(*span, every=30 * DAY), START, END)) == [(200, 230), (230, 260), (260, 290)]
        assert _days(windows(Asked(*span, origins=3), START, END))[::2] == [(200, 233), (266, 300)]
        assert _days(windows(Asked(*span, every=30 * DAY, origins=2), START, END)) == [(200, 230), (230, 260)]

    def test_without_a_span_the_last_windows_that_leave_enough_before_them(self):
        assert _days(windows(Asked(), START, END)) == [(185, 245), (245, 305), (305, 365)]
        assert _days(windows(Asked(origins=9, every=90 * DAY), START, END)) == [(185, 275), (275, 365)]
        assert windows(Asked(), START, START + 30 * DAY) == []

    def test_an_empty_span(self):
        with pytest.raises(ModelError, match="must lie after"):
            windows(Asked(END, START), START, END)


class TestRegret:
    TABLES = (
        {"a": {"AUC": 0.8}, "b": {"AUC": 0.7}, "late": {"AUC": 0.9}},
        {"a": {"AUC": 0.5}, "b": {"AUC": 0.7}},
        {"a": {"AUC": 0.7}, "b": {"AUC": 0.7}},
    )

    def test_how_far_behind_the_best_of_each_window(self):
        found = regrets(self.TABLES, "AUC")
        assert found["a"].each == pytest.approx((0.1, 0.2, 0.0))
        assert (found["b"].mean, found["b"].worst) == pytest.approx((0.2 / 3, 0.2))
        assert found["late"].to_json()["each"] == [0.0, None, None]

    def test_who_is_never_far_behind_is_chosen_though_another_won_once(self):
        assert choice(self.TABLES) == "b"
        assert choice([{"a": {}}]) is None


class TestRivals:
    def test_columns_by_name(self, units):
        rival = rivals.parsed(" published = a , b ,a ")
        assert (rival.name, rival.columns) == ("published", ("a", "b"))
        assert rival.unfitted(["a", "b", "c"], ["b", "c"]).feature_names == ("b",)

    @pytest.mark.parametrize("text", ["published", "=a", "x=", "x=,"])
    def test_anything_else_is_refused(self, text):
        with pytest.raises(ModelError, match="is not NAME=column"):
            rivals.parsed(text)

    def test_the_rule_takes_last_findings_and_attributes(self):
        names = ["unit_last_critical", "unit_failures", "inspection_attr_heat_num", "unit_days_since_inspection"]
        rule = rivals.by_rule(names)
        assert rule is not None
        assert rule.columns == ("unit_last_critical", "inspection_attr_heat_num", "unit_days_since_inspection")
        assert rivals.by_rule(["unit_failures", "unit_last_failed"]) is None


class TestCapacity:
    def test_as_many_as_were_done_before(self, units):
        found = capacity.derived(units, "risk-unit", START + 200 * DAY)
        assert found.subjects == pytest.approx(1500 / 365 * 30, rel=0.15)
        assert (found.of(50), capacity.given(3, 7 * DAY).of(50)) == (50, 3)

    def test_what_is_known_later_does_not_count(self, history_of, inspected):
        rows = [inspected(f"I{n}", START + n * DAY, 0, department_code="U") for n in range(90)]
        late = [row | {"known_at": END} for row in rows]
        at = START + 90 * DAY
        assert capacity.derived(history_of({"inspections": rows}), "risk-unit", at).subjects == 30
        assert capacity.derived(history_of({"inspections": late}), "risk-unit", at).of(8) == 2

    def test_of_people_the_trainings_count(self, history_of, inspected):
        given = {"employee_code": "E", "process_code": "P", "course_code": "C", "result": "passed"}
        trained = [
            {**given, "record_code": f"T{n}", "occurred_at": START + n * DAY, "known_at": START + n * DAY}
            for n in range(0, 90, 9)
        ]
        found = capacity.derived(history_of({"retraining": trained}), "need", START + 90 * DAY)
        assert (found.subjects, found.why.startswith("trainings")) == (4, True)


@pytest.fixture(scope="module")
def judged(units, command, tmp_path_factory):
    """One origin of the synthetic units, as JSON."""
    call = command(units, tmp_path_factory.mktemp("home"))
    span = ["--from", "2025-09-01T00:00+00:00", "--to", "2025-11-01T00:00+00:00"]
    code, out, err = call("leaderboard", "risk-unit", *span, "--rival", "heat=inspection_attr_heat_num", "--json")
    assert (code, "Judging risk-unit on 2025-09-01 to 2025-11-01" in err) == (0, True)
    return json.loads(out)


class TestThroughTheCommandLine:
    def test_one_window_has_everything(self, judged):
        (origin,) = judged["origins"]
        assert (judged["versions"], judged["skipped"]) == ([], [])
        assert origin["trained_until"] == origin["from"] == "2025-09-01T00:00:00"
        rivals_there = {"logistic regression", "heat", "last findings and attributes", "last result", "random"}
        assert set(origin["table"]) > rivals_there
        assert set(origin["table"]["model"]) >= {
            "AUC", "average precision", "NDCG at capacity", "recall at capacity", "mean days earlier", "Brier", "ECE",
            "within-inspector AUC",
        }  # fmt: skip
        assert set(origin["intervals"]) == set(origin["table"]) - {"model"}

    def test_the_lead_over_chance_is_beyond_doubt_and_lies_inside_its_bounds(self, judged):
        (origin,) = judged["origins"]
        lead = origin["intervals"]["random"]["AUC"]
        assert 0 < lead["low"] < lead["difference"] < lead["high"]
        assert lead["difference"] == pytest.approx(origin["table"]["model"]["AUC"] - origin["table"]["random"]["AUC"])

    def test_groups_add_up(self, judged):
        (origin,) = judged["origins"]
        rows = origin["groups"]["department"]
        assert {row["group"] for row in rows} == {"A0", "A1", "A2", "A3"}
        assert sum(row["rows"] for row in rows) == origin["rows"]
        selected = sum(row["rows"] * row["rankers"]["model"]["selection rate"] for row in rows)
        assert round(selected) == origin["capacity"]["top"]

    def test_those_never_looked_at_are_told(self, judged):
        found = judged["origins"][0]["selective"]
        assert 0 < found["labelled"] <= found["cohort"] == 60
        assert set(found["estimates"]["model"]) == {"plain", "IPS", "DR"}
        assert found["bounds"]["model"]["labelled"] <= found["bounds"]["model"]["chosen"]

    def test_regret_and_choice(self, judged):
        auc = {name: row["AUC"] for name, row in judged["origins"][0]["table"].items()}
        assert judged["choice"] == max(auc, key=lambda name: auc[name])
        assert judged["regret"]["AUC"]["random"]["mean"] == pytest.approx(max(auc.values()) - auc["random"])

    def test_as_text_and_what_cannot_be_judged(self, units, command, tmp_path):
        call = command(units, tmp_path)
        code, out, _ = call("leaderboard", "risk-unit", "--to", "2025-04-10", "--origins", "1", "--every", "30")
        assert code == 0
        assert "with 95% bounds" in out
        assert "Least regret in AUC" in out
        code, _, err = call("leaderboard", "risk-unit", "--from", "2025-11-01", "--to", "2026-11-01")
        assert (code, "reaches past the data: the last result is of 2025-12-3" in err) == (1, True)
        misspelt = ["--rival", "x=inspection_attr_het_num"]
        code, _, err = call("leaderboard", "risk-unit", "--from", "2025-10-01", "--to", "2025-11-01", *misspelt)
        assert (code, "did you mean 'inspection_attr_heat_num'?" in err) == (1, True)


def test_who_gets_looked_at_is_learned_from_earlier_windows(history_of, inspected):
    """Half of the units (hot ones) are inspected three times as often: their chance is learned, time-ordered."""
    rng = np.random.default_rng(7)
    rows = []
    for unit in range(300):
        hot = unit % 2
        for month in range(12):
            if month == 0 or rng.random() < (0.6 if hot else 0.2):
                at = START + float(30 * month + rng.uniform(0, 30)) * DAY
                more = {"department_code": f"U{unit}", "attr_heat_num": float(hot)}
                rows.append(inspected(f"I{unit}-{month}", at, int(rng.random() < 0.3), **more))
    history = history_of({"inspections": rows})
    starts = [START + 30 * month * DAY for month in (7, 8)]
    past = [population(history, "risk-unit", Window(at, at + 30 * DAY)) for at in starts]
    model = propensity_model(past, ("inspection_attr_heat_num",))
    now = population(history, "risk-unit", Window(START + 270 * DAY, START + 300 * DAY))
    chance, hot = model.probability(now.X), now.X["inspection_attr_heat_num"].to_numpy() == 1
    assert chance[hot].mean() == pytest.approx(0.6, abs=0.1)
    assert chance[~hot].mean() == pytest.approx(0.2, abs=0.1)
    assert now.labelled[hot].mean() > 2 * now.labelled[~hot].mean()


def test_whom_the_reserve_drew_teaches_nothing_of_who_is_chosen(history_of, inspected):
    """Nobody is looked at but the drawn, a third of them not even then: that is chance, and no rule to learn."""
    rows = []
    for unit in range(90):
        drawn = unit % 3 == 0
        order = inspected(f"O{unit}", None, None, department_code=f"U{unit}", attr_heat_num=float(unit))
        row = order | {"known_at": START, "due_at": START + 40 * DAY, "reserve_chance": 0.2, "reserved": int(drawn)}
        looked = unit % 9 < 6 if drawn else unit < 5
        done = {"known_at": START + 35 * DAY, "occurred_at": START + 35 * DAY, "failed": int(unit % 2)}
        rows += [row | {"superseded_at": START + 35 * DAY}, row | done] if looked else [row]
    people = population(history_of({"inspections": rows}), "risk-unit", Window(START + 30 * DAY, START + 60 * DAY))
    assert (len(people.X), int(people.reserved.sum()), set(people.reserve)) == (90, 30, {0.2})
    assert _heeded([people]) == pytest.approx(20 / 30, abs=0.05)
    chance = propensity_model([people], ("inspection_attr_heat_num",)).probability(people.X)
    assert chance.mean() == pytest.approx(4 / 60, abs=0.03)

"""What lists said and what came of it: which outcomes count, and beside which list; and the fit a finding asks for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.registry import Registry
from service.suggestions import refits, shadows
from service.suggestions.actions import store
from service.suggestions.tables import Scoring
from training.findings import Finding
from training.live import matured
from training.monitor import Report, ask, lines, monitor

DAY = timedelta(days=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
AT = datetime(2026, 6, 1, tzinfo=UTC)
HORIZON = timedelta(days=30)


def _plain(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


@pytest.fixture
def listed(session):
    """Stores a list of a target: who, with which score; and what a challenger said of them unseen."""

    def made(target: str, as_of: datetime, *subjects: dict[str, Any], model: str = "need v1", shadow: float = 0.5):
        scoring = Scoring(target=target, as_of=as_of, model=model, fingerprint="f", tie_seed=1)
        usual = {"score": 1.0, "probability": 0.3, "rank": 1, "baseline_rank": 1, "reasons": []}
        store(session, scoring, [{**usual, **row} for row in subjects])
        unseen = [{**row, "score": shadow, "probability": shadow} for row in subjects]
        shadows.store(session, scoring, f"{target} v2", None, unseen)

    return made


PAIR = {"employee_code": "E1", "process_code": "P1"}


class TestNeed:
    @pytest.fixture
    def history(self, history_of, inspected):
        rows = [
            inspected(f"I{day}", _plain(START + day * DAY), failed, **PAIR)
            for day, failed in ((-1, 1), (5, 1), (20, 0), (29, 1), (30, 1))
        ]
        return history_of({"inspections": [*rows, inspected("OF-A-BATCH", _plain(START + DAY), 1, batch_code="L1")]})

    def found(self, session, history, at=AT):
        return matured(session, history, "need", "need v1", HORIZON, _plain(at)).rows

    def test_each_inspection_of_the_person_within_the_horizon_is_one_outcome(self, session, history, listed):
        listed("need", START, PAIR)
        rows = self.found(session, history)
        assert list(rows["result_code"]) == ["I20", "I29", "I5"]
        assert list(rows["failed"]) == [0, 1, 1]
        assert set(rows["shadow_score"]) == {0.5}

    def test_it_counts_once_by_the_first_list_that_showed_the_person(self, session, history, listed):
        listed("need", START, PAIR, shadow=0.1)
        listed("need", START + 8 * DAY, PAIR, shadow=0.2)
        rows = self.found(session, history).set_index("result_code")["shadow_score"]
        assert rows.to_dict() == {"I5": 0.1, "I20": 0.1, "I29": 0.1, "I30": 0.2}

    def test_before_the_horizon_is_over_nothing_counts(self, session, history, listed):
        listed("need", START, PAIR)
        assert not len(self.found(session, history, START + 29 * DAY))

    def test_lists_of_another_model_and_people_without_a_score_do_not_count(self, session, history, listed):
        listed("need", START, PAIR, model="need v7")
        assert not len(self.found(session, history))


def test_an_inspection_counts_once_by_the_first_list_it_waited_on(session, history_of, inspected, listed):
    rows = [inspected(f"I{day}", _plain(START + day * DAY), 1, department_code="U1") for day in (-2, 3, 4)]
    history = history_of({"inspections": rows})
    for day in (0, 1):
        waiting = [{"department_code": "U1", "inspection_code": code} for code in ("I-2", "I3", "I9")]
        listed("risk-unit", START + day * DAY, *waiting, model="risk-unit v1", shadow=day / 10)
    found = matured(session, history, "risk-unit", "risk-unit v1", HORIZON, _plain(AT)).rows
    assert found[["inspection_code", "shadow_score"]].to_numpy().tolist() == [["I3", 0.0]]


def test_what_is_off_asks_for_a_fit_once_a_week_and_says_why(session):
    off = Report("need", "need v1", (Finding("recall", "off", "Recall fell."), Finding("scores", "well", "Fine.")))
    assert ask(session, off, AT) == "Recall fell."
    assert ask(session, off, datetime.now(UTC)) is None, "one is waiting"
    refits.end(session, "need", "registered", "need version 2 challenges the champion.")
    assert ask(session, off, datetime.now(UTC)) is None, "it rests"
    assert ask(session, off, datetime.now(UTC) + timedelta(days=8)) == "Recall fell."


def test_what_is_well_asks_for_nothing(session):
    well = Report("need", "need v1", (Finding("features", "told", "Two moved."), Finding("scores", "well", "Fine.")))
    assert ask(session, well, AT) is None
    assert refits.last(session, "need") is None


def test_without_a_champion_it_says_so_and_shows_the_last_fit(session, history_of, tmp_path):
    refits.ask(session, "need", "by the calendar")
    refits.end(session, "need", "failed", "only one class to learn from")
    report = monitor(history_of({}), Registry(tmp_path), session, "need", _plain(AT))
    told = "\n".join(lines(report))
    assert "No need model is champion: lists follow today's rule." in told
    assert "failed: only one class to learn from" in told
    assert report.to_json()["model"] == "none"

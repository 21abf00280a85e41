"""Fitting the matcher: what it may learn from, how its embedder is weighed, and what it reaches on a simulated site."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from models.contract import ModelError
from models.text import Weights, similarity
from models.text_records import Link, Records, Report, Target
from models.text_registry import TextRegistry
from service.settings import settings
from training import text
from training.commands import site
from training.text_fit import Lessons, fit_embedder
from training.text_judge import Question, table
from training.text_pairs import Pair, pairs
from training.text_world import Trial, judged, trials
from training.world import World, WorldSpec, simulate

AT = datetime(2026, 1, 1)  # noqa: DTZ001 - UTC without a zone
LEXICON = (
    ("天平", "scale"), ("锁合", "locking"), ("水分", "moisture"), ("筛网", "sieve"), ("焊点", "joint"),
    ("极性", "polarity"), ("扭矩", "torque"), ("标签", "label"), ("隔离", "quarantine"), ("温度", "temperature"),
)


def bilingual() -> list[Pair]:
    """Each word beside each other, in both languages."""
    return [
        Pair(one[0] + other[0], f"{one[1]} {other[1]}", ("name", f"{at} {beside}"))
        for at, one in enumerate(LEXICON) for beside, other in enumerate(LEXICON) if at != beside
    ]


class TestEmbedder:
    def test_the_same_pairs_give_the_same_embedder_whatever_else_runs(self):
        lessons = Lessons(dimensions=16, epochs=2)
        one, other = fit_embedder(bilingual(), lessons), fit_embedder(bilingual(), lessons)
        np.testing.assert_array_equal(one.weights, other.weights)
        assert not one.weights[0].any()

    def test_words_of_two_languages_come_to_mean_the_same(self):
        embedder = fit_embedder(bilingual(), Lessons(dimensions=64))
        near = similarity(embedder, [zh for zh, _ in LEXICON], [en for _, en in LEXICON])
        assert (near.argmax(axis=1) == np.arange(len(LEXICON))).all()

    def test_too_few_pairs_are_one_clear_error(self):
        with pytest.raises(ModelError, match="names in both languages"):
            fit_embedder(bilingual()[:5])


RECORDS = Records(
    targets=(Target("clause", "S/1", "天平日校 Scales are checked"), Target("process", "P1", "称量 Weighing")),
    reports=(Report("D1", "天平超差", AT, "P1"), Report("D2", "scale drifts", AT + timedelta(days=9))),
    links=(Link("D1", "clause", "S/1", AT + timedelta(days=3)), Link("D1", "report", "D2", AT + timedelta(days=3))),
    names=("Line 1 一线", "Packing"),
)


class TestPairs:
    def test_halves_of_names_and_linked_texts_in_both_languages(self):
        found = {(pair.one, pair.other) for pair in pairs(RECORDS, RECORDS.all_links())}
        assert found == {
            ("一线", "Line"), ("天平日校", "Scales are checked"), ("称量", "Weighing"), ("天平超差", "天平日校"),
            ("天平超差", "Scales are checked"), ("天平超差", "称量"), ("天平超差", "Weighing"),
            ("天平超差", "scale drifts"),
        }

    def test_nothing_known_later_is_used(self):
        known = text.before(RECORDS, AT + timedelta(days=3))
        assert ([one.code for one in known.reports], list(known.links)) == (["D1"], [])


def question(shared: list[list[float]], near: list[list[float]], *, across: bool = False) -> Question:
    """Reports of which each is about the first target."""
    right = np.zeros_like(np.array(shared))
    right[:, 0] = 1
    return Question("clause", "zh", "en" if across else "zh", np.array(shared), np.array(near), right)


class TestWeights:
    def test_an_embedder_that_is_no_better_counts_nothing(self):
        assert text.choose([question([[0.9, 0.1]] * 50, [[0.1, 0.9]] * 50)], own=False) == Weights(0, 0)
        assert text.choose([question([[0.9, 0.1]] * 50, [[0.9, 0.1]] * 50)], own=False) == Weights(0, 0)
        assert text.choose([], own=True) == Weights(0, 0)

    def test_one_lucky_report_is_no_proof(self):
        assert text.choose([question([[0.0, 0.0]], [[0.9, 0.1]], across=True)], own=True) == Weights(0, 0)

    def test_what_helps_across_counts_across(self):
        asked = [question([[0.0, 0.0]] * 9, [[0.9, 0.1]] * 9, across=True), question([[0.9, 0.1]], [[0.1, 0.9]])]
        weights = text.choose(asked, own=True)
        assert weights.within == 0
        assert weights.across > 0

    def test_within_a_language_the_sites_own_only_fills_in_and_another_model_may_lead(self):
        asked = [question([[0.1, 0.9]] * 9, [[0.9, 0.1]] * 9)]
        assert text.choose(asked, own=True).within == 0
        assert text.choose(asked, own=False).within >= 1
        silent = [question([[0.0, 0.0]] * 9, [[0.9, 0.1]] * 9)]
        assert 0 < text.choose(silent, own=True).within < 0.1

    def test_harm_in_one_direction_is_not_outweighed_by_another(self):
        helped = question([[0.0, 0.0]] * 9, [[0.9, 0.1]] * 9, across=True)
        harmed = question([[0.9, 0.1]] * 2, [[0.1, 0.9]] * 2, across=True)
        harmed = replace(harmed, spoken="en", wanted="zh")
        assert text.choose([helped, harmed], own=True).across < 1

    def test_a_right_answer_nothing_speaks_for_is_not_found(self):
        rows = table([(question([[0.0, 0.0]], [[0.0, 0.1]]), Weights(0, 1))])
        assert {row["matcher"]: row["recall@5"] for row in rows} == {"tf-idf": 0, "embedding": 0, "hybrid": 0}


@pytest.fixture(scope="module")
def plant() -> World:
    return simulate(WorldSpec(staff=120, months=12, seed=21))


@pytest.fixture(scope="module")
def tried(plant: World) -> list[Trial]:
    return list(trials(plant))


class TestWorld:
    def test_no_wording_or_template_is_both_learned_and_asked(self, plant, tried):
        truth = plant.truth["difficulty_topics"].set_index("report_code")
        for trial in tried:
            learned, asked = (truth.loc[[one.code for one in part.reports]] for part in (trial.learned, trial.asked))
            assert len(asked)
            for column in ("template", "wording"):
                assert not set(learned[column]) & set(asked[column]) - {""}
            clauses = {link.target for link in trial.asked.links if link.kind == "clause"}
            assert not clauses & {link.target for link in trial.learned.links}
            assert max(one.known_at for one in trial.learned.reports) < min(one.known_at for one in trial.asked.reports)

    def test_across_languages_it_beats_n_grams_and_within_one_it_is_no_worse(self, plant):
        rows = pd.DataFrame(judged(plant))
        found = rows[rows["kind"] == "clause"].set_index(["direction", "matcher"])["recall@1"]
        assert found["zh->en", "hybrid"] >= found["zh->en", "tf-idf"] + 0.10
        for direction in ("zh->zh", "en->en"):
            assert found[direction, "hybrid"] >= found[direction, "tf-idf"]


@pytest.fixture
def run(command, history_of, tried, tmp_path, monkeypatch):
    """Run a command on what may be learned of the plant; returns exit code, stdout, stderr."""
    monkeypatch.setenv("RETRACE_HOME", str(tmp_path))
    settings.cache_clear()
    monkeypatch.setattr(site, "words", lambda: tried[0].learned)
    monkeypatch.setattr(site, "match_anew", lambda: None)

    yield command(history_of({}), tmp_path)
    settings.cache_clear()


class TestCommands:
    def test_fitted_text_serves(self, run, tmp_path):
        code, out, _ = run("fit", "text", "--until", "2026-10-01")
        assert (code, out.startswith("text version 1 serves")) == (0, True)
        found = TextRegistry(tmp_path).load_champion()
        assert found is not None
        assert found.card["trained_until"].startswith("2026-09-30")
        assert found.card["confirmed_links"] > 50
        assert found.matcher.weights.across > 0

    def test_a_site_without_words_is_told_what_it_lacks(self, run, monkeypatch):
        monkeypatch.setattr(site, "words", lambda: Records((), (), ()))
        for command, says in ((["fit", "text"], "names in both languages"), (["evaluate-text"], "confirm some")):
            code, _, err = run(*command)
            assert (code, says in err) == (1, True)

    def test_its_own_links_are_judged_as_table_or_json(self, run):
        code, out, _ = run("evaluate-text", "--json")
        rows = json.loads(out)
        assert code == 0
        assert {row["matcher"] for row in rows} == {"tf-idf", "embedding", "hybrid"}
        assert {row["direction"] for row in rows} >= {"zh->zh", "zh->en"}

    def test_a_world_too_small_is_one_clear_line(self, run):
        code, _, err = run("evaluate-text", "--world", "1", "--staff", "5")
        assert (code, "--staff 5" in err) == (1, True)

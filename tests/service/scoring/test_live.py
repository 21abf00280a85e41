"""What arrives is scored at once, and the queue shows it in its place."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from features import catalog
from models.bands import amount_known, fit_bands
from models.calibration import Calibration
from models.contract import Examples, ModelCard
from models.registry import Registry
from models.risk import unit_ranker
from service.app import connect
from service.clock import now
from service.exchange.layout import FOLDER
from service.history.engine import DuckDB
from service.history.snapshot import load, snapshot
from service.inspections.actions import queue
from service.records.actions import put
from service.scoring import live
from service.scoring.champions import Champions
from service.scoring.judge import scored
from service.scoring.live import Arrivals
from service.scoring.score import score
from service.suggestions import stopping
from service.suggestions.actions import last_scorings
from service.suggestions.tables import Scoring, Suggestion
from tests.service.database import Database, migrated


@dataclass(frozen=True)
class Plant:
    """A database with a few records, and a home with a champion of `risk-work`."""

    database: Database
    home: Path

    def records(self, table: str, *rows: dict[str, Any]) -> None:
        with Session(self.database.app) as session, session.begin():
            put(session, FOLDER[table], rows)

    def queued(self) -> list[str]:
        with Session(self.database.app) as session:
            return [item.code for item in queue(session).items]


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """Two people, of whom one always fails; everyone was scored when one piece of each waited."""
    connect()
    with migrated("arrivals") as database:
        made = Plant(database, tmp_path_factory.mktemp("arrivals"))
        made.records("departments", {"code": "D", "name": "D", "function": "operations"})
        made.records("processes", {"code": "P", "name": "P", "department_code": "D"})
        made.records("employees", {"code": "GOOD", "name": "G"}, {"code": "BAD", "name": "B"})
        for number in range(8):
            _worked(made, f"OLD{number}", "GOOD" if number % 2 else "BAD", 20 - number)
            done = {"performed_at": _ago(20 - number), "result": "pass" if number % 2 else "fail"}
            made.records("inspections", {"code": f"DONE{number}", "kind": "final", "work_code": f"OLD{number}"} | done)
        for person in ("GOOD", "BAD"):
            _arrives(made, f"FIRST-{person}", person)
        _champion(made)
        score(database.app, made.home, ["risk-work"])
        yield made


def _ago(days: float) -> Any:
    return now() - timedelta(days=days)


def _worked(plant: Plant, code: str, person: str, days: float) -> None:
    plant.records("work_records", {"code": code, "process_code": "P", "employee_code": person, "self_check": "pass",
                                   "started_at": _ago(days + 0.1), "finished_at": _ago(days)})


def _arrives(plant: Plant, code: str, person: str) -> None:
    _worked(plant, f"W-{code}", person, 0.05)
    plant.records("inspections", {"code": code, "kind": "final", "work_code": f"W-{code}", "due_at": now()})


def _champion(plant: Plant) -> None:
    """A model that goes by the person's failures."""
    history = load(snapshot(plant.database.app, plant.home).path)
    features, rng = catalog.features(history, "risk-work"), np.random.default_rng(1)
    columns = {
        feature.name: pd.Categorical(rng.choice(["final", "audit"], 600)) if feature.text else rng.normal(size=600)
        for feature in features
    }
    columns["person_failure_rate"] = rng.random(600)
    X = pd.DataFrame(columns)  # noqa: N806
    failed = (rng.random(600) < columns["person_failure_rate"]).astype(float)
    nobody = np.array([None] * 600)
    unfitted = unit_ranker(tuple(columns))
    unfitted = replace(unfitted, growth=replace(unfitted.growth, rounds=30, seeds=(1,)))
    ranker = unfitted.fit(Examples(X, failed, np.ones(600), nobody, nobody))
    ranker = ranker.calibrated(Calibration(), fit_bands(ranker.score(X), failed, amount_known(X)))
    card = ModelCard(
        target="risk-work", model="model", feature_names=ranker.feature_names, trained_from="2025-01-01T00:00:00",
        trained_until="2026-01-01T00:00:00", horizon_days=60, rows=600, failures=int(failed.sum()),
        fingerprint="0" * 64, seeds=(1,), calibration={}, metrics={"model": {"AUC": 0.7}},
    )  # fmt: skip
    registry = Registry(plant.home)
    for _ in range(2):
        registry.register(ranker, card, X)
    registry.promote("risk-work", 1)


@pytest.fixture
def arrivals(plant: Plant) -> Iterator[Arrivals]:
    """The plant's arrivals, scored."""
    made = Arrivals(plant.database.app, plant.home)
    yield made
    made.close()


def test_an_arrival_takes_its_place_in_the_queue(plant: Plant, arrivals: Arrivals) -> None:
    assert plant.queued() == ["FIRST-BAD", "FIRST-GOOD"]
    assert arrivals.score() == 0
    for person in ("GOOD", "BAD"):
        _arrives(plant, f"NEXT-{person}", person)
    assert plant.queued() == ["FIRST-BAD", "FIRST-GOOD", "NEXT-GOOD", "NEXT-BAD"]
    assert arrivals.score() == 2
    order = plant.queued()
    assert set(order[:2]) == {"FIRST-BAD", "NEXT-BAD"}
    assert set(order[2:]) == {"FIRST-GOOD", "NEXT-GOOD"}
    assert arrivals.score() == 0
    with Session(plant.database.app) as session:
        made = session.scalars(select(Scoring).where(Scoring.live)).one()
        said = session.scalars(select(Suggestion).where(Suggestion.scoring_id == made.id)).all()
        assert (made.model, made.fallback) == ("risk-work v1", None)
        assert last_scorings(session)["risk-work"].as_of < made.as_of
        first = session.scalars(select(Suggestion.score).where(Suggestion.inspection_code.startswith("FIRST"))).all()
        for each in said:
            assert each.rank == 1 + sum(score > each.score for score in first)
        assert all(each.baseline_rank is None and each.probability is not None for each in said)
        _equals_the_night(session, plant, made, said)


def _equals_the_night(session: Session, plant: Plant, made: Scoring, said: Any) -> None:
    """The same model over the same moment's features by DuckDB says the same."""
    built = DuckDB(load(snapshot(plant.database.app, plant.home).path)).eligible("risk-work", made.as_of)
    rows = built.keys.inspection_code.isin([each.inspection_code for each in said])
    nightly = scored(Registry(plant.home).load("risk-work", 1), built.X[rows], made.tie_seed)
    chances = dict(zip(built.keys.inspection_code[rows], nightly.probability, strict=True))
    assert chances == {each.inspection_code: pytest.approx(each.probability, abs=1e-9) for each in said}
    bands = dict(zip(built.keys.inspection_code[rows], zip(*nightly.band, strict=True), strict=True))
    for each in said:
        assert bands[each.inspection_code] == pytest.approx((each.probability_low, each.probability_high), abs=1e-9)
        assert each.probability_low <= each.probability <= each.probability_high
    assert made.usual == nightly.usual


def test_a_promotion_is_seen_within_seconds(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    champions = Champions(plant.home)
    assert champions.of("risk-work") is champions.of("risk-work")
    Registry(plant.home).promote("risk-work", 2)
    assert champions.of("risk-work").version == 1
    monkeypatch.setattr("service.scoring.champions.SEEN_WITHIN", 0.0)
    assert champions.of("risk-work").version == 2
    Registry(plant.home).rollback("risk-work")
    assert champions.of("risk-work").version == 1
    assert champions.known("risk-unit") is None


def test_while_the_models_are_stopped_nothing_is_scored(plant: Plant, arrivals: Arrivals) -> None:
    _arrives(plant, "STOPPED", "BAD")
    with Session(plant.database.app) as session, session.begin():
        stopping.switch(session, None, stop=True, reason="an audit")
    assert arrivals.score() == 0
    with Session(plant.database.app) as session, session.begin():
        stopping.switch(session, None, stop=False, reason="it is over")
    assert arrivals.score() == 1


def test_a_flood_is_left_to_a_scoring_of_everyone(
    plant: Plant, arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "FEW", 1)
    for number in range(2):
        _arrives(plant, f"FLOOD{number}", "GOOD")
    assert arrivals.score() == 0
    with plant.database.owner.connect() as connection:
        asked = "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'scoring.score'"
        assert connection.exec_driver_sql(asked).scalar_one() == 1


def test_after_a_failure_the_next_arrival_is_scored(
    plant: Plant, arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    _arrives(plant, "AGAIN", "GOOD")
    with monkeypatch.context() as broken:
        broken.setattr(live, "scored", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            arrivals.score()
    assert arrivals.score() >= 1

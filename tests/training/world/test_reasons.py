"""Where a standard that changed and was not followed is the true cause, the reasons a list shows name it.

The cause is the simulation's own; what the reasons say is read as the people who inspect would read it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import pandas as pd
import pytest

from features import catalog
from models.registry import Registered
from service.history.snapshot import load, snapshot
from service.scoring.judge import scored
from tests.service.database import Database
from training.dataset import Dataset, labelled
from training.fit import Fitted, fit
from training.splits import Window
from training.world.spec import World

#: the model is fitted here; the lists follow every few days until the plant's last
CUT, END = datetime(2026, 8, 1), datetime(2026, 11, 1)  # noqa: DTZ001 - UTC without a zone
HORIZON, APART, AHEAD = timedelta(days=60), timedelta(days=5), timedelta(days=30)

#: what tells that training or process did not follow a change
UNFOLLOWED = ("standard_changed_since_training", "changed_since_training", "standards_behind", "standard_days_behind")


@pytest.fixture(scope="module")
def listed(plant_records: Database, tmp_path_factory: pytest.TempPathFactory) -> tuple[Fitted, Dataset]:
    """A model of `risk-work`, and all work that waited for an inspection after it was fitted, as first listed."""
    history = load(snapshot(plant_records.app, tmp_path_factory.mktemp("reasons")).path)
    lists = range((END - AHEAD - CUT) // APART)
    windows = [Window(CUT + number * APART, CUT + number * APART + AHEAD, waiting=True) for number in lists]
    waited = labelled(history, "risk-work", windows, HORIZON, END).inside(Window(CUT, END))
    return fit(history, "risk-work", CUT, HORIZON), waited


@pytest.fixture(scope="module")
def told(plant: World, listed: tuple[Fitted, Dataset]) -> pd.DataFrame:
    """The work that is explained, the highest scores: its true `driver`, and whether a reason `names` the change."""
    fitted, waited = listed
    found = scored(Registered("risk-work", 1, "", fitted.ranker, fitted.card), waited.X, seed=1)
    driver = waited.keys["work_code"].map(plant.truth["work"].set_index("work_code")["driver"])
    rows = pd.DataFrame({"driver": driver, "score": found.score, "said": found.reasons})
    rows["names"] = [
        any(reason["en"] == catalog.explain(name, row[name], "en") for reason in said for name in UNFOLLOWED)
        for said, (_, row) in zip(found.reasons, waited.X.iterrows(), strict=True)
    ]
    return rows[rows["said"].map(bool)].sort_values("score", ascending=False)


def test_the_reasons_name_a_change_that_was_not_followed(
    told: pd.DataFrame, record_property: Callable[[str, object], None]
) -> None:
    changed = told["driver"] == "change"
    shares = {"change": told[changed]["names"].mean(), "else": told[~changed]["names"].mean()}
    for name, share in shares.items():
        record_property(f"share of reasons that name an unfollowed change, driver {name}", round(float(share), 3))
    assert changed.sum() >= 20
    assert shares["change"] >= 0.8
    assert shares["change"] >= 2 * shares["else"]


def test_the_highest_scores_of_all_name_it(told: pd.DataFrame) -> None:
    first = told[told["driver"] == "change"].head(10)
    assert first["names"].sum() >= 7


def test_what_is_not_due_to_a_change_is_given_other_reasons(told: pd.DataFrame) -> None:
    for driver in ("fatigue", "input", "process"):
        assert told[told["driver"] == driver]["names"].mean() < 0.5, driver

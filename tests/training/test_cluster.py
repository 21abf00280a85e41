"""Trees from two worker processes are as good as trees from one, and keep what a model may not lose."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from distributed import LocalCluster
from sklearn.metrics import roc_auc_score

from models.contract import Examples
from models.lambdarank import fit_ranked
from models.trees import Growth, TreesPart, fit_trees
from service.errors import Unavailable
from training.cluster import growing

ROWS, HELD = 20_000, 20_000
GROWTH = Growth(rounds=80, seeds=(3,), monotone={"up": 1})
NAMES = ("up", "bent", "place", "noise")
#: log-odds by which one inspector is stricter: given, so no tree has to learn it
SEVERITIES = {"strict": 1.5, "mild": 0.0}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler with two workers, each a process of its own."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def _made(rows: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    up, bent, noise = rng.normal(size=(3, rows))
    place = rng.choice(list("abcdef"), rows)
    inspector = rng.choice(["strict", "mild"], rows)
    bad_place = np.isin(place, ["b", "e"])
    odds = -1.5 + 0.8 * up + np.where(np.abs(bent) > 1, 1.0, 0.0) + 1.2 * bad_place
    odds += np.array([SEVERITIES[code] for code in inspector])
    failed = (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(float)
    bent[rng.random(rows) < 0.1] = np.nan
    X = pd.DataFrame({"up": up, "bent": bent, "place": pd.Categorical(place), "noise": noise})  # noqa: N806
    weight = rng.choice([0.5, 1.0, 2.0], rows)
    return Examples(X, failed, weight, inspector, np.array([None] * rows))


@pytest.fixture(scope="module")
def both(address: str) -> tuple[TreesPart, TreesPart]:
    """The same rows fitted here and on the cluster."""
    examples = _made(ROWS, seed=1)
    here = fit_trees(examples, NAMES, GROWTH, SEVERITIES)
    with growing(address):
        there = fit_trees(examples, NAMES, GROWTH, SEVERITIES)
    return here, there


def test_two_workers_are_as_good_as_one(both: tuple[TreesPart, TreesPart]) -> None:
    held = _made(HELD, seed=2)
    here, there = (roc_auc_score(held.failed, part.log_odds(held.X), sample_weight=held.weight) for part in both)
    assert here > 0.65
    assert abs(here - there) < 0.005


def test_what_a_model_must_keep_is_kept(both: tuple[TreesPart, TreesPart]) -> None:
    here, there = both
    assert there.base == here.base
    rows = pd.DataFrame({"up": np.linspace(-3, 3, 61), "bent": 0.0, "place": "a", "noise": 0.0})
    assert (np.diff(there.log_odds(rows)) >= -1e-12).all()
    places = pd.DataFrame({"up": 0.0, "bent": 0.0, "place": list("abcdef"), "noise": 0.0})
    odds = there.log_odds(places)
    assert odds[[1, 4]].min() > odds[[0, 2, 3, 5]].max() + 0.5
    # the inspectors' severity was given to every row, so what is learnt is how a mild one would see it
    assert np.corrcoef(there.log_odds(places), here.log_odds(places))[0, 1] > 0.99
    assert abs(there.log_odds(places).mean() - here.log_odds(places).mean()) < 0.1


def test_lists_stay_in_one_piece(address: str) -> None:
    examples, growth = _made(2_000, seed=3), Growth(rounds=5, seeds=(3,))
    here = fit_ranked(examples, NAMES, growth)
    with growing(address):
        there = fit_ranked(examples, NAMES, growth)
    assert there.texts() == here.texts()


def test_a_scheduler_that_is_not_there_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.cluster._SECONDS", 1)
    with pytest.raises(Unavailable, match=r"RETRACE_DASK is tcp://127\.0\.0\.1:9, but no scheduler answers"), growing(
        "tcp://127.0.0.1:9"
    ):
        pass

"""A search for how to grow trees, on earlier windows only."""

from datetime import datetime, timedelta

import pytest

from models.trees import PARAMETERS
from training import candidates, search
from training.fit import first_known, training_data
from training.splits import evaluation_windows

UNTIL, HORIZON = datetime(2026, 1, 1), timedelta(days=60)  # noqa: DTZ001 - UTC without a zone


@pytest.fixture(scope="module")
def asked(units):
    first = first_known(units, "risk-unit", UNTIL)
    earlier = evaluation_windows(first, UNTIL, HORIZON, 2)
    data = training_data(units, "risk-unit", first, UNTIL, HORIZON, earlier)
    return data, candidates.model("risk-unit", data.usable_features()), earlier


def test_a_single_try_is_the_present_way(asked):
    assert search.searched(*asked, 1) == asked[1].growth


def test_another_way_is_taken_only_if_it_is_clearly_better(asked, monkeypatch):
    merits = iter([0.60, 0.604, 0.60])
    monkeypatch.setattr(search, "_mean_merit", lambda *_: next(merits))
    assert search.searched(*asked, 3) == asked[1].growth
    merits = iter([0.60, 0.62, 0.60])
    chosen = search.searched(*asked, 3)
    assert chosen.rounds != asked[1].growth.rounds
    assert {"num_leaves", *search.SHARES} == {*chosen.parameters} <= {*PARAMETERS}


def test_the_same_search_finds_the_same(asked):
    assert search.searched(*asked, 3) == search.searched(*asked, 3)

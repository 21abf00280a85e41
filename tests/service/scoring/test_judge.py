"""Who scores, and in which order ties fall."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ranking import ranks
from service.scoring.judge import judge


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.integers(0, 2**31))
def test_ranks_are_a_permutation_that_never_puts_a_lower_score_first(score: list[int], seed: int) -> None:
    found = ranks(np.array(score, float), seed)
    assert sorted(found) == list(range(1, len(score) + 1))
    in_order = [score[position] for position in np.argsort(found)]
    assert in_order == sorted(score, reverse=True)


def test_ties_fall_the_same_way_for_the_same_seed() -> None:
    level = np.zeros(50)
    assert (ranks(level, 7) == ranks(level, 7)).all()
    assert (ranks(level, 7) != ranks(level, 8)).any()


@pytest.mark.parametrize(
    ("target", "feature", "values", "expected"),
    [
        ("need", "training_days_since_passed", [10.0, np.nan, 400.0], [3, 1, 2]),
        ("risk-unit", "unit_failure_rate", [0.1, 0.9, 0.5], [3, 1, 2]),
    ],
)
def test_without_a_champion_today_s_rule_stands_in_and_is_called_so(
    tmp_path: Path, target: str, feature: str, values: list[float], expected: list[int]
) -> None:
    judged = judge(tmp_path, target, pd.DataFrame({feature: values}), seed=1)
    assert judged.model.startswith("baseline: ")
    assert judged.fallback is not None
    assert f"no champion for {target}" in judged.fallback
    assert (judged.probability, judged.usual) == (None, None)
    assert np.isnan(judged.band).all()
    assert list(judged.rank) == list(judged.baseline_rank) == expected
    assert np.isfinite(judged.score).all()

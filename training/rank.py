"""Who or what first, as of a date: every eligible subject with score, probability and rank, as a table to hand out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from features import cohort, matrix
from features.history import History
from models.baseline import baselines
from models.blend import BlendRanker
from models.contract import ModelError, Reals
from models.ranking import ranks
from models.registry import Registered, Registry
from training.days import day
from training.fit import fit

#: target -> the codes its list names a subject by
SUBJECT: Mapping[str, tuple[str, ...]] = {
    "need": ("employee_code", "process_code"),
    "risk-work": ("work_code", "inspection_code"),
    "risk-unit": ("department_code", "inspection_code"),
}
_DATED = ("inspections", "work", "retraining")


@dataclass(frozen=True)
class _Scored:
    score: Reals
    probability: Reals
    model: str


def silent(line: str) -> None:
    """Say nothing."""


def rank(
    history: History,
    target: str,
    as_of: datetime,
    horizon: timedelta,
    registry: Registry,
    say: Callable[[str], None] = silent,
) -> pd.DataFrame:
    """The ranked list, best first: codes, `score`, `probability`, `rank`, `baseline_rank`, `model`.

    Scored by the champion if it was trained before `as_of` for this horizon, else by a model fitted now on what was
    known before `as_of`; by the first baseline, labelled so, where nothing can be fitted: `say` is told why.
    Raises `ModelError` when nothing at all was known before `as_of`, or nobody is eligible.
    """
    stand_in = baselines(target)[0]
    require_data(history, as_of)
    dates = ibis.memtable(pa.table({"as_of": [as_of]}))
    built = matrix.build(history, cohort.eligible(history, target, dates), target)
    if not len(built.X):
        raise ModelError(f"nobody and nothing is eligible for {target} on {day(as_of)}: choose another date")
    baseline = stand_in.fitted_on(built.X).score(built.X)
    try:
        scored = _scored(history, target, as_of, horizon, registry, built.X)
    except ModelError as error:
        say(f"Ranked by the baseline {stand_in.name!r}: {error}.")
        scored = _Scored(baseline, np.full(len(baseline), np.nan), f"baseline: {stand_in.name}")
    table = built.keys[list(SUBJECT[target])].assign(
        score=scored.score, probability=scored.probability, rank=positions(scored.score),
        baseline_rank=positions(baseline), model=scored.model,
    )  # fmt: skip
    return table.sort_values("rank").reset_index(drop=True)


def require_data(history: History, as_of: datetime) -> None:
    """Raise `ModelError` unless some inspection, work or training was known before `as_of`."""
    earliest = [history[name].known_at.min().to_pyarrow().as_py() for name in _DATED]
    known = [moment for moment in earliest if moment is not None]
    if not known:
        raise ModelError("there is no data yet: import a folder first (`retrace import FOLDER`)")
    if min(known) >= as_of:
        raise ModelError(f"nothing was known before {day(as_of)}: the data begins on {day(min(known))}")


def positions(score: Reals) -> "pd.Series[int]":
    """1 for the highest score, and so on; ties in the recorded order."""
    return pd.Series(ranks(score))


def _scored(
    history: History,
    target: str,
    as_of: datetime,
    horizon: timedelta,
    registry: Registry,
    X: pd.DataFrame,  # noqa: N803
) -> _Scored:
    champion = _usable_champion(registry, target, as_of, horizon)
    if champion is not None and set(champion.ranker.feature_names) <= set(X.columns):
        return _by(champion.ranker, X, f"retrace-{target}/{champion.version}")
    fitted = fit(history, target, as_of, horizon)
    return _by(fitted.ranker, X, f"retrace-{target}, fitted on data before {as_of:%Y-%m-%d %H:%M} UTC")


def _by(ranker: BlendRanker, X: pd.DataFrame, name: str) -> _Scored:  # noqa: N803
    score = ranker.score(X)
    return _Scored(score, ranker.chance(score), name)


def _usable_champion(registry: Registry, target: str, as_of: datetime, horizon: timedelta) -> Registered | None:
    """The champion, if it may be used for this list: none of its training lies at or after `as_of`."""
    try:
        champion = registry.load_champion(target)
    except ModelError:
        return None
    card = champion.card
    early_enough = datetime.fromisoformat(card.trained_until) <= as_of
    return champion if early_enough and card.horizon_days == horizon.days else None

"""History + target + cut + horizon -> a fitted model and its card. Nothing known at or after the cut is used."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from features.history import History
from models.blend import BlendRanker
from models.contract import TARGETS, ModelCard, ModelError, Reals
from training import candidates, metrics
from training.dataset import Dataset, labelled
from training.days import day
from training.enough import require_fit, require_horizon, require_outcomes
from training.restraint import held_back
from training.results import results_of
from training.search import searched
from training.select import Fold, Selection, choose, folds
from training.splits import Window, evaluation_windows, training_windows, waiting_windows

#: How many earlier windows the mix and the calibration are chosen on.
EARLIER_WINDOWS = 3


@dataclass(frozen=True)
class Said:
    """What the model as chosen said of the earlier windows' rows before their outcomes were known; the outcomes."""

    probability: Reals
    failed: Reals


@dataclass(frozen=True)
class Fitted:
    """A model ready to score, its card, and the data it was fitted on."""

    ranker: BlendRanker
    card: ModelCard
    data: Dataset
    said: Said | None = None
    #: the earlier windows on which it was chosen
    earlier: tuple[Window, ...] = ()


def fit(history: History, target: str, until: datetime, horizon: timedelta, search: int = 0) -> Fitted:
    """The model of a target as of `until`, with its table on earlier windows in the card.

    `search`: how many ways to grow trees are tried on the earlier windows; with 0, the way that is known to do well.
    Raises `ModelError` when there is no data before `until`, only one class, or an unknown target.
    """
    first = first_known(history, target, until)
    if target == "need":
        require_horizon(first, until, horizon)
    earlier = evaluation_windows(first, until, horizon, EARLIER_WINDOWS)
    data = training_data(history, target, first, until, horizon, earlier)
    names = data.usable_features()
    require_fit(data)
    examples = data.examples()
    unfitted = held_back(data, candidates.model(target, names), earlier)
    if search:
        unfitted = replace(unfitted, growth=searched(data, unfitted, earlier, search))
    found = folds(data, unfitted, earlier)
    selection = choose(found, unfitted.mix)
    ranker = unfitted.mixed(selection.mix).fit(examples).calibrated(selection.calibration, selection.bands)
    table = earlier_table(data, names, found, selection)
    card = _card(data, ranker, selection, table, (first, until, horizon))
    return Fitted(ranker, card, data, _said(found, selection), tuple(earlier))


def _said(found: list[Fold], selection: Selection) -> Said | None:
    if not found:
        return None
    chances = [selection.calibration.probability(selection.score(fold)) for fold in found]
    return Said(np.concatenate(chances), np.concatenate([fold.outcomes.failed for fold in found]))


def first_known(history: History, target: str, until: datetime) -> datetime:
    """When the first inspection of the target's kind was performed, among those known before `until`."""
    if target not in TARGETS:
        raise ModelError(f"unknown target {target!r}: choose one of {', '.join(TARGETS)}")
    events = results_of(history, target)
    done = events.filter(events.known_at < until)
    first = done.occurred_at.min().to_pyarrow().as_py() if done.count().to_pyarrow().as_py() else None
    if first is None:
        raise ModelError(
            f"no inspection for {target} with a result is known before {day(until)}: choose a later date, or "
            "import a folder first (`retrace import FOLDER`)"
        )
    return pd.Timestamp(first).to_pydatetime()


def training_data(
    history: History, target: str, first: datetime, until: datetime, horizon: timedelta, earlier: list[Window]
) -> Dataset:
    """All labelled cohorts before `until`: the training dates and those where the earlier windows stand."""
    complete = target == "need"
    windows = {w.as_of: w for w in training_windows(first, until, horizon, complete=complete)}
    if target == "risk-work":
        windows |= {w.as_of: w for w in waiting_windows(first, until)}
    windows |= {w.as_of: w for w in earlier}
    require_outcomes(history, target, [windows[date] for date in sorted(windows)], until)
    data = labelled(history, target, [windows[date] for date in sorted(windows)], horizon, until).before(until)
    if not len(data):
        raise ModelError(f"no rows before {day(until)} have an outcome for {target}: choose a later date")
    return data


def earlier_table(
    data: Dataset, names: tuple[str, ...], found: list[Fold], selection: Selection
) -> dict[str, dict[str, float]]:
    """ranker -> column -> mean over the earlier windows: the model as chosen, its rivals, and random.

    The model's own row is a little too good, since its mix was chosen on these windows.
    """
    rows: dict[str, list[dict[str, float]]] = {}
    for fold in found:
        before, inside = data.before(fold.window.as_of), data.inside(fold.window)
        scores = {candidates.MODEL: selection.score(fold), "logistic regression": fold.members["linear"]}
        examples = before.examples()
        for baseline in candidates.known_baselines(data.target, names):
            scores[baseline.name] = baseline.fit(examples).score(inside.X)
        for name, score in scores.items():
            rows.setdefault(name, []).append(metrics.table_row(score, fold.outcomes))
        rows.setdefault(candidates.RANDOM, []).append(metrics.random_row(fold.outcomes, shuffles=20))
    return {name: _mean(each) for name, each in rows.items()}


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    return {str(name): float(value) for name, value in pd.DataFrame(rows).mean().items()}


def _card(
    data: Dataset,
    ranker: BlendRanker,
    selection: Selection,
    table: Mapping[str, Mapping[str, float]],
    span: tuple[datetime, datetime, timedelta],
) -> ModelCard:
    first, until, horizon = span
    return ModelCard(
        target=data.target,
        model=ranker.name,
        feature_names=ranker.feature_names,
        trained_from=first.isoformat(),
        trained_until=until.isoformat(),
        horizon_days=horizon.days,
        rows=len(data),
        failures=int(data.failed.sum()),
        fingerprint=data.fingerprint,
        seeds=ranker.growth.seeds,
        calibration=ranker.calibration.to_json(),
        metrics=table,
        notes={"regrets": selection.to_json(), "strength": ranker.strength},
    )

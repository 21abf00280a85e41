"""Only the inspected have labels: what a ranking is worth over everybody, not only over those who were looked at.

Who gets looked at is learned on earlier windows, from the same features (a logistic regression), and known before the
window begins. Where chance decided, its own odds are used as well, which are known and not estimated: those of the
floor's lottery, by which work came to wait at all, and those of the random reserve among what waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.history import History
from models.contract import Examples, ModelError, Reals
from models.linear import LogisticRanker
from training import estimators
from training.contest import Contest
from training.estimators import Looked
from training.fit import first_known
from training.plain import plain
from training.population import Population, population
from training.splits import evaluation_windows

#: How many earlier windows show who gets looked at.
_EARLIER = 3
#: Weights worth less than this share of the looked-at rows leave nothing to estimate by.
_OVERLAP = 0.25


@dataclass(frozen=True)
class Selective:
    """The whole cohort of a window: how many were looked at, and each ranker's worth by every estimate.

    `bounds` and `estimates` are ranker -> values; `estimates` has `plain`, and `IPS` and `DR` where the chances could
    be learned; `why` says why not.
    """

    cohort: int
    labelled: int
    drawn: int
    reserved: int
    effective_rows: float | None
    bounds: Mapping[str, Mapping[str, float | int]]
    estimates: Mapping[str, Mapping[str, Mapping[str, float]]]
    why: str | None

    @property
    def little_overlap(self) -> bool:
        """Whether a few looked-at rows stand for so many others that no estimate can be trusted."""
        return self.effective_rows is not None and self.effective_rows < _OVERLAP * self.labelled

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON, NaN as null."""
        found: dict[str, Any] = plain({
            "cohort": self.cohort, "labelled": self.labelled, "drawn_at_random": self.drawn, "reserved": self.reserved,
            "clipped_at": estimators.CLIP, "effective_rows": self.effective_rows, "little_overlap": self.little_overlap,
            "without_estimates": self.why,
            "bounds": self.bounds, "estimates": self.estimates,
        })  # fmt: skip
        return found


def selective(history: History, target: str, contest: Contest) -> Selective:
    """The cohort that stood when the contest's window began, judged by what became known inside it."""
    window = contest.window
    people = population(history, target, window)
    if not len(people.X):
        return Selective(0, 0, 0, 0, None, {}, {}, "nobody was eligible when the window began")
    chance, why = _chances(history, target, contest, people)
    drawn = ~np.isnan(people.drawn)
    expected = contest.outcome_model.probability(people.X)
    looked = Looked(
        people.labelled, people.failed, np.ones(len(people.X)) if chance is None else chance, expected,
        np.where(drawn, 1 / np.clip(people.drawn, estimators.CLIP, 1), 1.0),
    )  # fmt: skip
    top = contest.capacity.of(len(people.X))
    scores = {name: ranker.score(people.X) for name, ranker in contest.rankers.items()}
    return Selective(
        len(people.X), int(people.labelled.sum()), int(drawn.sum()), int(people.reserved.sum()),
        None if chance is None else looked.effective_rows,
        {name: estimators.bounds(score, looked, top) for name, score in scores.items()},
        {name: _estimates(score, looked, top, chance is not None) for name, score in scores.items()}, why,
    )  # fmt: skip


def _estimates(score: Reals, looked: Looked, top: int, weighed: bool) -> dict[str, dict[str, float]]:
    found = {"plain": estimators.plain(score, looked, top)}
    if weighed:
        found["IPS"] = estimators.weighted(score, looked, top)
        found["DR"] = estimators.doubly_robust(score, looked, top)
    return found


def _chances(
    history: History, target: str, contest: Contest, people: Population
) -> tuple[Reals | None, str | None]:
    """Each row's chance of being looked at in the window, learned on earlier ones; None, and why, where it cannot."""
    window = contest.window
    if not people.labelled.any():
        return None, "nobody of the cohort was looked at in the window"
    if people.labelled.all():
        return np.ones(len(people.X)), None
    first = first_known(history, target, window.as_of)
    earlier = evaluation_windows(first, window.as_of, window.length, _EARLIER)
    if not earlier:
        return None, "no earlier window shows who gets looked at"
    try:
        past = [population(history, target, each, window.as_of) for each in earlier]
        model = propensity_model(past, contest.fitted.ranker.feature_names)
    except ModelError as error:
        return None, f"who gets looked at cannot be learned: {error}"
    return estimators.either(model.probability(people.X), people.reserve * _heeded(past)), None


def _heeded(past: Sequence[Population]) -> float:
    """The share of those the reserve drew that were looked at; all, as long as none was drawn."""
    looked = np.concatenate([people.labelled[people.reserved] for people in past])
    return float(looked.mean()) if len(looked) else 1.0


def propensity_model(past: Sequence[Population], names: tuple[str, ...]) -> LogisticRanker:
    """Who gets looked at within a window, fitted on the cohorts of earlier ones, less whom the reserve drew.

    Raises `ModelError` if everybody was, or nobody.
    """
    table = pd.concat([people.X for people in past], ignore_index=True)
    rows = len(table)
    subject = np.concatenate([people.subject for people in past])
    looked = np.concatenate([people.labelled for people in past]).astype(np.float64)
    nobody = np.full(rows, None, dtype=object)
    chosen = ~np.concatenate([people.reserved for people in past])
    return LogisticRanker(names).fit(Examples(table, looked, np.ones(rows), nobody, subject).rows(chosen))

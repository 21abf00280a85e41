"""How sure is a figure, and how sure is it that one ranker orders a window better than another?

Both are asked of bootstrap draws. A figure is worked out again on each draw (`spread`). Rankers are compared in pairs:
subjects are drawn with replacement, each with all its rows, and every ranker is judged on the same draw: what the rows
have in common cancels in the difference. A row drawn several times stands several times in a row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.contract import Codes, Reals
from models.ranking import TIE_SEED, order
from service.issues.guard import Interval
from training.metrics import AP, AUC, DAYS, RECALL_AT_CAPACITY, Outcomes

Whole = npt.NDArray[np.int64]

#: How often a window's rankers are judged anew, and how often a single figure is worked out again.
RESAMPLES, DRAWS = 1000, 400
#: The columns that get intervals, in the order of a draw's columns.
COLUMNS = (AUC, AP, RECALL_AT_CAPACITY, DAYS)
#: Of the draws, this share lies inside an interval.
LEVEL = 0.95
_DAY = 86_400_000_000.0  # microseconds

#: row positions -> a figure
Figure = Callable[[npt.NDArray[np.intp]], float]


@dataclass(frozen=True)
class Lead:
    """A difference with the bounds between which 95% of the resamples lie."""

    difference: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | None]:
        """Plain values for JSON, NaN as null."""
        given = {"difference": self.difference, "low": self.low, "high": self.high}
        return {name: None if np.isnan(value) else value for name, value in given.items()}


@dataclass(frozen=True)
class _Ranked:
    """One ranker's rows in its order: where they stand in the window, and which of them tie."""

    order: npt.NDArray[np.intp]
    group: npt.NDArray[np.intp]


def draws(
    scores: Mapping[str, Reals | None],
    outcomes: Outcomes,
    subject: Codes,
    capacity: int,
    resamples: int = RESAMPLES,
    seed: int = TIE_SEED,
) -> dict[str, Reals]:
    """ranker -> resamples x `COLUMNS`. A ranker without scores is ordered anew at random in every resample.

    `subject` names what is drawn; a row without one is drawn by itself. NaN where a resample has one class only.
    """
    rng = np.random.default_rng(seed)
    group, subjects = _groups(subject)
    ranked = {name: None if score is None else _ranked(score) for name, score in scores.items()}
    failed, days = outcomes.failed, outcomes.when.astype("datetime64[us]").astype(np.float64) / _DAY
    days = days - days.min()
    by_day = np.argsort(days, kind="stable")
    found = {name: np.empty((resamples, len(COLUMNS))) for name in scores}
    for number in range(resamples):
        counts = rng.multinomial(subjects, np.full(subjects, 1 / subjects))[group]
        calendar = np.concatenate([[0.0], np.cumsum(np.repeat(days[by_day], counts[by_day]))])
        for name, rows in ranked.items():
            given = rows or _at_random(rng, len(failed))
            found[name][number] = _values(given, counts, failed, days, calendar, capacity)
    return found


def lead(difference: float, drawn: Reals) -> Lead:
    """A difference with the bounds that its resamples give."""
    bounds = _bounds(drawn)
    return Lead(difference, bounds.low, bounds.high)


def spread(figure: Figure, subject: "pd.Series[Any]", seed: int = TIE_SEED, draws: int = DRAWS) -> Interval:
    """The bounds between which 95% of a figure's draws lie; NaN where no draw has the figure."""
    rows = [np.asarray(positions) for positions in subject.groupby(subject).indices.values()]
    rng = np.random.default_rng(seed)
    return _bounds(np.array([
        figure(np.concatenate([rows[place] for place in rng.integers(len(rows), size=len(rows))]))
        for _ in range(draws if rows else 0)
    ]))  # fmt: skip


def _bounds(drawn: Reals) -> Interval:
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return Interval(float("nan"), float("nan"))
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def _groups(subject: Codes) -> tuple[npt.NDArray[np.intp], int]:
    """Each row's subject as a number, and how many there are."""
    numbers, known = pd.factorize(subject)
    alone = numbers < 0
    numbers[alone] = len(known) + np.arange(alone.sum())
    return numbers, int(len(known) + alone.sum())


def _ranked(score: Reals) -> _Ranked:
    place = order(score)
    return _Ranked(place, np.concatenate([[0], np.cumsum(np.diff(score[place]) != 0)]).astype(np.intp))


def _at_random(rng: np.random.Generator, rows: int) -> _Ranked:
    return _Ranked(rng.permutation(rows), np.arange(rows))


def _values(
    rows: _Ranked, counts: Whole, failed: Reals, days: Reals, calendar: Reals, capacity: int
) -> tuple[float, float, float, float]:
    """`COLUMNS` of one ranker in one resample; `calendar` holds the sums of the resample's dates in order."""
    times, bad = counts[rows.order], failed[rows.order]
    failures, ends = times * bad, np.cumsum(times)
    total, passes = failures.sum(), times.sum() - failures.sum()
    if not total or not passes:
        return (float("nan"),) * 4
    tied_bad = np.bincount(rows.group, failures)
    tied_good = np.bincount(rows.group, times - failures)
    wins = (tied_bad * (passes - np.cumsum(tied_good) + tied_good / 2)).sum()
    precision = np.cumsum(failures) / np.maximum(ends, 1)
    taken = np.clip(capacity - (ends - times), 0, times)
    given = calendar[ends] - calendar[ends - times]
    earlier = (failures * days[rows.order] - bad * given).sum()
    return (
        float(wins / (total * passes)), float((failures * precision).sum() / total),
        float((taken * bad).sum() / total), float(earlier / total),
    )  # fmt: skip

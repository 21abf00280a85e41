"""What a ranking is worth when only some subjects were ever looked at. Pure arithmetic over rows.

*Plain* counts the looked-at rows as if they were all. *IPS* weighs each by one over its chance of being looked at
(clipped, self-normalised). *DR*, doubly robust, starts from a model of the outcome and lets the weighed rows correct
it: right if either the chances or the outcomes are modelled well. *Best and worst case* assume nothing.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.contract import Reals
from models.ranking import order
from training.metrics import AUC, RECALL_AT_CAPACITY

Flags = npt.NDArray[np.bool_]

PRECISION = "precision at capacity"
#: A chance below this counts as this: no row may stand for more than fifty.
CLIP = 0.02


@dataclass(frozen=True)
class Looked:
    """A cohort after its window: who was looked at, who of them failed (0 elsewhere), each row's chance of being
    looked at in (0, 1], and what a model of the outcome expected of it in [0, 1].

    `stands_for` is how many subjects a row speaks for (1; more where the cohort itself was drawn at random).
    """

    labelled: Flags
    failed: Reals
    chance: Reals
    expected: Reals
    stands_for: Reals

    @property
    def weights(self) -> Reals:
        """One over the clipped chance for the looked-at, 0 for the others, normalised to the cohort's size."""
        raw = np.where(self.labelled, self.stands_for / np.clip(self.chance, CLIP, 1.0), 0.0)
        return np.asarray(raw * self.stands_for.sum() / raw.sum(), dtype=np.float64) if raw.any() else raw

    @property
    def effective_rows(self) -> float:
        """How many equally weighted rows the weights are worth."""
        weights = self.weights
        return float(weights.sum() ** 2 / (weights**2).sum()) if weights.any() else 0.0


def either(judged: Reals, drawn: Reals) -> Reals:
    """The chance of being looked at by somebody's choice or, drawn apart from it, by lot."""
    return np.asarray(drawn + (1 - drawn) * judged, dtype=np.float64)


def plain(score: Reals, looked: Looked, capacity: int) -> dict[str, float]:
    """As if the looked-at rows were everybody; the first `capacity` of the whole cohort are chosen."""
    seen = looked.labelled.astype(np.float64)
    return _values(score, seen * looked.failed, seen * (1 - looked.failed), capacity)


def weighted(score: Reals, looked: Looked, capacity: int) -> dict[str, float]:
    """Inverse propensity scoring, clipped and self-normalised."""
    weights = looked.weights
    return _values(score, weights * looked.failed, weights * (1 - looked.failed), capacity)


def doubly_robust(score: Reals, looked: Looked, capacity: int) -> dict[str, float]:
    """The outcome model's expectation, corrected by the weighed surprises."""
    surprise = looked.weights * (looked.failed - looked.expected)
    bad = looked.stands_for * looked.expected + surprise
    return _values(score, bad, looked.stands_for - bad, capacity)


def bounds(score: Reals, looked: Looked, capacity: int) -> dict[str, float | int]:
    """Of the first `capacity` rows: how many were looked at and failed, and what the rest could make of it.

    Best: all the others chosen fail, and nobody else does. Worst: the other way round. Source: triage (dssg).
    """
    top = chosen(score, capacity)
    seen, failed = looked.labelled, looked.labelled & (looked.failed == 1)
    open_in, open_out = int((top & ~seen).sum()), int((~top & ~seen).sum())
    hits, every = int((top & failed).sum()), int(failed.sum())
    size = int(top.sum())
    return {
        "chosen": size, "labelled": int((top & seen).sum()), "failures": hits,
        f"{PRECISION}, worst": hits / size, f"{PRECISION}, best": (hits + open_in) / size,
        f"{RECALL_AT_CAPACITY}, worst": _share(hits, every + open_out),
        f"{RECALL_AT_CAPACITY}, best": _share(hits + open_in, every + open_in),
    }  # fmt: skip


def chosen(score: Reals, capacity: int) -> Flags:
    """The first `capacity` rows."""
    found = np.zeros(len(score), dtype=bool)
    found[order(score)[:capacity]] = True
    return found


def weighted_auc(score: Reals, bad: Reals, good: Reals) -> float:
    """Chance that a row drawn by `bad` scores above another row drawn by `good`; a tie counts half.

    The weights may be any reals: a doubly robust row may count a little more than one or less than none.
    """
    levels, place = np.unique(score, return_inverse=True)
    worse, better = (np.bincount(place, weights, len(levels)) for weights in (bad, good))
    below = np.cumsum(better) - better
    itself = float((bad * good).sum())
    pairs = float(bad.sum() * good.sum()) - itself
    wins = float((worse * (below + better / 2)).sum()) - itself / 2
    return wins / pairs if pairs > 0 else float("nan")


def _values(score: Reals, bad: Reals, good: Reals, capacity: int) -> dict[str, float]:
    top = chosen(score, capacity)
    return {
        AUC: weighted_auc(score, bad, good),
        PRECISION: _share(bad[top].sum(), bad[top].sum() + good[top].sum()),
        RECALL_AT_CAPACITY: _share(bad[top].sum(), bad.sum()),
    }


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")

"""How good an order is, in numbers a planner can repeat by hand.

All take scores (higher = sooner) and 0/1 outcomes. Ties are broken by a recorded seed wherever an order is needed; the
areas under curves count a tie as half.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.contract import Codes, Reals
from models.ranking import TIE_SEED, order

Times = npt.NDArray[np.datetime64]

BINS = 10
_DAY = 86_400_000_000.0  # microseconds

AUC, AP, DAYS = "AUC", "average precision", "mean days earlier"
RECALL_AT_CAPACITY, NDCG_AT_CAPACITY = "recall at capacity", "NDCG at capacity"

#: column -> whether more is better
COLUMNS: Mapping[str, bool] = {
    AUC: True,
    "within-inspector AUC": True,
    AP: True,
    RECALL_AT_CAPACITY: True,
    NDCG_AT_CAPACITY: True,
    "recall at 25%": True,
    "NDCG": True,
    DAYS: True,
    "failures in first half": True,
    "Brier": False,
    "ECE": False,
}
PROBABILITY_COLUMNS = ("Brier", "ECE")


@dataclass(frozen=True)
class Outcomes:
    """What came of the rows that were ranked: 0/1 `failed`, who inspected (None = unknown), when it was done."""

    failed: Reals
    inspector: Codes
    when: Times


def auc(score: Reals, failed: Reals) -> float:
    """Chance that a failure scores above a pass; a tie counts half. NaN unless both occur."""
    positives = float(failed.sum())
    pairs = positives * (len(failed) - positives)
    if not pairs:
        return float("nan")
    from scipy.stats import rankdata

    ranks = rankdata(score)
    return float((ranks[failed == 1].sum() - positives * (positives + 1) / 2) / pairs)


def within_inspector_auc(score: Reals, failed: Reals, inspector: Codes) -> float:
    """AUC over pairs seen by the same inspector only, each inspector weighted by the number of such pairs.

    Rows whose inspector is unknown form one group: where nobody is named this is the plain AUC.
    """
    wins = total = 0.0
    groups = pd.factorize(inspector)[0]
    for group in np.unique(groups):
        mine = groups == group
        positives = float(failed[mine].sum())
        pairs = positives * (mine.sum() - positives)
        if pairs:
            wins += pairs * auc(score[mine], failed[mine])
            total += pairs
    return wins / total if total else float("nan")


def average_precision(score: Reals, failed: Reals, seed: int = TIE_SEED) -> float:
    """Mean, over the failures, of the share of failures among the rows down to each."""
    ranked = failed[order(score, seed)]
    if not ranked.sum():
        return float("nan")
    return float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked == 1].mean())


def recall_at(score: Reals, failed: Reals, share: float, seed: int = TIE_SEED) -> float:
    """The share of all failures that the first `share` of the rows (rounded up) hold."""
    if not failed.sum():
        return float("nan")
    return float(failed[order(score, seed)][: int(np.ceil(share * len(failed) - 1e-9))].sum() / failed.sum())


def recall_within(score: Reals, failed: Reals, capacity: int, seed: int = TIE_SEED) -> float:
    """The share of all failures that the first `capacity` rows hold."""
    if not failed.sum():
        return float("nan")
    return float(failed[order(score, seed)][:capacity].sum() / failed.sum())


def ndcg(score: Reals, failed: Reals, seed: int = TIE_SEED, capacity: int | None = None) -> float:
    """Normalised discounted cumulative gain of the first `capacity` rows (all): 1 when only failures fill them."""
    if not failed.sum():
        return float("nan")
    shown = len(failed) if capacity is None else min(capacity, len(failed))
    discount = 1 / np.log2(np.arange(2, shown + 2))
    return float((failed[order(score, seed)][:shown] * discount).sum() / discount[: int(failed.sum())].sum())


def mean_days_earlier(score: Reals, failed: Reals, when: Times, seed: int = TIE_SEED) -> float:
    """How many days earlier failures would have been found, on average, had the window's dates gone to rows by score.

    The dates stay those of the inspections that were done; only who gets which changes. Source: City of Chicago,
    food-inspections-evaluation (2015).
    """
    if not failed.sum():
        return float("nan")
    position = order(score, seed)
    days = (when[position] - np.sort(when)).astype("timedelta64[us]").astype(np.float64) / _DAY
    return float(days[failed[position] == 1].mean())


def brier(probability: Reals, failed: Reals) -> float:
    """Mean squared difference of probability and outcome."""
    return float(np.mean((probability - failed) ** 2))


def log_loss(probability: Reals, failed: Reals) -> float:
    """Mean negative log-likelihood of the outcomes; probabilities of 0 and 1 are taken as 1e-9 from them."""
    bounded = np.clip(probability, 1e-9, 1 - 1e-9)
    return float(-np.mean(np.where(failed == 1, np.log(bounded), np.log1p(-bounded))))


def calibration_error(probability: Reals, failed: Reals) -> float:
    """Expected calibration error: over ten groups of equal size by probability, mean |predicted - observed|."""
    groups = np.array_split(np.argsort(probability, kind="stable"), BINS)
    gaps = [len(g) * abs(float(probability[g].mean() - failed[g].mean())) for g in groups if len(g)]
    return float(sum(gaps) / len(probability))


def table_row(
    score: Reals, outcomes: Outcomes, probability: Reals | None = None, capacity: int | None = None
) -> dict[str, float]:
    """All columns of one ranker; those of probabilities and of a capacity only where there is one."""
    failed = outcomes.failed
    row = {
        AUC: auc(score, failed),
        "within-inspector AUC": within_inspector_auc(score, failed, outcomes.inspector),
        AP: average_precision(score, failed),
        "recall at 25%": recall_at(score, failed, 0.25),
        "NDCG": ndcg(score, failed),
        DAYS: mean_days_earlier(score, failed, outcomes.when),
        "failures in first half": recall_at(score, failed, 0.5),
    }
    if capacity is not None:
        row[RECALL_AT_CAPACITY] = recall_within(score, failed, capacity)
        row[NDCG_AT_CAPACITY] = ndcg(score, failed, capacity=capacity)
    if probability is not None:
        row |= {"Brier": brier(probability, failed), "ECE": calibration_error(probability, failed)}
    return row


def random_row(
    outcomes: Outcomes, seed: int = TIE_SEED, shuffles: int = 100, capacity: int | None = None
) -> dict[str, float]:
    """The mean row of many seeded shuffles: what no knowledge gives."""
    rng = np.random.default_rng(seed)
    drawn = (rng.random(len(outcomes.failed)) for _ in range(shuffles))
    rows = [table_row(score, outcomes, capacity=capacity) for score in drawn]
    return {column: float(np.mean([row[column] for row in rows])) for column in rows[0]}

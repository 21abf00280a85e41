"""Choosing by regret over time: how far each candidate stayed behind the best, window by window.

The winner of one window is mostly lucky there; who is never far behind is the safer choice. Source: triage's
"audition" (dssg).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training import metrics

Table = Mapping[str, Mapping[str, float]]

#: What candidates are compared by; the first is what the choice is made by.
COLUMNS = (metrics.AUC, metrics.AP, metrics.RECALL_AT_CAPACITY, metrics.DAYS)


@dataclass(frozen=True)
class Regret:
    """A candidate's regret: on each window (NaN where it could not compete), on average, and at worst."""

    each: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The average over the windows it competed in."""
        return float(np.nanmean(self.each))

    @property
    def worst(self) -> float:
        """The largest."""
        return float(np.nanmax(self.each))

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON, NaN as null."""
        each = [None if np.isnan(value) else value for value in self.each]
        return {"mean": self.mean, "worst": self.worst, "each": each}


def regrets(tables: Sequence[Table], column: str) -> dict[str, Regret]:
    """ranker -> its regret in a column where more is better, smallest mean first."""
    names = list(dict.fromkeys(name for table in tables for name in table))
    values = np.array([[table.get(name, {}).get(column, np.nan) for table in tables] for name in names])
    told = ~np.isnan(values).all(axis=0)
    if not told.any():
        return {}
    behind = np.full(values.shape, np.nan)
    behind[:, told] = np.nanmax(values[:, told], axis=0) - values[:, told]
    found = {name: Regret(tuple(row)) for name, row in zip(names, behind, strict=True) if not np.isnan(row).all()}
    return dict(sorted(found.items(), key=lambda pair: pair[1].mean))


def choice(tables: Sequence[Table]) -> str | None:
    """Who has the smallest mean regret in AUC, among those that competed in every window; None without any."""
    found = regrets(tables, COLUMNS[0])
    return next((name for name, regret in found.items() if not np.isnan(regret.each).any()), None)

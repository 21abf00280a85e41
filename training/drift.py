"""Has a feature moved? The population stability index between how it was spread then and how it is now.

The index is the sum over bins of (now - then) x ln(now / then). Bins are the tenths of `then`, one for what is missing,
and single texts. Two samples of one population differ too: what chance alone would give stands beside the index.
Source: B. Yurdakul, "Statistical properties of population stability index" (2018).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.contract import Reals

BINS = 10
#: Fewer rows on either side say nothing.
FEWEST_ROWS = 100
#: By this much the index must exceed what chance gives. 0.25 is the usual mark for "has moved much".
MOVED = 0.25
#: Texts beyond the most frequent so many count as one.
_MOST_TEXTS = 20


@dataclass(frozen=True)
class Shift:
    """How far a feature moved: the index, what chance alone gives, rows then and now, and what is typical of each."""

    feature: str
    index: float
    by_chance: float
    then_rows: int
    now_rows: int
    then: str
    now: str

    @property
    def enough(self) -> bool:
        """Whether there are enough rows to say anything."""
        return min(self.then_rows, self.now_rows) >= FEWEST_ROWS

    @property
    def moved(self) -> bool:
        """Whether it moved more than chance explains, by a margin that matters."""
        return self.enough and self.index - self.by_chance > MOVED


def shift(feature: str, then: "pd.Series[Any]", now: "pd.Series[Any]") -> Shift:
    """How one feature moved. Numbers (NaN = missing) or texts."""
    counted = _texts(then, now) if then.dtype.kind not in "fiub" else _numbers(_real(then), _real(now))
    bins = counted.shape[1]
    index = float("nan") if not len(then) or not len(now) else _index(counted)
    chance = (bins - 1) * (1 / max(len(then), 1) + 1 / max(len(now), 1))
    return Shift(feature, index, chance, len(then), len(now), _typical(then), _typical(now))


def shifts(then: pd.DataFrame, now: pd.DataFrame, names: Sequence[str]) -> list[Shift]:
    """How each of the named features moved, those that moved most first."""
    found = [shift(name, then[name], now[name]) for name in names if name in then and name in now]
    return sorted(found, key=lambda each: -np.nan_to_num(each.index - each.by_chance, nan=-np.inf))


def _index(counted: npt.NDArray[np.int64]) -> float:
    """From counts (then and now by bin); half a row is added to each bin, so that none is empty."""
    shares = (counted + 0.5) / (counted + 0.5).sum(axis=1, keepdims=True)
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def _numbers(then: Reals, now: Reals) -> npt.NDArray[np.int64]:
    known = then[~np.isnan(then)]
    edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS)) if len(known) else np.empty(0)
    missing = len(edges) + 1
    placed = [np.where(np.isnan(side), missing, np.searchsorted(edges, side, side="left")) for side in (then, now)]
    return _counted(placed, missing + 1)


def _texts(then: "pd.Series[Any]", now: "pd.Series[Any]") -> npt.NDArray[np.int64]:
    frequent = then.astype(object).value_counts().index[:_MOST_TEXTS]
    places = {text: place for place, text in enumerate(frequent)}
    other, missing = len(places), len(places) + 1
    sides = (side.astype(object).map(places).fillna(other).where(side.notna(), missing) for side in (then, now))
    return _counted([side.to_numpy(np.int64) for side in sides], missing + 1)


def _counted(placed: Sequence[npt.NDArray[Any]], bins: int) -> npt.NDArray[np.int64]:
    """Rows per bin, then and now; bins that are empty on both sides are left out."""
    counted = np.array([np.bincount(side.astype(np.int64), minlength=bins) for side in placed])
    return counted[:, counted.sum(axis=0) > 0]


def _real(values: "pd.Series[Any]") -> Reals:
    return values.to_numpy(np.float64)


def _typical(values: "pd.Series[Any]") -> str:
    """The median of numbers, the most frequent text; a dash where all is missing."""
    known = values.dropna()
    if not len(known):
        return "-"
    return f"{known.median():.3g}" if known.dtype.kind in "fiub" else str(known.astype(object).mode()[0])

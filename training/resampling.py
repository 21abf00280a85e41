"""How sure is a figure? It is worked out again on subjects drawn with replacement, each with all of its rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.ranking import TIE_SEED
from service.issues.guard import Interval

DRAWS = 400

#: row positions -> a figure
Figure = Callable[[npt.NDArray[np.intp]], float]


def spread(figure: Figure, subject: "pd.Series[Any]", seed: int = TIE_SEED, draws: int = DRAWS) -> Interval:
    """The bounds between which 95% of the draws lie; NaN where no draw has the figure."""
    rows = [np.asarray(positions) for positions in subject.groupby(subject).indices.values()]
    rng = np.random.default_rng(seed)
    drawn = np.array([
        figure(np.concatenate([rows[place] for place in rng.integers(len(rows), size=len(rows))]))
        for _ in range(draws if rows else 0)
    ])
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return Interval(float("nan"), float("nan"))
    low, high = np.quantile(known, [0.025, 0.975])
    return Interval(float(low), float(high))

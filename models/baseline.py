"""What planners and QA do today, as rankers: sort by one thing everybody can see.

They compete in the same table as the models, and are what is shown when no model can be trusted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from models.contract import Examples, ModelError, Reals, columns_of

#: Above any number of days or share: where a missing value goes first.
_FIRST = 1e9


@dataclass(frozen=True)
class Baseline:
    """Sorts by one feature, highest first. A missing value goes first (`missing_first`) or counts as the average."""

    name: str
    feature: str
    missing_first: bool = False
    average: float | None = None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The one feature it reads."""
        return (self.feature,)

    def fit(self, examples: Examples) -> "Baseline":
        """Learns the feature's average; outcomes are not looked at."""
        return self.fitted_on(examples.X)

    def fitted_on(self, X: pd.DataFrame) -> "Baseline":  # noqa: N803
        """As `fit`, from features alone: a baseline can stand in where there is no outcome to learn from."""
        values = columns_of(X, [self.feature])[self.feature].to_numpy(np.float64)
        known = values[~np.isnan(values)]
        return replace(self, average=float(known.mean()) if len(known) else 0.0)

    def score(self, X: pd.DataFrame) -> Reals:  # noqa: N803
        """The feature's value."""
        if self.average is None:
            raise ModelError(f"baseline {self.name!r} is not fitted yet: call fit first")
        values = columns_of(X, [self.feature])[self.feature].to_numpy(np.float64)
        return np.where(np.isnan(values), _FIRST if self.missing_first else self.average, values)


#: target -> its baselines; the first one stands in for a model.
BASELINES: Mapping[str, tuple[Baseline, ...]] = {
    "need": (
        Baseline("oldest training first", "training_days_since_passed", missing_first=True),
        Baseline("last result", "pair_last_failed"),
        Baseline("cumulative failure rate", "pair_failure_rate"),
        Baseline("process failure rate", "process_failure_rate"),
    ),
    "risk-work": (
        Baseline("cumulative failure rate", "pair_failure_rate"),
        Baseline("longest since last inspection", "pair_days_since_inspection", missing_first=True),
        Baseline("last result", "pair_last_failed"),
        Baseline("process failure rate", "process_failure_rate"),
    ),
    "risk-unit": (
        Baseline("cumulative failure rate", "unit_failure_rate"),
        Baseline("longest since last inspection", "unit_days_since_inspection", missing_first=True),
        Baseline("last result", "unit_last_failed"),
        Baseline("area failure rate", "area_failure_rate_365"),
    ),
}


def baselines(target: str) -> tuple[Baseline, ...]:
    """The baselines of a target. Raises `ModelError` for an unknown one."""
    if target not in BASELINES:
        raise ModelError(f"unknown target {target!r}: choose one of {', '.join(BASELINES)}")
    return BASELINES[target]

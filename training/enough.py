"""What must be so before anything is fitted, each with one sentence that says what to do."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from features.history import History
from models.baseline import baselines
from models.contract import ModelError
from training.dataset import Dataset
from training.days import day
from training.results import end_of_results
from training.splits import Window

#: With fewer rows, or fewer failures or passes, a model is noise: the baseline is the better list.
FEWEST_ROWS = 100
FEWEST_OF_EACH = 8


#: A window may end so long after the last result: nobody inspects on every day.
_TOLERATED = timedelta(days=14)
#: what tells one outcome from another; a row is an outcome seen from one of several dates
_ONE_OUTCOME = ("inspection_code", "employee_code", "process_code", "performed_at")


class TooLittle(ModelError):
    """There is too little history for a model; the lists stay on the baseline."""


def require_horizon(first: datetime, until: datetime, horizon: timedelta) -> None:
    """Raise `ModelError` for a label that would look further than there is any data."""
    if horizon > until - first:
        raise ModelError(
            f"a horizon of {horizon.days} days looks past the data: results are known for {(until - first).days} days "
            f"before {day(until)}; choose a shorter --horizon, or leave the list on the baseline"
        )


def require_outcomes(history: History, target: str, windows: Sequence[Window], until: datetime) -> None:
    """Raise `ModelError` if every cohort stands after the last result there is."""
    end = end_of_results(history, target)
    if end is not None and windows and end <= windows[0].as_of:
        raise ModelError(
            f"the last result for {target} is of {day(end - timedelta(microseconds=1))}, long before "
            f"{day(until)}, so no label can be seen: choose --until {day(end + timedelta(days=1))}"
        )


def require_results(history: History, target: str, window: Window) -> None:
    """Raise `ModelError` if a good part of a window to judge by lies after the last result there is."""
    end = end_of_results(history, target)
    if end is not None and window.until - end > max(_TOLERATED, window.length / 4):
        raise ModelError(
            f"the window to {day(window.until)} reaches past the data: the last result is of "
            f"{day(end - timedelta(microseconds=1))}; choose an earlier --to"
        )


def require_fit(data: Dataset) -> None:
    """Raise `TooLittle` for a handful of rows, `ModelError` for a single class or an infinite value."""
    data.examples().require_both_outcomes()
    once = data.keys.drop_duplicates([column for column in _ONE_OUTCOME if column in data.keys])
    failures = int(once["failed"].sum())
    if len(once) < FEWEST_ROWS or min(failures, len(once) - failures) < FEWEST_OF_EACH:
        raise TooLittle(
            f"only {len(once)} inspections for {data.target} can be learned from ({failures} failed), too few for a "
            f"model: its lists stay on the baseline {baselines(data.target)[0].name!r}"
        )
    require_finite(data.X)


def require_finite(X: pd.DataFrame) -> None:  # noqa: N803 - the matrix's own name
    """Raise `ModelError` naming the first feature with an infinite value."""
    for name, column in X.items():
        if column.dtype == np.float64 and np.isinf(column.to_numpy()).any():
            raise ModelError(f"feature {name} has an infinite value: correct the records it comes from, then fit again")


def left_out(data: Dataset) -> list[str]:
    """The site attributes that are no features, in one sentence each: without any value, or of two kinds."""
    said = []
    for name in (str(column) for column in data.X.columns if str(column).endswith("_num") and "_attr_" in str(column)):
        text = f"{name.removesuffix('_num')}_text"
        empty = [data.X[each].notna().sum() == 0 for each in (name, text) if each in data.X]
        key = name.removesuffix("_num").replace("_attr_", " attribute ", 1)
        if all(empty):
            said.append(f"Left out: {key} has no value in any of the rows.")
        elif not any(empty):
            said.append(f"Watch: {key} is a number in some rows and a text in others; each kind is a feature.")
    return said

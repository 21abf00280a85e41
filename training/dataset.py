"""Cohorts, features and labels joined: what a model is fitted on and judged by.

One table is built per question and then only sliced, by `before(cut)`: the rows whose outcome was known before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from features import catalog, cohort, matrix
from features.history import History
from models.contract import Codes, Examples, ModelError, Reals
from training.days import day
from training.labels import inspection_labels, need_labels
from training.metrics import Outcomes
from training.splits import Window

_SUBJECT = {"need": "employee_code", "risk-work": "employee_code", "risk-unit": "department_code"}


@dataclass(frozen=True)
class Dataset:
    """Labelled rows of one target. `keys` has the cohort's keys and `failed`, `performed_at`, `settled_at`, `until`,
    `waiting`.

    `settled_at` is when the label could be known; `until` the end of the row's window; `cohort_rows` how many rows
    the cohorts had, labelled or not.
    """

    target: str
    keys: pd.DataFrame
    X: pd.DataFrame
    fingerprint: str
    cohort_rows: int

    def __len__(self) -> int:
        return len(self.keys)

    def rows(self, chosen: "pd.Series[bool]") -> "Dataset":
        """The chosen rows."""
        keys, table = self.keys[chosen].reset_index(drop=True), self.X[chosen].reset_index(drop=True)
        return Dataset(self.target, keys, table, self.fingerprint, self.cohort_rows)

    def before(self, cut: datetime) -> "Dataset":
        """Rows whose outcome was known before `cut`: for `need` the whole horizon, for risks the inspection itself."""
        settled = (self.keys["settled_at"] < cut) & (self.keys["performed_at"] < cut) & (self.keys["as_of"] < cut)
        return self.rows(settled & (self.keys["until"] <= cut) if self.target == "need" else settled)

    def at(self, as_of: datetime, until: datetime) -> "Dataset":
        """The cohort that stands at `as_of`, as far as its outcomes fall before `until`."""
        return self.rows((self.keys["as_of"] == as_of) & (self.keys["performed_at"] < until))

    def inside(self, window: Window) -> "Dataset":
        """What a list made in a window would have shown, and what came of it before the window's end.

        Of waiting work each inspection once, as it first stood on a list; where nothing waited, as `at`.
        """
        keys = self.keys
        listed = keys["waiting"] & (keys["as_of"] >= window.as_of) & (keys["performed_at"] < window.until)
        if not listed.any():
            return self.at(window.as_of, window.until)
        found = self.rows(listed)
        return found.rows(~found.keys.sort_values("as_of", kind="stable").duplicated("inspection_code").sort_index())

    def examples(self) -> Examples:
        """The rows to learn from; an inspection seen from several dates has a total weight of one."""
        keys = self.keys
        if "inspection_code" in keys:
            weight = 1.0 / keys.groupby("inspection_code")["failed"].transform("size").to_numpy(np.float64)
        else:
            weight = np.ones(len(keys))
        period = codes(keys["as_of"].dt.strftime("%Y-%m-%d"))
        return Examples(self.X, self.failed, weight, self.inspector, codes(keys[_SUBJECT[self.target]]), period)

    @property
    def failed(self) -> Reals:
        """0.0 or 1.0 per row."""
        return self.keys["failed"].to_numpy(np.float64)

    @property
    def inspector(self) -> Codes:
        """Who inspects, None where unknown (always for `need`)."""
        column = "inspector_code"
        return codes(self.keys[column]) if column in self.keys else np.full(len(self.keys), None, dtype=object)

    def outcomes(self) -> Outcomes:
        """What came of the rows, for judging."""
        return Outcomes(self.failed, self.inspector, self.keys["performed_at"].to_numpy("datetime64[us]"))

    def usable_features(self) -> tuple[str, ...]:
        """The features that vary and are not marked as nuisances in the catalog."""
        names = [str(name) for name in self.X.columns if self.X[name].nunique(dropna=False) > 1]
        return tuple(name for name in names if not catalog.feature(name).nuisance)


def codes(column: "pd.Series[Any]") -> Codes:
    """Codes as objects, None where unknown."""
    values = column.astype(object)
    return values.where(values.notna(), None).to_numpy(dtype=object)


def labelled(
    history: History, target: str, windows: Sequence[Window], horizon: timedelta, known_by: datetime
) -> Dataset:
    """The labelled cohorts of the windows, using nothing known at or after `known_by`.

    Raises `ModelError` when no cohort has a labelled row.
    """
    if not windows:
        raise ModelError(f"no rows for {target}: the history before {day(known_by)} is too short for a cohort")
    rows = _cohort(history, target, windows, known_by)
    built = matrix.build(history, rows, target)
    found = _labels(history, target, rows, horizon, known_by).to_pyarrow().to_pandas()
    on = [column for column in ("inspection_code", *cohort.IDENTITY["need"], "as_of") if column in found]
    given = built.keys.reset_index(drop=True)
    # a person may be inspected several times within the horizon; anything else has one outcome
    validate: Literal["one_to_many", "many_to_one"] = "one_to_many" if target == "need" else "many_to_one"
    keys = given.assign(row=given.index).merge(found, how="left", on=on, validate=validate)
    table = built.X.reset_index(drop=True).loc[keys.pop("row")].reset_index(drop=True)
    ends = {pd.Timestamp(window.as_of): pd.Timestamp(window.until) for window in windows}
    keys["until"] = keys["as_of"].map(ends)
    lists = {pd.Timestamp(window.as_of) for window in windows if window.waiting}
    keys["waiting"] = keys["as_of"].isin(lists)
    everything = Dataset(target, keys, table, built.fingerprint, len(given))
    return everything.rows(keys["failed"].notna())


def _cohort(history: History, target: str, windows: Sequence[Window], known_by: datetime) -> ibis.Table:
    if target == "need":
        dates = {"as_of": [window.as_of for window in windows]}
        return cohort.eligible(history, target, ibis.memtable(pa.table(dates)))
    standing, open_orders = (
        [window for window in windows if window.waiting is waiting] for waiting in (False, True)
    )
    parts = [
        rows(history, target, _as_table(some, known_by))
        for rows, some in ((cohort.inspected, standing), (cohort.waiting, open_orders)) if some
    ]
    return parts[0] if len(parts) == 1 else parts[0].union(parts[1])


def _as_table(windows: Sequence[Window], known_by: datetime) -> ibis.Table:
    columns = {
        "as_of": [window.as_of for window in windows], "until": [window.until for window in windows],
        "known_by": [known_by] * len(windows),
    }
    return ibis.memtable(pa.table(columns))


def _labels(history: History, target: str, rows: ibis.Table, horizon: timedelta, known_by: datetime) -> ibis.Table:
    if target == "need":
        return need_labels(history, rows, horizon.days, known_by)
    return inspection_labels(history, known_by)

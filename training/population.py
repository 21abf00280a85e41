"""Everybody a list made on a date would have shown, and what came to be known of them in the window after it."""

from dataclasses import dataclass
from datetime import datetime

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from features import cohort, matrix
from features.history import History
from models.contract import Codes, Reals
from training.contest import EVER
from training.dataset import codes
from training.estimators import Flags
from training.labels import known_results
from training.results import inspections_of
from training.splits import Window

#: target -> what names a subject, in the cohort and in the inspections of its kind
SUBJECT = {
    "need": ("employee_code", "process_code"),
    "risk-work": ("inspection_code",),
    "risk-unit": ("department_code",),
}

_LOTTERIES = ("propensity", "reserve_chance", "reserved")


@dataclass(frozen=True)
class Population:
    """One row per subject: features, whether it was looked at in the window, and whether it failed then (0 if not).

    `drawn` is the chance the floor's lottery gave the subject of being in the cohort at all, NaN where none did.
    `reserve` is the chance of being drawn from the cohort for the random reserve, 0 where nobody drew, and `reserved`
    whether it was.
    """

    X: pd.DataFrame
    subject: Codes
    labelled: Flags
    failed: Reals
    drawn: Reals
    reserve: Reals
    reserved: Flags


def population(history: History, target: str, window: Window, known_by: datetime = EVER) -> Population:
    """The cohort of a window's beginning with each subject's first result inside the window, as known at `known_by`."""
    on = list(SUBJECT[target])
    dates = ibis.memtable(pa.table({"as_of": [window.as_of]}))
    stood = cohort.eligible(_as_known(history, window.as_of), target, dates)
    built = matrix.build(history, stood, target)
    keys = built.keys.reset_index(drop=True)
    kept = ~keys.duplicated(on)
    keys, X = keys[kept], built.X.reset_index(drop=True)[kept]  # noqa: N806 - the matrix's own name
    found = keys[on].merge(_first_results(history, target, window, known_by), how="left", on=on)
    labelled = found["failed"].notna().to_numpy()
    logged = _logged(history, keys)
    return Population(
        X.reset_index(drop=True), codes(keys[on[0]]), labelled,
        found["failed"].fillna(0).to_numpy(np.float64), logged["propensity"].to_numpy(np.float64),
        logged["reserve_chance"].fillna(0).to_numpy(np.float64), logged["reserved"].eq(1).to_numpy(),
    )  # fmt: skip


def _first_results(history: History, target: str, window: Window, known_by: datetime) -> pd.DataFrame:
    """The subject's columns and `failed`, of the first inspection in the window."""
    on = list(SUBJECT[target])
    mine = inspections_of(history, target).select("inspection_code").distinct()
    done = known_results(history, known_by).semi_join(mine, "inspection_code")
    inside = done.filter(done.occurred_at >= window.as_of, done.occurred_at < window.until)
    columns = list(dict.fromkeys([*on, "inspection_code", "failed", "occurred_at"]))
    table: pd.DataFrame = inside.select(*columns).to_pyarrow().to_pandas()
    table = table.sort_values(["occurred_at", "inspection_code"])
    return table.drop_duplicates(on)[[*on, "failed"]]


def _as_known(history: History, as_of: datetime) -> History:
    """The history with its inspections as they stood: a list of today shows every open order, one of then could not."""
    events = history["inspections"]
    cut = ibis.literal(as_of, "timestamp(6)")
    later = ibis.ifelse(events.superseded_at >= cut, ibis.null("timestamp(6)"), events.superseded_at)
    known = events.filter(events.known_at < cut).mutate(superseded_at=later)
    return History({**history.tables, "inspections": known})


def _logged(history: History, keys: pd.DataFrame) -> pd.DataFrame:
    """What the lotteries logged of the inspections that the rows wait for, row by row; NaN where none did."""
    if "inspection_code" not in keys:
        return pd.DataFrame(np.nan, index=keys.index, columns=list(_LOTTERIES))
    events = history["inspections"]
    drawn_for = events.filter(events.propensity.notnull() | events.reserve_chance.notnull())
    by_code = drawn_for.group_by("inspection_code").agg(**{name: drawn_for[name].max() for name in _LOTTERIES})
    table: pd.DataFrame = by_code.to_pyarrow().to_pandas()
    return keys[["inspection_code"]].merge(table, how="left", on="inspection_code")

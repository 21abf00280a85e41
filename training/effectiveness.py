"""Did training change what inspections found? Each trained person before and after, beside untrained peers.

A difference of differences: how the failure rate of the trained changed from before to after, less how that of people
on the same process changed over the same days who were not trained then. What changed for everybody (a new standard, a
stricter inspector, a bad lot) falls out. What does not: whoever is trained because of a bad month would have had a
better one next anyhow.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
import numpy as np
import pandas as pd

from features.history import History
from training.bootstrap import spread
from training.labels import known_results

#: How far before and after a training inspections are looked at.
WINDOW = timedelta(days=90)
#: Fewer trained people say nothing.
FEWEST_PEOPLE = 20
_PAIR = ["employee_code", "process_code"]
_EVENT = [*_PAIR, "trained_at"]


@dataclass(frozen=True)
class Effect:
    """How the failure rate of the trained changed beyond that of their peers: in points, with a 95% interval."""

    process: str
    trainings: int
    people: int
    before: float
    after: float
    peers_before: float
    peers_after: float
    difference: float
    low: float
    high: float

    @property
    def says(self) -> str:
        """One sentence; "too little data" where that is all there is to say."""
        if self.people < FEWEST_PEOPLE:
            return f"{self.process}: too little data ({self.people} people, and it takes {FEWEST_PEOPLE})."
        told = {True: "fewer failures after training", False: "more failures after training"}
        clear = self.low > 0 or self.high < 0
        verdict = told[self.high < 0] if clear else "no change that chance could not explain"
        return (
            f"{self.process}: {verdict}: {self.difference:+.1%} ({self.low:+.1%} to {self.high:+.1%}) beyond the "
            f"peers', from {self.trainings} trainings of {self.people} people."
        )


def trainings(history: History, at: datetime, window: timedelta = WINDOW) -> pd.DataFrame:
    """One row per passed training with inspections on all four sides, known before `at` (UTC without a zone).

    Columns: `employee_code`, `process_code`, `trained_at`, and the failure rates `before`, `after`, `peers_before`,
    `peers_after`. Peers are people on the same process who passed no training for it within the window.
    """
    passed, results = _passed(history, at, window), _results(history, at)
    own = passed.inner_join(results, [passed[name] == results[name] for name in _PAIR])
    other = passed.process_code == results.process_code, passed.employee_code != results.employee_code
    peers = _untrained(passed.inner_join(results, other, rname="{name}_peer"), _taught(history, at), window)
    sides = {**_rates(own, "", window), **_rates(peers, "peers_", window)}
    table = pd.DataFrame(sides).dropna()
    return table.reset_index() if len(table) else pd.DataFrame(columns=[*_EVENT, *sides])


def effects(table: pd.DataFrame) -> list[Effect]:
    """The effect over all processes first, then of each, those with most trainings first."""
    parts = sorted(table.groupby("process_code"), key=lambda part: -len(part[1]))
    return [_effect("all processes", table), *(_effect(str(name), part) for name, part in parts)]


def _effect(process: str, rows: pd.DataFrame) -> Effect:
    changes = (rows["after"] - rows["before"] - rows["peers_after"] + rows["peers_before"]).to_numpy(np.float64)
    rows = rows.reset_index(drop=True)
    bounds = spread(lambda chosen: float(changes[chosen].mean()), rows["employee_code"])
    means = {name: float(rows[name].mean()) for name in ("before", "after", "peers_before", "peers_after")}
    middle = float(changes.mean()) if len(changes) else float("nan")
    people = rows["employee_code"].nunique()
    return Effect(process, len(rows), people, **means, difference=middle, low=bounds.low, high=bounds.high)


def _taught(history: History, at: datetime) -> ibis.Table:
    """Who passed training for which process, and when, as known just before `at`."""
    events, cut = history["retraining"], ibis.literal(at, "timestamp(6)")
    known = (events.known_at < cut) & (events.superseded_at.isnull() | (events.superseded_at >= cut))
    done = events.filter(known, events.result == "passed", events.occurred_at.notnull())
    return done.select(*_PAIR, trained_at="occurred_at").filter(ibis._.process_code.notnull()).distinct()


def _passed(history: History, at: datetime, window: timedelta) -> ibis.Table:
    """The trainings whose window after is over."""
    taught = _taught(history, at)
    return taught.filter(taught.trained_at < ibis.literal(at - window, "timestamp(6)"))


def _results(history: History, at: datetime) -> ibis.Table:
    results = known_results(history, at)
    named = results.filter(results.employee_code.notnull(), results.process_code.notnull())
    return named.select(*_PAIR, "failed", "occurred_at")


def _untrained(rows: ibis.Table, taught: ibis.Table, window: timedelta) -> ibis.Table:
    """The rows of peers who passed no training for the process within the window."""
    days = ibis.interval(days=window.days)
    peer = taught.select(peer="employee_code", subject="process_code", peer_at="trained_at")
    near = (peer.peer_at > rows.trained_at - days) & (peer.peer_at < rows.trained_at + days)
    return rows.anti_join(peer, [rows.employee_code_peer == peer.peer, rows.process_code == peer.subject, near])


def _rates(rows: ibis.Table, prefix: str, window: timedelta) -> dict[str, "pd.Series[float]"]:
    """The failure rate of each training's rows, before it and after it."""
    days = ibis.interval(days=window.days)
    before = (rows.occurred_at < rows.trained_at) & (rows.occurred_at >= rows.trained_at - days)
    after = (rows.occurred_at >= rows.trained_at) & (rows.occurred_at < rows.trained_at + days)
    failed = rows.failed.cast("float64")
    rates = {f"{prefix}before": failed.mean(where=before), f"{prefix}after": failed.mean(where=after)}
    table = rows.group_by(_EVENT).aggregate(**rates).to_pyarrow().to_pandas().set_index(_EVENT)
    return {name: table[name] for name in rates}

"""How many subjects a site can look at, or train, in one planning period: as many as it really did before."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from features.history import History
from training.results import results_of

#: Plans are made a month at a time.
PERIOD = timedelta(days=30)
#: How far back "as many as it really did" looks.
_LOOKED_BACK = timedelta(days=90)
#: Where nothing was done yet: this share of the list.
_SHARE = 0.25


@dataclass(frozen=True)
class Capacity:
    """How many of a list can be looked at in a planning period; None where nothing tells; `why` says how we know."""

    subjects: int | None
    period: timedelta
    why: str

    def of(self, rows: int) -> int:
        """The first so many of a list of `rows` (at least one, at most all)."""
        wanted = math.ceil(_SHARE * rows) if self.subjects is None else self.subjects
        return max(1, min(wanted, rows))

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"subjects": self.subjects, "period_days": self.period.days, "why": self.why}


def given(subjects: int, period: timedelta) -> Capacity:
    """A capacity somebody states."""
    return Capacity(subjects, period, "as asked for")


def derived(history: History, target: str, since: datetime, period: timedelta = PERIOD) -> Capacity:
    """What was done per period before `since`, as known then: trainings for `need` (inspections where there were
    none), inspections for the risks.
    """
    trainings = _per_period(history, "retraining", target, since, period) if target == "need" else 0
    if trainings:
        return Capacity(trainings, period, "trainings completed per period in the 90 days before")
    inspections = _per_period(history, "inspections", target, since, period)
    if inspections:
        return Capacity(inspections, period, "inspections performed per period in the 90 days before")
    return Capacity(None, period, "a quarter of the list: nothing was done in the 90 days before")


def _per_period(history: History, table: str, target: str, since: datetime, period: timedelta) -> int:
    if table == "retraining":
        done, code = history[table], "record_code"
    else:
        done, code = results_of(history, target), "inspection_code"
    known = done.filter(done.occurred_at < since, done.known_at < since, done.occurred_at >= since - _LOOKED_BACK)
    first = done.occurred_at.min().to_pyarrow().as_py()
    count = int(known[code].nunique().to_pyarrow().as_py())
    if not count or first is None:
        return 0
    span = min(_LOOKED_BACK, max(since - first, period))
    return math.ceil(count * float(period / span))

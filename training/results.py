"""Which inspections a target's labels come from, and when the last of them was."""

from datetime import datetime, timedelta

import ibis
import pandas as pd

from features.history import History
from features.population import among

_POPULATIONS = {"need": ("people", "processes"), "risk-work": ("work",), "risk-unit": ("units",)}


def inspections_of(history: History, target: str) -> ibis.Table:
    """The inspections a target's labels come from: of work, of units, or of a person at a process."""
    return among(history["inspections"], *_POPULATIONS[target])


def results_of(history: History, target: str) -> ibis.Table:
    """Those of them that have a result."""
    events = inspections_of(history, target)
    return events.filter(events.failed.notnull())


def end_of_results(history: History, target: str) -> datetime | None:
    """Just after the last result, None where there is none."""
    last = results_of(history, target).occurred_at.max().to_pyarrow().as_py()
    return None if last is None else pd.Timestamp(last).to_pydatetime() + timedelta(microseconds=1)

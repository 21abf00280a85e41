"""Who inspects: a nuisance, not a signal. The only feature that looks at the inspector."""

import ibis

from features.block import Block, Feature
from features.history import History
from features.measure import with_all
from features.outcomes import overall, results, shrunk, tally
from features.population import among

_ON = ("inspector_code",)


def _severity(history: History, cohort: ibis.Table, population: str) -> ibis.Table:
    events = results(among(history["inspections"], population))
    t = with_all(cohort, _ON, tally(events, cohort, _ON), overall(history, cohort, population))
    return t.select(*_ON, "as_of", inspector_severity=shrunk(t.failures, t.n, t.overall_rate) - t.overall_rate)


def of_units(history: History, cohort: ibis.Table) -> ibis.Table:
    """How far the planned inspector's failure rate on units lies above that of all inspectors."""
    return _severity(history, cohort, "units")


def of_work(history: History, cohort: ibis.Table) -> ibis.Table:
    """How far the planned inspector's failure rate on work and batches lies above that of all inspectors."""
    return _severity(history, cohort, "work")


_FEATURES = (
    Feature(
        "inspector_severity",
        "The planned inspector's results differ from the average by {value:+.0%}; this is left out of the ranking.",
        "计划检验员的未通过率与平均相差{value:+.0%}；排序时已剔除此影响。",
        nuisance=True,
    ),
)
_MISSING = ("No inspector is planned yet.", "尚未安排检验员。")

OF_UNITS = Block("inspector", _ON, of_units, _FEATURES, _MISSING)
OF_WORK = Block("inspector", _ON, of_work, _FEATURES, _MISSING)

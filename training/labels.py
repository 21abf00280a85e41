"""What came of it: outcomes in [as_of, as_of + horizon), known before the training cut. Ibis expressions only.

Labels live here and not in `features`, so that serving code cannot import one. Every label table has the cohort's
own key columns, `failed` (0.0 or 1.0), `performed_at` and `settled_at` (when the label could be known).
"""

from datetime import datetime

import ibis

from features.history import History

_PAIR = ("employee_code", "process_code")


def known_results(history: History, until: datetime) -> ibis.Table:
    """One row per inspection with a result, as known just before `until` (exclusive)."""
    events = history["inspections"]
    cut = ibis.literal(until, "timestamp(6)")
    in_force = events.superseded_at.isnull() | (events.superseded_at >= cut)
    done = events.filter(events.failed.notnull(), events.known_at < cut, in_force)
    return done.mutate(occurred_at=ibis.coalesce(done.occurred_at, done.known_at))


def need_labels(history: History, cohort: ibis.Table, horizon_days: int, until: datetime) -> ibis.Table:
    """Per `employee_code`, `process_code`, `as_of` of the cohort and inspection in the horizon: did it fail?

    Counted are inspections of that person on that process, or of their own work record, with
    as_of <= performed < as_of + horizon; rows without one have no label and are left out. A batch's or unit's
    inspection names no person and so labels nobody. Each inspection is a row of its own: who is inspected more often
    is not thereby more in need.
    """
    results = known_results(history, until)
    results = results.filter(results.employee_code.notnull(), results.process_code.notnull())
    rows = cohort.select(*_PAIR, "as_of").distinct()
    end = rows.as_of + ibis.interval(days=horizon_days)
    within = (results.occurred_at >= rows.as_of) & (results.occurred_at < end)
    same = [rows[column] == results[column] for column in _PAIR]
    return rows.inner_join(results, [*same, within]).select(
        rows, failed=results.failed.cast("float64"), performed_at=results.occurred_at, settled_at=results.known_at
    )


def inspection_labels(history: History, until: datetime) -> ibis.Table:
    """Per `inspection_code` its own result, for the risk targets."""
    results = known_results(history, until)
    return results.select(
        "inspection_code",
        failed=results.failed.cast("float64"),
        performed_at=results.occurred_at,
        settled_at=results.known_at,
    )

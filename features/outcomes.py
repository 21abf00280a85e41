"""Inspection outcomes counted per subject: what the blocks about people, processes, batches and units share."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from features.asof import known_before
from features.history import History
from features.measure import count, days, fading, millionths, once, real, total, with_all
from features.population import POPULATIONS

#: A rate is pulled towards the rate of the wider group with the weight of this many inspections.
PRIOR_INSPECTIONS = 5.0
HALF_LIVES = (90, 365)
#: what a result is compared by: the process and the kind of inspection
KEYS = ("process_key", "kind_key")
#: the table of a history that holds `by_month`, where it is kept
BY_MONTH = "results_by_month"

_ZERO = ibis.literal(0.0, "float64")
_HALF = ibis.literal(0.5, "float64")
_PRIOR = ibis.literal(PRIOR_INSPECTIONS, "float64")


def results(inspections: ibis.Table) -> ibis.Table:
    """The revisions that have a result; performed when known, where the record does not say when."""
    done = inspections.filter(inspections.failed.notnull())
    return done.mutate(occurred_at=ibis.coalesce(done.occurred_at, done.known_at))


def shrunk(failures: ir.FloatingValue, inspections: ir.FloatingValue, prior: ir.FloatingValue) -> ir.FloatingValue:
    """The failure rate pulled towards `prior`, so that one bad day does not make a rate of 100%."""
    return (failures + _PRIOR * prior) / (inspections + _PRIOR)


def keyed(inspections: ibis.Table) -> ibis.Table:
    """Results with the two `KEYS`; no process, or no kind, is a key of its own."""
    done = results(inspections)
    return done.mutate(process_key=done.process_code.fill_null(""), kind_key=done.kind.fill_null(""))


def by_month(inspections: ibis.Table) -> ibis.Table:
    """The results per month in which they were known, `superseded_at`, `KEYS` and populations: `n` and `failures`.

    `known_at` is when the last of them was known. An engine may keep this as the table `BY_MONTH` of its history, in
    more rows than these, as long as they add up to the same.
    """
    events = _grouped(inspections)
    events = events.mutate(month=events.known_at.truncate("M"))
    return events.group_by("month", "superseded_at", *KEYS, *POPULATIONS).aggregate(
        known_at=events.known_at.max(), n=events.count(), failures=events.failed.sum().cast("int64")
    )


def _grouped(inspections: ibis.Table) -> ibis.Table:
    events = keyed(inspections)
    return events.mutate(**{name: belongs(events) for name, belongs in POPULATIONS.items()})


def everybodys(history: History, cohort: ibis.Table, *populations: str) -> ibis.Table:
    """as_of, the `KEYS` -> `n` and `failures` of the results known before, of all that belong to these populations.

    All rates of everybody come from this one step: it alone meets what all inspections showed, and is worked out once.
    A date meets the months before its own as a whole. A group has several rows.
    """
    months = history.tables[BY_MONTH] if BY_MONTH in history.tables else by_month(history["inspections"])
    months, single = (known_before(each, cohort, on=[]) for each in (months, _grouped(history["inspections"])))
    months = months.filter(months.month < months.as_of.truncate("M"))
    single = single.filter(single.known_at >= single.as_of.truncate("M"))
    by = ("as_of", *KEYS, *POPULATIONS)
    parts = months.select(*by, "n", "failures").union(
        single.select(*by, n=ibis.literal(1, "int64"), failures=single.failed.cast("int64"))
    )
    sums = parts.group_by(*by).aggregate(n=parts.n.sum().cast("int64"), failures=parts.failures.sum().cast("int64"))
    sums = once(sums.filter(sums.n > 0), "results_of_everybody")
    return sums.filter([sums[name] for name in populations]) if populations else sums


def overall(history: History, cohort: ibis.Table, *populations: str) -> ibis.Table:
    """as_of -> `overall_rate`, the failure rate of all results known before that belong to these populations.

    One half where there are none.
    """
    known = everybodys(history, cohort, *populations)
    totals = known.group_by("as_of").aggregate(n=total(known.n), failures=total(known.failures))
    counted = with_all(cohort, [], totals)
    failures, n = counted.failures.fill_null(_ZERO), counted.n.fill_null(_ZERO)
    return counted.select("as_of", overall_rate=(failures + _HALF) / (n + _HALF + _HALF))


def tally(events: ibis.Table, cohort: ibis.Table, on: Sequence[str]) -> ibis.Table:
    """Per subject and `as_of`: `n`, `failures`, their faded sums `n_H`, `failures_H`, and days since the last of each.

    Every subject of the cohort has a row; counts are 0 and days missing where nothing is known.
    """
    known = known_before(events, cohort, on)
    age = days(known.as_of, known.occurred_at)
    sums = {"n": count(known), "failures": total(known.failed)}
    for half_life in HALF_LIVES:
        weight = fading(age, half_life)
        sums[f"n_{half_life}"] = millionths(weight)
        sums[f"failures_{half_life}"] = millionths(weight * known.failed)
    totals = known.group_by(*on, "as_of").aggregate(
        **sums, days_since=age.min(), days_since_failure=age.min(where=known.failed == 1)
    )
    counted = with_all(cohort, on, totals)
    return counted.mutate(**{name: counted[name].fill_null(_ZERO) for name in sums})


def latest(events: ibis.Table, cohort: ibis.Table, on: Sequence[str]) -> ibis.Table:
    """The events known before, with `position`: 0 for a subject's latest, 1 for the one before, and so on."""
    known = known_before(events, cohort, on)
    # Of two on the same day, the worse one is taken as the last: the order must not depend on the engine.
    order = [ibis.desc(column) for column in ("occurred_at", "known_at", "failed", "critical", "inspection_code")]
    return known.mutate(position=ibis.row_number().over(ibis.window(group_by=[*on, "as_of"], order_by=order)))


def last_results(events: ibis.Table, cohort: ibis.Table, on: Sequence[str]) -> ibis.Table:
    """Per subject and `as_of`: `last_failed` (0 or 1) and `last3_failed`, the share of the last three that failed."""
    ranked = latest(events, cohort, on)
    ranked = ranked.filter(ranked.position < 3)
    return ranked.group_by(*on, "as_of").aggregate(
        last_failed=real(ranked.failed.max(where=ranked.position == 0)),
        last3_failed=total(ranked.failed) / count(ranked),
    )

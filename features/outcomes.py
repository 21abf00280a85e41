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


def everybodys(history: History, cohort: ibis.Table, *populations: str) -> ibis.Table:
    """as_of, the `KEYS` -> `n` and `failures` of the results known before, of all that belong to these populations.

    All rates of everybody come from this one step: it alone meets every inspection, and it is worked out once.
    A group has several rows.
    """
    events = keyed(history["inspections"])
    events = events.mutate(**{name: belongs(events) for name, belongs in POPULATIONS.items()})
    known = known_before(events, cohort, on=[])
    sums = known.group_by("as_of", *KEYS, *POPULATIONS).aggregate(
        n=known.count(), failures=known.failed.sum().cast("int64")
    )
    sums = once(sums, "results_of_everybody")
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

"""What would be expected of the inspections a subject had, had anybody else been inspected in its place.

A process that is hard, or a kind of inspection that looks closer, fails more often whoever is inspected. The expected
number of failures is the sum of the rates of kind and process over the subject's inspections; what is beyond it is
the subject's own. Everything is summed in whole numbers, faded weights in millionths.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from features.asof import known_before
from features.history import History
from features.measure import days, fading, millionths, once, real, total
from features.outcomes import HALF_LIVES, KEYS, PRIOR_INSPECTIONS, everybodys, overall, shrunk

_PRIOR = ibis.literal(PRIOR_INSPECTIONS, "float64")
#: residuals fade as slowly as this: who does worse than others does so for long
FADING = 365


def expectations(history: History, cohort: ibis.Table, *populations: str) -> ibis.Table:
    """as_of, process_key, kind_key -> `process_rate` and `rate`: how often such inspections failed before, of anybody.

    The rate of a kind at a process is pulled towards that of the process, and that one towards the rate of all that
    belong to `populations`.
    """
    name = "_of_".join(("expectations", *populations))
    parts = everybodys(history, cohort, *populations)
    sums = parts.group_by("as_of", *KEYS).aggregate(
        n=parts.n.sum().cast("int64"), failures=parts.failures.sum().cast("int64")
    )
    both = once(sums, f"results_of_{name}")
    process = both.group_by("as_of", "process_key").aggregate(n=total(both.n), failures=total(both.failures))
    process = process.inner_join(overall(history, cohort, *populations), "as_of")
    process_rate = shrunk(process.failures, process.n, process.overall_rate)
    process = process.select("as_of", "process_key", process_rate=process_rate)
    joined = both.inner_join(process, ["as_of", "process_key"])
    rate = shrunk(real(joined.failures), real(joined.n), joined.process_rate)
    return once(joined.select("as_of", *KEYS, "process_rate", rate=rate), name)


def weighed(events: ibis.Table, cohort: ibis.Table, on: Sequence[str], by: Sequence[str] = ()) -> ibis.Table:
    """The `keyed` events known before, summed per subject, `by`, process and kind: a step towards `rolled`."""
    known = known_before(events, cohort, on)
    age = days(known.as_of, known.occurred_at)
    sums: dict[str, ir.IntegerScalar] = {"n": known.count(), "failures": known.failed.sum().cast("int64")}
    for half_life in HALF_LIVES:
        weight = fading(age, half_life)
        sums[f"n_{half_life}"] = weight.sum().cast("int64")
        sums[f"failures_{half_life}"] = (weight * known.failed).sum().cast("int64")
    return known.group_by(*on, *by, "as_of", *KEYS).aggregate(**sums)


def expecting(parts: ibis.Table, expectations: ibis.Table) -> ibis.Table:
    """`weighed` parts with what was to be expected of each, faded like the failures it is held against."""
    joined = parts.inner_join(expectations, ["as_of", *KEYS])
    expected = (joined.rate * real(joined[f"n_{FADING}"])).floor().cast("int64")
    return joined.select(*parts.columns, expected=expected)


def rolled(parts: ibis.Table, on: Sequence[str]) -> ibis.Table:
    """The sums of `expecting` parts per subject and `as_of`: n, failures, n_H, failures_H and `expected`."""
    sums = {name: total(parts[name]) for name in ("n", "failures")}
    for half_life in HALF_LIVES:
        sums |= {f"{name}_{half_life}": millionths(parts[f"{name}_{half_life}"]) for name in ("n", "failures")}
    return parts.group_by(*on, "as_of").aggregate(**sums, expected=millionths(parts.expected))


def residual(sums: ibis.Table) -> ir.FloatingValue:
    """Failures beyond the expected ones as a share of the inspections, pulled towards 0 where there are few."""
    return (sums[f"failures_{FADING}"] - sums.expected) / (sums[f"n_{FADING}"] + _PRIOR)

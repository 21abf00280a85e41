"""Arithmetic the blocks share: ages in days, windows, shares, weights. Equal results on every engine.

Sums are taken over integers only (weights in millionths), so that a total does not depend on the order in which an
engine happens to add its rows, and two builds of the same matrix have the same fingerprint.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from features.asof import moments

_SECONDS_PER_DAY = ibis.literal(86400.0, "float64")
_HALF = ibis.literal(0.5, "float64")
_ZERO = ibis.literal(0.0, "float64")
_MILLION = ibis.literal(1e6, "float64")


def real(value: ir.Value) -> ir.FloatingValue:
    """The value as float64."""
    return value.cast("float64")


def flag(condition: ir.BooleanValue) -> ir.FloatingValue:
    """1.0 where the condition holds, 0.0 where it does not, missing where it is unknown."""
    # Through int32: PostgreSQL casts a boolean to no other number, and takes the literals 1.0 and 0.0 for decimals.
    return real(condition.cast("int32"))


def whole(condition: ir.BooleanValue) -> ir.IntegerValue:
    """1 where the condition holds, else 0."""
    return condition.fill_null(False).cast("int32").cast("int64")


def days(later: ir.TimestampValue, earlier: ir.TimestampValue) -> ir.FloatingValue:
    """Days from one time to another, to the second (engines disagree on fractions of one)."""
    ends, starts = (real(moment.truncate("s").epoch_seconds()) for moment in (later, earlier))
    return (ends - starts) / _SECONDS_PER_DAY


def within(events: ir.Table, length: int, skip: int = 0) -> ir.BooleanValue:
    """Whether an event happened in the `length` days before `as_of`, or before the last `skip` days of it."""
    from_at = events.as_of - ibis.interval(days=length + skip)
    until = events.as_of - ibis.interval(days=skip) if skip else events.as_of
    return (events.occurred_at >= from_at) & (events.occurred_at < until)


def count(events: ir.Table, where: ir.BooleanValue | None = None) -> ir.FloatingValue:
    """How many rows of the group meet the condition."""
    return real(events.count(where=where))


def total(value: ir.IntegerValue, where: ir.BooleanValue | None = None) -> ir.FloatingValue:
    """The group's sum of an integer; missing where the group has none."""
    return real(value.sum(where=where))


def fading(age: ir.FloatingValue, half_life: int) -> ir.IntegerValue:
    """A weight that halves every `half_life` days, in whole millionths."""
    return (
        (_HALF ** (ibis.greatest(age, _ZERO) / ibis.literal(float(half_life), "float64")) * _MILLION)
        .floor()
        .cast("int64")
    )


def millionths(weights: ir.IntegerValue) -> ir.FloatingValue:
    """The group's sum of `fading` weights, as a number of events."""
    return total(weights) / _MILLION


def share(part: ir.FloatingValue, whole: ir.FloatingValue) -> ir.FloatingValue:
    """part / whole; missing where the whole is zero."""
    return part / whole.nullif(_ZERO)


def once(table: ibis.Table, name: str) -> ibis.Table:
    """The table as a named step of the query, worked out once however many others read it.

    Left to itself, Ibis repeats a step inside every join it takes part in. The name must be the step's own: two that
    differ must not share it within one matrix.
    """
    return table.alias(name)


def with_all(cohort: ibis.Table, on: Sequence[str], *parts: ibis.Table) -> ibis.Table:
    """Every (subject, as_of) of the cohort with the columns of each part, missing where a part lacks the subject.

    Each part has `as_of` and some or all of the subject columns, its other columns being named by no other part.
    """
    pairs = moments(cohort, on)
    joined, columns = pairs, [pairs[column] for column in (*on, "as_of")]
    for number, part in enumerate(parts):
        keys = [column for column in (*on, "as_of") if column in part.columns]
        joined = joined.left_join(part, [pairs[key] == part[key] for key in keys], rname=f"{{name}}__{number}")
        columns += [part[column] for column in part.columns if column not in keys]
    return joined.select(*columns)

"""The time cut: what could be known before a date. Every feature passes through here, and there is no switch."""

from collections.abc import Sequence

import ibis


def moments(cohort: ibis.Table, on: Sequence[str]) -> ibis.Table:
    """The distinct (subject, `as_of`) pairs of a cohort; rows whose subject is unknown are left out."""
    pairs = cohort.select(*on, "as_of").distinct()
    return pairs.filter([pairs[column].notnull() for column in on]) if on else pairs


def known_before(events: ibis.Table, cohort: ibis.Table, on: Sequence[str]) -> ibis.Table:
    """The events of each cohort subject as they stood just before `as_of`: one row per event and moment.

    `on` names the subject columns that events and cohort share; an empty `on` joins every event to every date. A
    revision counts when `known_at < as_of` and no later one was known before `as_of`. Returns the events' columns
    and `as_of`.
    """
    pairs = moments(cohort, on)
    same_subject = [events[column] == pairs[column] for column in on]
    in_force = (events.known_at < pairs.as_of) & (events.superseded_at.isnull() | (events.superseded_at >= pairs.as_of))
    return events.inner_join(pairs, [*same_subject, in_force]).select(events, pairs.as_of)

"""Where a rolling evaluation stands: consecutive windows, oldest first, each judged by what was known before it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from models.contract import ModelError
from training.days import day
from training.splits import Window, evaluation_windows

DEFAULT_LENGTH = timedelta(days=60)
DEFAULT_ORIGINS = 3


@dataclass(frozen=True)
class Asked:
    """Between which moments, how long each window is, how many; None where nobody said."""

    since: datetime | None = None
    until: datetime | None = None
    every: timedelta | None = None
    origins: int | None = None

    @property
    def explicit(self) -> bool:
        """Whether somebody asked for a window of their own, so that one that cannot be judged is an error."""
        return self.since is not None


def windows(asked: Asked, first: datetime, end: datetime) -> list[Window]:
    """The windows; `first` and `end` are when results begin and when the last is over.

    Without `since` the last ones before the end that leave enough history; with it those from there on: a single one
    unless a length or a number is given. The rest of a span that no whole window fits into is left out.
    Raises `ModelError` when the span is empty.
    """
    until = asked.until or end
    if asked.since is None:
        length = asked.every or DEFAULT_LENGTH
        return evaluation_windows(first, until, length, asked.origins or DEFAULT_ORIGINS)
    if until <= asked.since:
        raise ModelError(f"the window is empty: --to {day(until)} must lie after --from {day(asked.since)}")
    span = until - asked.since
    length = asked.every or (span / asked.origins if asked.origins else span)
    most = asked.origins or max(1, int(span / length))
    starts = [asked.since + number * length for number in range(most)]
    # parts of a span add up to a little more or less than the whole
    found = [Window(start, min(start + length, until)) for start in starts if start + length <= until + _ROUNDING]
    return found or [Window(asked.since, until)]


_ROUNDING = timedelta(milliseconds=1)

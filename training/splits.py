"""Time-ordered cohort dates. Never a random split: on dated data it lets a model learn from its own future.

A training window [as_of, until) is what one training cohort may be labelled from; an evaluation stands at `as_of` and
looks at [as_of, until). Every label of a training window is known before the evaluation that uses it begins.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

#: Training cohorts are a month apart (a third of a longer horizon, less where there is little history), and at most
#: this many. Closer ones would show the same outcomes again, only a little staler.
STEP = timedelta(days=30)
MOST_COHORTS = 24
#: Work waits for days, not months: what stood on a list is looked at every few days, at most so often.
WAITING_STEP = timedelta(days=3)
WAITING_SPAN = timedelta(days=30)
MOST_WAITING = 180
_ASIDE = timedelta(hours=7, minutes=13)
_FEWEST_STEPS = 6
_SHORTEST_STEP = timedelta(days=7)
#: A first month without cohorts, or a sixth of a short history: nobody has a record yet.
_WARM_UP = timedelta(days=30)


@dataclass(frozen=True)
class Window:
    """Half-open in time: as_of <= outcome < until."""

    as_of: datetime
    until: datetime
    #: only what waited for an inspection already at `as_of`, as a list made then would have shown it
    waiting: bool = False

    @property
    def length(self) -> timedelta:
        """How far it looks."""
        return self.until - self.as_of


def training_windows(first: datetime, cut: datetime, horizon: timedelta, *, complete: bool) -> list[Window]:
    """Training cohorts between the first event and `cut`, oldest first.

    With `complete` each looks over the whole horizon before the cut (an outcome "within the horizon" needs it); else a
    window may be cut short (an inspection's own result does not). Empty when the history is too short.
    """
    span = cut - first
    usable = span - horizon if complete else span
    step = min(max(STEP, horizon / 3), max(_SHORTEST_STEP, usable / _FEWEST_STEPS))
    earliest = first + min(_WARM_UP, span / 6)
    latest = cut - (horizon if complete else min(step, horizon))
    windows: list[Window] = []
    as_of = latest
    while as_of >= earliest and len(windows) < MOST_COHORTS:
        windows.append(Window(as_of, min(as_of + horizon, cut)))
        as_of -= step
    return windows[::-1]


def waiting_windows(first: datetime, cut: datetime) -> list[Window]:
    """The dates at which lists of waiting work are learned from: some days apart, each looking a month ahead.

    They lie a little off the dates of the other windows, so that no two have the same `as_of`.
    """
    step = max(WAITING_STEP, (cut - first) / MOST_WAITING)
    windows: list[Window] = []
    as_of = cut - step + _ASIDE
    while as_of >= first + _WARM_UP:
        windows.append(Window(as_of, min(as_of + WAITING_SPAN, cut), waiting=True))
        as_of -= step
    return windows[::-1]


def evaluation_windows(first: datetime, cut: datetime, length: timedelta, most: int) -> list[Window]:
    """Up to `most` consecutive windows of `length` that end at `cut`, oldest first, each leaving as much history.

    A window is left out where less than `1.5 x length` (at least 60 days) of history would lie before it.
    """
    windows: list[Window] = []
    until = cut
    enough = max(1.5 * length, timedelta(days=60))
    while len(windows) < most and until - length - first >= enough:
        windows.append(Window(until - length, until))
        until -= length
    return windows[::-1]

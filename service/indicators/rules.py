"""Pure rules: which months, what a value means against its target, and what a signal finds worth a look."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from math import sqrt
from statistics import NormalDist
from typing import Literal
from zoneinfo import ZoneInfo

from service.errors import Conflict, RetraceError
from service.indicators.catalogue import Better

Light = Literal["green", "red"]

State = Literal["open", "closed"]
STATES: tuple[State, ...] = ("open", "closed")

#: months in one answer
MOST_MONTHS = 24
#: so many results by one account in one minute are entered in bulk; so many days after the fact are late
MANY, LATE_DAYS = 20, 7
#: a decision within so many seconds of the one before is quick; after a pause of so many it is no longer "the next"
QUICK_SECONDS, PAUSE_SECONDS = 10, 1800
#: an inspector with fewer results is not compared
LEAST_INSPECTED = 10


@dataclass(frozen=True)
class Period:
    """Whole months, from the first day of one to the last of another, both included."""

    first: date
    last: date

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When it begins, and when what follows it begins, at a site; in UTC."""
        return _start(self.first, zone), _start(following(self.last), zone)


def period(from_month: date, to_month: date) -> Period:
    """The months from one to another. Raises `RetraceError` where they are in the wrong order, or too many."""
    months = (to_month.year - from_month.year) * 12 + to_month.month - from_month.month + 1
    if months < 1:
        raise RetraceError(f"from_month {from_month:%Y-%m} lies after to_month {to_month:%Y-%m}; swap them.")
    if months > MOST_MONTHS:
        raise RetraceError(f"These are {months} months; ask for at most {MOST_MONTHS} at once.")
    return Period(from_month.replace(day=1), to_month.replace(day=1))


def following(month: date) -> date:
    """The first day of the month after one."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def before(month: date, months: int = 1) -> date:
    """The first day of the month so many before one."""
    number = month.year * 12 + month.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def light(better: Better, value: float | None, target: float | None) -> Light | None:
    """Whether a target is reached; None where none is set, nothing was counted, or neither way is better."""
    if value is None or target is None or better == "neither":
        return None
    return "green" if value == target or (value > target) == (better == "higher") else "red"


def refuse_closed(state: State, code: str) -> None:
    """Raise `Conflict` where a report was closed."""
    if state == "closed":
        raise Conflict(f"Report {code} is closed; what is done about it goes into the next month's.")


def refuse_unanswered(code: str, missed: Collection[str]) -> None:
    """Raise `Conflict` where a report would be closed with missed targets about which nobody does anything."""
    if missed:
        raise Conflict(
            f"Report {code} misses its target for {', '.join(missed)}: say what is done about it, who does it and by "
            "when, then close it."
        )


@dataclass(frozen=True)
class Tally:
    """What one inspector passed of what they inspected."""

    inspector: str
    passed: int
    inspected: int


@dataclass(frozen=True)
class Spread:
    """An inspector whose pass rate chance alone does not set so far apart from the others'."""

    inspector: str
    rate: float
    others: float
    low: float
    high: float


def spread(tallies: Collection[Tally]) -> Spread | None:
    """The inspector furthest from the others, where the others' rate lies outside the inspector's interval.

    The interval is Wilson's, as wide as comparing so many inspectors at once demands. It says "look at it": who
    inspects the difficult work differs from the others as well.
    """
    compared = [each for each in tallies if each.inspected >= LEAST_INSPECTED]
    found = [each for tally in compared if (each := _apart(tally, tallies, len(compared))) is not None]
    return max(found, key=lambda each: (abs(each.rate - each.others), each.inspector), default=None)


def _apart(tally: Tally, tallies: Iterable[Tally], compared: int) -> Spread | None:
    others = [each for each in tallies if each != tally]
    inspected = sum(each.inspected for each in others)
    if inspected < LEAST_INSPECTED:
        return None
    rate = sum(each.passed for each in others) / inspected
    low, high = wilson(tally.passed, tally.inspected, 0.05 / compared)
    if low <= rate <= high:
        return None
    return Spread(tally.inspector, tally.passed / tally.inspected, rate, low, high)


def wilson(hits: int, tries: int, alpha: float = 0.05) -> tuple[float, float]:
    """Wilson's interval of a share at the confidence 1 - alpha; `tries` is at least 1."""
    z = NormalDist().inv_cdf(1 - alpha / 2)
    share = hits / tries
    middle = share + z * z / (2 * tries)
    half = z * sqrt(share * (1 - share) / tries + z * z / (4 * tries * tries))
    whole = 1 + z * z / tries
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)

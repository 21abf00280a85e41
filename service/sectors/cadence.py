"""How often something recurs: an iCalendar RRULE from a day on. Days only; the site's zone comes in with due times.

The Gregorian calendar repeats every 400 years, to the weekday. A rule is therefore followed near the calendar's end,
19 repetitions later: dateutil looks for the next day until the year 9999, and a rule that never fires ends there after
a moment instead of after 8,000 years.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from dateutil.rrule import rrule, rrulestr

from service.errors import RetraceError

#: a multiple of 400 years, so that days keep their weekdays
_LATER = 400 * 19
#: what a start may be
FIRST_YEAR, LAST_YEAR = 1900, 2200
_LONGEST = 200
_MOST_INTERVAL = 1000

_SHAPE = re.compile(r"[A-Z]+=[A-Z0-9,+-]+(;[A-Z]+=[A-Z0-9,+-]+)*")
_DAILY_AT_MOST = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_PARTS = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"
}
_WITHIN_A_DAY = {"BYHOUR", "BYMINUTE", "BYSECOND"}


class BadCadence(RetraceError):
    """A cadence nothing can be owed by."""

    status = 422
    kind = "bad-cadence"


@dataclass(frozen=True)
class Cadence:
    """An RRULE such as `FREQ=MONTHLY;BYMONTHDAY=1`, and the day it counts from. Made by `cadence`, which checks it."""

    rule: str
    start: date

    def days(self) -> Iterator[date]:
        """The days on which it fires, in order."""
        return (_back(moment) for moment in _rule(self.rule, self.start))

    def since(self, first: date, last: date) -> list[date]:
        """The days from `first` to `last`, both included, on which it fires, and the next one after them."""
        found = []
        for day in self.days():
            if day >= first:
                found.append(day)
            if day > last:
                break
        return found


@lru_cache(maxsize=1024)
def cadence(rule: str, start: date) -> Cadence:
    """A cadence that fires. Raises `BadCadence`, with one sentence that says what is wrong."""
    _refuse_unreadable(rule)
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise BadCadence(f"A cadence starts between {FIRST_YEAR} and {LAST_YEAR}, not on {start}.")
    made = Cadence(rule, start)
    try:
        first = next(made.days(), None)
    except (ValueError, TypeError, OverflowError, IndexError, KeyError) as error:
        raise BadCadence(f"{rule!r} is no recurrence rule (RFC 5545): {error}.") from error
    if first is None:
        raise BadCadence(f"{rule!r} never fires after {start}; give days that exist.")
    return made


def _refuse_unreadable(rule: str) -> None:
    if len(rule) > _LONGEST or not _SHAPE.fullmatch(rule):
        raise BadCadence(f"{rule[:_LONGEST]!r} is no recurrence rule; give one such as FREQ=MONTHLY;BYMONTHDAY=1.")
    named = [part.split("=") for part in rule.split(";")]
    parts = dict(named)
    if len(parts) < len(named):
        raise BadCadence(f"{rule!r} says one thing twice; say each part once.")
    frequency = parts.get("FREQ", "")
    if frequency in {"HOURLY", "MINUTELY", "SECONDLY"} or _WITHIN_A_DAY & parts.keys():
        raise BadCadence(f"{rule!r} fires more often than daily; a duty is owed once a day at most.")
    if frequency not in _DAILY_AT_MOST:
        raise BadCadence(f"{rule!r} does not say how often; give FREQ as one of {', '.join(_DAILY_AT_MOST)}.")
    unknown = sorted(parts.keys() - _PARTS)
    if unknown:
        raise BadCadence(f"{rule!r} holds {unknown[0]}, which is not understood; leave it out.")
    if not re.fullmatch(r"0*[1-9]\d{0,3}", interval := parts.get("INTERVAL", "1")) or int(interval) > _MOST_INTERVAL:
        raise BadCadence(f"{rule!r}: INTERVAL is a whole number from 1 to {_MOST_INTERVAL}.")
    if not re.fullmatch(r"\d{1,6}", parts.get("COUNT", "1")):
        raise BadCadence(f"{rule!r}: COUNT is a whole number.")
    if not re.fullmatch(r"(19|20|21)\d{6}", parts.get("UNTIL", "20000101")):
        raise BadCadence(f"{rule!r}: UNTIL is a day such as 20271231.")


def _rule(rule: str, start: date) -> rrule:
    later = re.sub(r"UNTIL=(\d{4})", lambda found: f"UNTIL={int(found[1]) + _LATER}", rule)
    made = rrulestr(later, dtstart=datetime(start.year + _LATER, start.month, start.day))  # noqa: DTZ001 - days only
    if not isinstance(made, rrule):
        raise TypeError("a set of rules")
    return made


def _back(moment: datetime) -> date:
    return date(moment.year - _LATER, moment.month, moment.day)

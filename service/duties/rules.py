"""Pure rules of duties: periods and their moments, and what may become of an obligation.

Periods of a duty do not overlap: each lasts from one day of its cadence to the day before the next, and is due within
itself. So what is delivered on a day counts for exactly one obligation of a duty.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from service.errors import Conflict
from service.sectors.cadence import Cadence

State = Literal["open", "met", "nothing_to_report", "missed"]
STATES: tuple[State, ...] = ("open", "met", "nothing_to_report", "missed")

Name = Literal["fulfil", "say_nothing", "lapse", "fulfil_late", "say_nothing_late"]
#: who makes a move: what happened in the records, a person, or time itself
By = Literal["event", "person", "clock"]


@dataclass(frozen=True)
class Step:
    """One move of an obligation."""

    name: Name
    before: State
    after: State
    by: By


STEPS: tuple[Step, ...] = (
    Step("fulfil", "open", "met", "event"),
    Step("say_nothing", "open", "nothing_to_report", "person"),
    Step("lapse", "open", "missed", "clock"),
    Step("fulfil_late", "missed", "missed", "event"),
    Step("say_nothing_late", "missed", "missed", "person"),
)

#: people are reminded and told in the morning
_MORNING = time(8)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """Days for which something is owed once: from `starts_on` to the day before `ends_on`, due on `due_on`."""

    starts_on: date
    ends_on: date
    due_on: date


def periods(cadence: Cadence, due_days: int, first: date, last: date) -> list[Period]:
    """The periods of a cadence that begin from `first` to `last`, both included."""
    days = cadence.since(first, last)
    following: Iterable[date | None] = [*days[1:], None]
    return [_period(day, after, due_days) for day, after in zip(days, following, strict=False) if day <= last]


def _period(day: date, following: date | None, due_days: int) -> Period:
    """Due so many days after it begins, on its last day at the latest; the last of all ends when it is due."""
    due_on = day + due_days * _DAY
    if following is None:
        return Period(day, due_on + _DAY, due_on)
    return Period(day, following, min(due_on, following - _DAY))


@dataclass(frozen=True)
class Moments:
    """When a period begins and ends, is due, is reminded of, and is told further up; in UTC."""

    starts_at: datetime
    ends_at: datetime
    due_at: datetime
    remind_at: datetime
    escalate_at: datetime


def moments(period: Period, remind_days: int, escalate_days: int, zone: ZoneInfo) -> Moments:
    """The moments of a period at a site; it is due when its due day is over there."""
    remind_on = max(period.starts_on, period.due_on - remind_days * _DAY)
    escalate_on = period.due_on + max(escalate_days, 1) * _DAY
    return Moments(
        _at(period.starts_on, zone), _at(period.ends_on, zone), _at(period.due_on + _DAY, zone),
        _at(remind_on, zone, _MORNING), _at(escalate_on, zone, _MORNING),
    )


def _at(day: date, zone: ZoneInfo, hour: time = time.min) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)


def standing(state: State, due_at: datetime, at: datetime) -> State:
    """What an obligation is at a moment: an open one whose time is over is missed, whether noted yet or not."""
    return "missed" if state == "open" and at >= due_at else state


def follow(state: State, by: By, code: str, *, made_up_for: bool = False) -> Step:
    """The move somebody makes from here. Raises `Conflict` for what is settled already."""
    for step in STEPS:
        if (step.before, step.by) == (state, by) and not made_up_for:
            return step
    if made_up_for:
        raise Conflict(f"{code} was missed and has been made up for already; it stays missed.")
    told = {"met": "is met already", "nothing_to_report": "is settled already: there was nothing to report"}
    raise Conflict(f"{code} {told.get(state, 'stays missed')}.")

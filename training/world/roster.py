"""Shifts and what they do to people: rotation, overtime, holidays, and the fatigue that follows."""

from dataclasses import dataclass

import numpy as np

from training.world.arrays import Flags, Floats, Ints
from training.world.calendar import DAY, Calendar
from training.world.people import Roll
from training.world.sector import Pattern, Sector

OFF, EARLY, LATE, NIGHT = 0, 1, 2, 3
_CYCLES: dict[Pattern, list[int]] = {
    "three": [EARLY] * 6 + [OFF] * 2 + [LATE] * 6 + [OFF] * 2 + [NIGHT] * 6 + [OFF] * 2,
    "twelve": [EARLY] * 4 + [OFF] * 2 + [NIGHT] * 4 + [OFF] * 2,
}
_HOURS: dict[Pattern, int] = {"day": 8, "three": 8, "twelve": 12}
_STARTS: dict[Pattern, dict[int, int]] = {
    "day": {OFF: 0, EARLY: 510, LATE: 510, NIGHT: 510},
    "three": {OFF: 0, EARLY: 420, LATE: 900, NIGHT: 1380},
    "twelve": {OFF: 0, EARLY: 480, LATE: 480, NIGHT: 1200},
}


@dataclass(frozen=True)
class Roster:
    """Per person and day: the kind of shift (`OFF` to `NIGHT`), its first and last minute, and fatigue.

    `fatigue` is a latent number of about 0 (rested) to 2.5: nights today and lately, long runs without a day off,
    overtime. Its parts follow the shape of shift-work risk indices (Folkard and Lombardi 2006: risk grows with
    successive nights, hours, and runs), not their values. `nights` counts night shifts in the last six days.
    """

    shift: Ints
    starts: Ints
    ends: Ints
    fatigue: Floats
    nights: Ints


def draw_roster(sector: Sector, roll: Roll, calendar: Calendar, rng: np.random.Generator) -> Roster:
    """Rotate teams, thin out holidays and absences, add overtime at month ends."""
    shift, length, begin = _planned(sector, roll, calendar, rng)
    quiet = _holidays(sector, calendar)
    people, days = shift.shape
    shift[:, quiet] *= rng.random((people, int(quiet.sum()))) < 0.2
    shift *= rng.random((people, days)) > 0.04
    for day in range(1, days):
        clash = (shift[:, day - 1] == NIGHT) & (shift[:, day] != NIGHT)
        shift[clash, day] = OFF
    busy = np.array([calendar.date(day).day >= 24 for day in range(days)])
    extra = np.where(rng.random((people, days)) < np.where(busy, 0.25, 0.07), rng.integers(1, 4, (people, days)), 0)
    extra = np.where((shift > OFF) & (length == 8), extra, 0)
    starts = np.arange(days) * DAY + begin
    fatigue, nights = _fatigue(shift, extra, length)
    return Roster(shift, starts, starts + (length + extra) * 60, fatigue, nights)


def _planned(
    sector: Sector, roll: Roll, calendar: Calendar, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints]:
    people, days = roll.post_on.shape
    shift = length = begin = np.zeros((people, days), np.int64)
    team = np.asarray(rng.integers(0, 4, people), np.int64)
    weekday = np.where(calendar.weekdays() < 5, EARLY, OFF)
    for number, post in enumerate(sector.posts):
        held = roll.post_on == number
        if post.pattern == "day":
            plan = np.broadcast_to(weekday, (people, days))
        else:
            cycle = np.array(_CYCLES[post.pattern])
            plan = cycle[(np.arange(days)[None, :] + team[:, None] * len(cycle) // 4) % len(cycle)]
        first = np.array([_STARTS[post.pattern][kind] for kind in range(4)])
        shift = np.where(held, plan, shift)
        length = np.where(held, _HOURS[post.pattern], length)
        begin = np.where(held, first[plan], begin)
    called = (rng.random((people, days)) < 0.12) & (shift == OFF) & (roll.post_on >= 0)
    return _called_in(shift, called), length, _called_in(begin, called)


def _called_in(plan: Ints, called: Flags) -> Ints:
    """Some work their first day off too, on the shift they come from (a long run); never one that follows a gap."""
    out = plan.copy()
    out[:, 1:] = np.where(called[:, 1:] & (plan[:, :-1] > 0), plan[:, :-1], plan[:, 1:])
    return out


def _holidays(sector: Sector, calendar: Calendar) -> Flags:
    quiet = np.zeros(calendar.days, bool)
    for first, length in sector.holidays:
        day = (first - calendar.start).days
        quiet[max(day, 0):max(day + length, 0)] = True
    return quiet


def _fatigue(shift: Ints, extra: Ints, length: Ints) -> tuple[Floats, Ints]:
    people, days = shift.shape
    run = np.zeros((people, days), np.int64)
    for day in range(days):
        before = run[:, day - 1] if day else 0
        run[:, day] = np.where(shift[:, day] > OFF, before + 1, 0)
    night = (shift == NIGHT).astype(np.int64)
    nights = _last(night, 6)
    hours = _last(np.where(shift > OFF, extra + np.maximum(length - 8, 0) * 0.25, 0), 7)
    fatigue = 0.45 * night + 0.14 * nights * night + 0.12 * np.maximum(run - 5, 0) + 0.05 * hours
    return fatigue, nights.astype(np.int64)


def _last(values: Floats | Ints, window: int) -> Floats:
    total = np.cumsum(np.pad(values.astype(np.float64), ((0, 0), (window, 0))), axis=1)
    return np.asarray(total[:, window:] - total[:, :-window], np.float64)

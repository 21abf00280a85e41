"""Time in the simulated site: whole minutes since its first midnight, written in the site's zone."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from training.world.arrays import Floats, Ints, Texts

DAY = 1440
NEVER = np.iinfo(np.int64).min
ZONE = "+08:00"


@dataclass(frozen=True)
class Calendar:
    """The period: its first day and its length in days."""

    start: date
    days: int

    @property
    def end(self) -> int:
        """The minute at which the period is over."""
        return self.days * DAY

    def stamp(self, minutes: Ints) -> Texts:
        """Minutes as ISO 8601 in the site's zone; empty where `NEVER`."""
        known = np.where(minutes == NEVER, 0, minutes)
        moments = np.datetime64(self.start, "s") + (known * 60).astype("timedelta64[s]")
        texts = np.datetime_as_string(moments, unit="s").astype(object) + ZONE
        return np.where(minutes == NEVER, "", texts)

    def day(self, days: Ints) -> Texts:
        """Whole days as bare ISO dates; empty where `NEVER`."""
        known = np.where(days == NEVER, 0, days)
        dates = np.datetime64(self.start, "D") + known.astype("timedelta64[D]")
        return np.where(days == NEVER, "", np.datetime_as_string(dates, unit="D").astype(object))

    def date(self, day: int) -> date:
        """The date of one day of the period."""
        return self.start + timedelta(days=int(day))

    def weekdays(self) -> Ints:
        """Monday 0 to Sunday 6, for each day."""
        return (np.arange(self.days) + self.start.weekday()) % 7

    def month_ends(self) -> list[int]:
        """The day numbers at which a calendar month begins, and the end of the period."""
        firsts = [day for day in range(1, self.days) if self.date(day).day == 1]
        return [*firsts, self.days]


def later(rng: np.random.Generator, size: int, median_hours: float = 3.0) -> Ints:
    """Minutes between an event and the moment it could be known: log-normal hours, three in a hundred take weeks."""
    hours: Floats = rng.lognormal(np.log(median_hours), 1.2, size)
    slow = rng.random(size) < 0.03
    hours = np.where(slow, hours + rng.gamma(2.0, 80.0, size), hours)
    return np.maximum(1, (hours * 60).astype(np.int64))

"""What world to simulate, and what comes out of it."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

import pandas as pd

SMALLEST_STAFF = 40
SHORTEST_MONTHS = 3


@dataclass(frozen=True)
class WorldSpec:
    """One world: the same spec gives the same world, byte for byte.

    `staff` is the headcount held through the period (leavers are replaced), `months` its length, and `until` the
    first day that is no longer in it: nothing known on or after `until` is in the import folder.
    Raises `ValueError` for a world too small to hold every kind of record.
    """

    sector: str = "factory"
    staff: int = 300
    months: int = 18
    seed: int = 1
    until: date = date(2026, 11, 1)

    def __post_init__(self) -> None:
        if self.staff < SMALLEST_STAFF or self.months < SHORTEST_MONTHS:
            raise ValueError(f"a world needs at least {SMALLEST_STAFF} staff and {SHORTEST_MONTHS} months")

    @property
    def start(self) -> date:
        """The first day of the period: `months` calendar months before `until`."""
        months = self.until.year * 12 + self.until.month - 1 - self.months
        year, month = divmod(months, 12)
        return date(year, month + 1, min(self.until.day, monthrange(year, month + 1)[1]))

    @property
    def days(self) -> int:
        """Length of the period in days."""
        return (self.until - self.start).days


@dataclass(frozen=True)
class World:
    """A simulated site.

    `tables` are in the folder format: every value is text, empty where there is none. `truth` is what no site
    would know (true failure chances, causes, mastery, missed failures); nothing ever imports it.
    """

    spec: WorldSpec
    tables: dict[str, pd.DataFrame]
    truth: dict[str, pd.DataFrame]

"""How long something counts: for ever, a duration, until a fixed date, or until a window of next year closes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Window:
    """A yearly window, from a day to a day (month, day): what is done in it counts until the next one closes."""

    opens: tuple[int, int]
    closes: tuple[int, int]

    def ends(self, day: date) -> date:
        """The last day on which something done on `day` counts."""
        closing = _in_year(self.closes, day.year)
        if day > closing:
            closing = _in_year(self.closes, day.year + 1)
        opening = _in_year(self.opens, closing.year if self.opens <= self.closes else closing.year - 1)
        return _in_year(self.closes, closing.year + 1) if day >= opening else closing


def _in_year(day: tuple[int, int], year: int) -> date:
    return date(year, *day) if day != (2, 29) else date(year, 3, 1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Validity:
    """What ends validity, whichever comes first; nothing: never. Days end with their last moment in the site's zone."""

    days: int | None = None
    until: date | None = None
    window: Window | None = None
    zone: tzinfo | None = None

    def ends(self, begun: datetime | None) -> datetime | None:
        """When something that began then no longer counts; None: never."""
        ends = [] if self.days is None or begun is None else [begun + timedelta(days=self.days)]
        if self.until is not None:
            ends.append(self._after(self.until))
        if self.window is not None and begun is not None:
            ends.append(self._after(self.window.ends(begun.astimezone(self.zone).date())))
        return min(ends, default=None)

    def _after(self, day: date) -> datetime:
        return datetime.combine(day + timedelta(days=1), time(), self.zone)


def parse(days: int | None, attributes: dict[str, object], zone: tzinfo) -> Validity:
    """The validity of a requirement: its days, and the site attributes `valid_until` and `valid_window`.

    Both are checked when they are written. One that cannot be read all the same makes nothing count, because a gate
    has to answer, and missing data means no.
    """
    until, window = attributes.get("valid_until"), attributes.get("valid_window")
    try:
        return Validity(days, _day(str(until)) if until else None, _window(str(window)) if window else None, zone)
    except ValueError:
        return Validity(days, _LONG_PAST, None, zone)


_LONG_PAST = date(1900, 1, 1)


def wrong_with_day(said: str) -> str | None:
    """Why a text is no fixed day until which something counts."""
    return None if _is_read(_day, said) else "is no day; write it as 2026-12-31"


def wrong_with_window(said: str) -> str | None:
    """Why a text is no yearly window in which something is renewed."""
    wrong = "is no yearly window; write the days on which it opens and closes, as 01-01/03-31"
    return None if _is_read(_window, said) else wrong


def _is_read(read: Callable[[str], object], said: str) -> bool:
    try:
        read(said)
    except ValueError:
        return False
    return True


def _day(said: str) -> date:
    return datetime.fromisoformat(said.strip()).date()


def _window(said: str) -> Window:
    opens, closes = (date.fromisoformat(f"2024-{part.strip()}") for part in said.split("/"))
    return Window((opens.month, opens.day), (closes.month, closes.day))

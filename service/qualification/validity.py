"""How long something counts: for ever, a duration, until a fixed date, or until a window of next year closes."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from service.errors import Invalid, Violation


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


def parse(days: int | None, attributes: dict[str, object], zone: tzinfo, where: str) -> Validity:
    """The validity of a requirement: its days, and the site attributes `valid_until` and `valid_window`.

    `2026-12-31`; `01-01/03-31`. Raises `Invalid` where an attribute is no such date or window.
    """
    until, window = attributes.get("valid_until"), attributes.get("valid_window")
    try:
        fixed = date.fromisoformat(str(until)[:10]) if until else None
        yearly = _window(str(window)) if window else None
    except ValueError as error:
        wrong = [("attr_valid_until", until), ("attr_valid_window", window)]
        raise Invalid([
            Violation("requirements", None, name, f"{value} of {where}", "write 2026-12-31, or a window as 01-01/03-31")
            for name, value in wrong if value
        ]) from error
    return Validity(days, fixed, yearly, zone)


def _window(said: str) -> Window:
    opens, closes = (date.fromisoformat(f"2024-{part.strip()}") for part in said.split("/"))
    return Window((opens.month, opens.day), (closes.month, closes.day))

"""ISO 8601 text becomes days and moments, in Arrow's own code."""

import re
from calendar import isleap
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from service.records.wiretypes import FIRST_YEAR, LAST_YEAR

#: text -> its value or null, and whether it is wrong (both null where the text is)
Converted = tuple[pa.Array, pa.Array]

# A day beyond each end, because the first moment of 1900 lies in 1899 in UTC, which is how an export writes it.
_YEAR = r"(?:19[0-9][0-9]|2[01][0-9][0-9]|2200)"
_MONTH_DAY = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|[12][0-9]))"
)
_DAY = rf"(?:{_YEAR}-{_MONTH_DAY}|1899-12-31|2201-01-01)"
_CLOCK = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_OFFSET = r"(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"

_ONLY_DAY = rf"^{_DAY}$"
_DAY_OR_MOMENT = rf"^{_DAY}(?:{_CLOCK}{_OFFSET}?)?$"
_HAS_OFFSET = r":.*(?:Z|[+-])"
_MICROSECONDS = pa.timestamp("us", "UTC")


def to_days(text: pa.Array) -> Converted:
    """Bare ISO dates."""
    wrong = _not_like(text, _ONLY_DAY)
    return pc.cast(pc.if_else(wrong, None, text), pa.date32()), wrong


def to_moments(text: pa.Array, zone: str) -> Converted:
    """ISO dates and times; what has no offset is in `zone`, and of an hour that comes twice the first is meant.

    A bare date is the first moment of that day.
    """
    wrong = _not_like(text, _DAY_OR_MOMENT)
    fine = _without_nanoseconds(pc.if_else(wrong, None, text))
    offset = pc.match_substring_regex(fine, _HAS_OFFSET)
    absolute = pc.cast(pc.if_else(offset, fine, None), _MICROSECONDS)
    local = pc.cast(pc.if_else(offset, None, fine), pa.timestamp("us"))
    placed = pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="latest")
    skipped = pc.and_(pc.not_equal(pc.local_timestamp(placed), local), pc.match_substring(fine, ":"))
    skipped = pc.fill_null(skipped, False)
    value = pc.coalesce(absolute, pc.cast(placed, _MICROSECONDS))
    return pc.if_else(skipped, None, value), pc.or_(wrong, skipped)


def _not_like(text: pa.Array, pattern: str) -> pa.Array:
    """Which texts do not have the form, or name a 29 February that was not."""
    wrong = pc.invert(pc.match_substring_regex(text, pattern))
    leap_days = pc.and_not(pc.match_substring(text, "-02-29"), wrong)
    if not pc.any(leap_days).as_py():
        return wrong
    amiss = [day is not None and not isleap(int(day[:4])) for day in pc.if_else(leap_days, text, None).to_pylist()]
    return pc.or_(wrong, pa.array(amiss))


def _without_nanoseconds(text: pa.Array) -> pa.Array:
    long = r"(\.[0-9]{6})[0-9]+"
    if not pc.any(pc.match_substring_regex(text, long)).as_py():
        return text
    return pc.replace_substring_regex(text, long, r"\1")


def explain_day(text: str) -> str:
    """Why a text is no day."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:.*", text):
        return "must be a day without a time, such as 2024-05-01"
    return _explain(text, "is not an ISO 8601 date such as 2024-05-01")


def explain_moment(text: str, zone: str) -> str:
    """Why a text is no moment."""
    if re.match(_DAY_OR_MOMENT, text) and _exists(text):
        return f"does not exist in {zone}, where the clocks skipped it; add an offset such as Z or +08:00"
    return _explain(text, "is not an ISO 8601 date or time such as 2024-05-01 or 2024-05-01T08:30:00+08:00")


def _explain(text: str, otherwise: str) -> str:
    shape = re.fullmatch(r"(\d{4})-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?", text)
    if not shape:
        return otherwise
    if not FIRST_YEAR <= int(shape[1]) <= LAST_YEAR:
        return f"is too far away; the year must lie between {FIRST_YEAR} and {LAST_YEAR}"
    return otherwise if _exists(text) else "is no day and time there ever was; correct it"


def _exists(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True

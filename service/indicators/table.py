"""Values as CSV."""

import csv
import io
from collections.abc import Iterable

from service.indicators.schemas import Value

#: a spreadsheet takes what begins so for a formula
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(values: Iterable[Value]) -> str:
    """Values as a table with a header; no cell of it is a formula."""
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(Value.model_fields)
    for each in values:
        lines.writerow([_cell(value) for value in each.model_dump().values()])
    return written.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

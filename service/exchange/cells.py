"""Typed cells (of a workbook or a Parquet file) become the text a person would have written into a CSV file.

What a program made of a code may be beyond repair: a number too long for a spreadsheet, a code taken for a date. Such
cells are asked about, never guessed.
"""

from datetime import date, datetime, time
from decimal import Decimal

from service.records.folder import FolderColumn, Kind

#: beyond it a spreadsheet's numbers lose digits
EXACT = 1e15

ASK_NUMBER = "arrived as a number that may have lost digits; format the column as text and write it again"
ASK_DATE = "was taken for a date; format the column as text and write it again"


class Unclear(ValueError):
    """A cell whose meaning was lost; says what to do."""


def is_text(wire: FolderColumn | None) -> bool:
    """Whether a column holds only text, which a program may have mistaken for something else."""
    return wire is not None and wire.kind in {Kind.TEXT, Kind.LIST} and not wire.choices


def cell_text(cell: object, wire: FolderColumn | None) -> str | None:
    """One cell as text; `wire` is None for a site attribute. Raises `Unclear`."""
    match cell:
        case None | "":
            return None
        case str():
            return cell
        case bool():
            return str(cell).lower()
        case int() | float() | Decimal():
            return _number(cell, wire)
        case date():  # datetimes too
            return _date(cell, wire)
    return str(cell)


def _number(cell: int | float | Decimal, wire: FolderColumn | None) -> str:
    whole = cell == cell // 1
    if is_text(wire) and isinstance(cell, float) and (not whole or abs(cell) >= EXACT):
        raise Unclear(ASK_NUMBER)
    return plain(str(int(cell)) if whole else str(cell))


def plain(number: str) -> str:
    """A finite number's digits without an exponent; anything else as it is."""
    return format(Decimal(number), "f") if "e" in number.lower() else number


def _date(cell: date, wire: FolderColumn | None) -> str:
    if is_text(wire):
        raise Unclear(ASK_DATE)
    if isinstance(cell, datetime) and cell.tzinfo is None and cell.time() == time():
        cell = cell.date()
    return cell.isoformat()

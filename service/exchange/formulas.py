"""Cells of a workbook without a value of their own: formulas and Excel's errors, which python-calamine hides."""

import re
from collections.abc import Iterator
from posixpath import join, normpath
from typing import IO
from xml.etree import ElementTree as ET
from zipfile import ZipFile

_CHUNK = 4 * 2**20
#: a cell begins well within so many bytes of what is found in it
_OVERLAP = 2**16

_FOUND = re.compile(rb"""<(?:\w+:)?f(?=[\s/>])|<(?:\w+:)?c\s[^>]*?\bt=["']e["'][^>]*>""")
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]+[0-9]+)["']""")


def sheet_files(book: ZipFile) -> dict[str, str]:
    """Where a workbook keeps each of its sheets.

    Raises KeyError or ElementTree's ParseError for what is no workbook.
    """
    relations = ET.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {relation.get("Id"): str(relation.get("Target")) for relation in relations}
    return {
        str(sheet.get("name")): normpath(join("/xl", targets[_relation(sheet)])).lstrip("/")
        for sheet in ET.fromstring(book.read("xl/workbook.xml")).iter()  # noqa: S314
        if sheet.tag.endswith("}sheet")
    }


def _relation(sheet: "ET.Element[str]") -> str | None:
    return next((value for name, value in sheet.items() if name.endswith("}id")), None)


def valueless_cells(sheet: IO[bytes]) -> Iterator[tuple[str, str]]:
    """The cells (such as B3) of a sheet's XML that hold a formula or an error, and which of the two."""
    seen, last = b"", ""
    while chunk := sheet.read(_CHUNK):
        text = seen + chunk
        for found in _FOUND.finditer(text):
            place = _cell_at(text, found.end())
            if found.end() > len(seen) and place != last:  # else it was found with the chunk before
                yield place, "an Excel error" if found[0].endswith(b">") else "a formula"
                last = place
        seen = text[-_OVERLAP:]


def _cell_at(text: bytes, end: int) -> str:
    cells: list[bytes] = _CELL.findall(text, max(end - _OVERLAP, 0), end)
    return cells[-1].decode() if cells else "A1"

"""Excel workbooks: every sheet that is not empty is a table."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from service.exchange.cells import Unclear, cell_text
from service.exchange.formulas import sheet_files, valueless_cells
from service.exchange.headers import check_header, no_such_table
from service.exchange.layout import FOLDER
from service.exchange.problems import Problems
from service.exchange.sources import BATCH_ROWS, Batches, Source, numbered, refused
from service.records.checks import SHOWN
from service.records.folder import FolderTable
from service.settings import settings

Cells = Sequence[Any]

#: stands for a cell that is asked about, so that it is not called empty as well
_ASKED = "-"


def open_workbook(path: Path, problems: Callable[[str], Problems]) -> list[Source]:
    """The sheets of a workbook as sources; what is wrong with their names and headers goes to `problems` of each.

    Raises `Invalid` when it is no workbook.
    """
    try:
        with ZipFile(path) as book:
            _check_unpacked_size(path, book)
            files = sheet_files(book)
            opened = CalamineWorkbook.from_path(path)
            sheets = [opened.get_sheet_by_name(name) for name in _worksheets(opened)]
            filled = [sheet for sheet in sheets if sheet.start is not None or sheet.name in FOLDER]
            found = [_sheet(path, sheet, problems(f"{path.name}, sheet {sheet.name}")) for sheet in filled]
            for source in filter(None, found):
                _refuse_formulas(book, files[source.table.name], source, problems(source.name))
    except (BadZipFile, KeyError, ParseError, CalamineError, OSError) as error:
        raise refused(path.name, f"cannot be read as a workbook ({error}); save it as .xlsx") from error
    return [source for source in found if source]


def _worksheets(book: CalamineWorkbook) -> list[str]:
    return [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]


def _check_unpacked_size(path: Path, book: ZipFile) -> None:
    most = settings().max_import_bytes
    size = sum(entry.file_size for entry in book.infolist())
    if size > most:
        raise refused(path.name, f"holds {size:,} bytes, more than RETRACE_MAX_IMPORT_BYTES ({most:,}); split it")


def _sheet(path: Path, sheet: CalamineSheet, problems: Problems) -> Source | None:
    if sheet.name not in FOLDER:
        problems.add(None, None, None, no_such_table(sheet.name))
        return None
    table = FOLDER[sheet.name]
    header = tuple(cell_text(cell, None) or "" for cell in next(_rows(sheet), []))
    check_header(table, header, problems)
    return Source(table, problems.source, header, lambda found: _batches(sheet, table, header, found))


def _rows(sheet: CalamineSheet) -> Iterator[Cells]:
    """All rows from row 1 and column A."""
    if sheet.start is None:
        return
    above, left = sheet.start
    for _ in range(above):
        yield []
    for row in sheet.iter_rows():
        yield [""] * left + row if left else row


def _refuse_formulas(book: ZipFile, file: str, source: Source, problems: Problems) -> None:
    with book.open(file) as sheet:
        for place, what in islice(valueless_cells(sheet), SHOWN):
            letters, row = re.fullmatch("([A-Z]+)([0-9]+)", place).groups()  # type: ignore[union-attr]
            column = _column_number(letters)
            name = source.columns[column] if column < len(source.columns) else letters
            problems.add(int(row), name, None, f"cell {place} holds {what}; put its value there instead")


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _batches(sheet: CalamineSheet, table: FolderTable, header: tuple[str, ...], problems: Problems) -> Batches:
    rows = islice(_rows(sheet), 1, None)
    first = 2
    while chunk := list(islice(rows, BATCH_ROWS)):
        columns = [
            _column(cells, name, table, first, problems)
            for name, cells in zip(header, zip(*chunk, strict=True), strict=True)
        ]
        yield numbered(columns, header, np.arange(first, first + len(chunk)))
        first += len(chunk)


def _column(cells: Cells, name: str, table: FolderTable, first: int, problems: Problems) -> pa.Array:
    wire = table.get(name)
    texts: list[str | None] = []
    for row, cell in enumerate(cells, start=first):
        try:
            texts.append(cell_text(cell, wire))
        except Unclear as unclear:
            problems.add(row, name, cell, str(unclear))
            texts.append(_ASKED)
    return pa.array(texts, pa.string())

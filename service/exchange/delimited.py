"""CSV files, read strictly: in a known encoding, with rows as long as the header."""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from service.exchange.headers import check_header
from service.exchange.problems import Problems
from service.exchange.sources import Batches, Source, numbered, refused
from service.records.folder import FolderTable

_CHUNK = 8 * 2**20

#: what a file's first bytes say of its encoding
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def open_csv(path: Path, table: FolderTable, problems: Problems) -> Source:
    """A CSV file as a source; what is wrong with its header goes to `problems`.

    Raises `Invalid` when it is empty or cannot be read as text.
    """
    encoding = _encoding(path)
    header = _header(path, encoding)
    check_header(table, header, problems)
    return Source(table, path.name, header, lambda found: _batches(path, encoding, header, found))


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise refused(path.name, "is empty; its first row must name the columns")
    marked = [encoding for mark, encoding in _MARKS if start.startswith(mark)]
    for encoding in marked or ["utf-8", "gb18030"]:
        try:
            for text in _decoded(path, encoding):
                if "\0" in text:
                    raise refused(path.name, "holds a NUL byte, so it is no text; export it again as CSV UTF-8")
        except UnicodeDecodeError:
            continue
        return encoding
    raise refused(path.name, "is neither UTF-8 nor GB18030; save it as CSV UTF-8")


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _header(path: Path, encoding: str) -> tuple[str, ...]:
    with path.open(encoding=encoding, newline="") as file:
        try:
            return tuple(next(csv.reader(file), ()))
        except csv.Error as error:
            raise refused(path.name, f"its first row cannot be read as CSV ({error})") from error


def _batches(path: Path, encoding: str, header: tuple[str, ...], problems: Problems) -> Batches:
    unclosed = _unclosed_quote(path, encoding)
    if unclosed:
        problems.add(unclosed, None, None, 'a quotation mark is not closed; write " inside a value as ""')
        return
    ragged = _Ragged(problems, [1])
    rows = 1
    try:
        with _reader(path, encoding, len(header), ragged) as reader:
            for batch in reader:
                numbers = ragged.numbers(rows, batch.num_rows + (rows == 1))
                rows = int(numbers[-1]) + 1 if len(numbers) else rows
                first = 1 if numbers.size and numbers[0] == 1 else 0
                yield numbered([column[first:] for column in batch.columns], header, numbers[first:])
    except pa.ArrowInvalid as error:
        problems.add(None, None, None, f"cannot be read as CSV ({str(error).splitlines()[0]})")

"""CSV files, read strictly: in a known encoding, with rows as long as the header."""

import codecs
import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from service.exchange.headers import check_header
from service.exchange.problems import Problems
from service.exchange.sources import Batches, RowNumbers, Source, numbered, refused
from service.records.folder import FolderTable

_CHUNK = 8 * 2**20

#: what a file's first bytes say of its encoding
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class _Text:
    path: Path
    encoding: str
    #: whether every quotation mark has a second one
    quotes_paired: bool


def open_csv(path: Path, table: FolderTable, problems: Problems) -> Source:
    """A CSV file as a source; what is wrong with its header goes to `problems`.

    Raises `Invalid` when it is empty or cannot be read as text.
    """
    text = _recognised(path)
    header = _header(text)
    check_header(table, header, problems)
    return Source(table, path.name, header, lambda found: _batches(text, header, found))


def _recognised(path: Path) -> _Text:
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise refused(path.name, "is empty; its first row must name the columns")
    marked = [encoding for mark, encoding in _MARKS if start.startswith(mark)]
    for encoding in marked or ["utf-8", "gb18030"]:
        try:
            return _scanned(path, encoding)
        except UnicodeDecodeError:
            continue
    raise refused(path.name, "is neither UTF-8 nor GB18030; save it as CSV UTF-8")


def _scanned(path: Path, encoding: str) -> _Text:
    """Decode the whole file once, so that nothing is read of one that turns out wrong further down."""
    quotes = 0
    for text in _decoded(path, encoding):
        if "\0" in text:
            raise refused(path.name, "holds a NUL byte, so it is no text; save it as CSV UTF-8")
        quotes += text.count('"')
    return _Text(path, encoding, quotes % 2 == 0)


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _header(text: _Text) -> tuple[str, ...]:
    with text.path.open(encoding=text.encoding, newline="") as file:
        try:
            return tuple(next(csv.reader(file), ()))
        except csv.Error as error:
            raise refused(text.path.name, f"its first row cannot be read as CSV ({error})") from error


def _batches(text: _Text, header: tuple[str, ...], problems: Problems) -> Batches:
    if not text.quotes_paired:
        problems.add(_unclosed(text), None, None, 'a quotation mark is not closed; inside a value write it twice: ""')
        return
    rows = _Rows(problems)
    try:
        with _reader(text, len(header), rows) as reader:
            for batch in reader:
                numbers = rows.next(batch.num_rows)
                header_rows = 1 if 1 in numbers[:1] else 0
                columns = [column[header_rows:] for column in batch.columns]
                yield numbered(columns, header, numbers[header_rows:])
    except pa.ArrowInvalid as error:
        problems.add(None, None, None, f"cannot be read as CSV ({str(error).splitlines()[0]})")


def _unclosed(text: _Text) -> int:
    """The row in which the value begins that never ends, or the last."""
    rows = 0
    with text.path.open(encoding=text.encoding, newline="") as file, suppress(csv.Error):
        for _ in csv.reader(file, strict=True):
            rows += 1
    return rows + 1


def _reader(text: _Text, width: int, rows: "_Rows") -> pa.csv.CSVStreamingReader:
    names = [str(place) for place in range(width)]
    encoding = "utf8" if text.encoding.startswith("utf-8") else text.encoding
    return pa.csv.open_csv(
        text.path,
        # one thread, because only then Arrow tells the numbers of ragged rows
        pa.csv.ReadOptions(use_threads=False, block_size=_CHUNK, column_names=names, encoding=encoding),
        pa.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=rows.ragged),
        pa.csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True, check_utf8=False,
        ),
    )  # fmt: skip


@dataclass
class _Rows:
    """The numbers of the rows Arrow gives, which leaves out those of a wrong length."""

    problems: Problems
    left_out: list[int] = field(default_factory=list)
    _next: int = 1

    def ragged(self, row: pa.csv.InvalidRow) -> str:
        """Arrow's handler of a row that is not as long as the header."""
        self.left_out.append(row.number)
        problem = f"has {row.actual_columns} values where the first row names {row.expected_columns} columns"
        self.problems.add(row.number, None, row.text, problem)
        return "skip"

    def next(self, count: int) -> RowNumbers:
        """The numbers of the next `count` rows."""
        beyond = [number for number in self.left_out if number >= self._next]
        numbers = np.arange(self._next, self._next + count + len(beyond))
        numbers = numbers[~np.isin(numbers, beyond)][:count] if beyond else numbers
        if count:
            self._next = int(numbers[-1]) + 1
        return numbers

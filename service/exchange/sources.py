"""One table of a folder as it was found: its columns, and its rows as text."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from service.errors import Invalid, Violation
from service.exchange.problems import Problems
from service.records.folder import FolderTable, Kind
from service.records.staged import ROW

#: about how many rows are in memory at once
BATCH_ROWS = 65_536

Batches = Iterator[pa.RecordBatch]
RowNumbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Source:
    """A file or sheet. Its batches hold `row_number`, as a person counts the rows, and every column as text."""

    table: FolderTable
    #: what an error calls it
    name: str
    columns: tuple[str, ...]
    #: reads the rows; what is wrong with them goes to the given problems
    read: Callable[[Problems], Batches]


def numbered(columns: Sequence[pa.Array], names: Sequence[str], rows: RowNumbers) -> pa.RecordBatch:
    """A batch of text columns with their row numbers, without the rows that are wholly empty."""
    batch = pa.RecordBatch.from_arrays([pa.array(rows, pa.int64()), *columns], names=[ROW, *names])
    if not all(column.null_count for column in columns):
        return batch
    filled = columns[0].is_valid()
    for column in columns[1:]:
        filled = pc.or_(filled, column.is_valid())
    return batch.filter(filled)


def as_written(source: Source, error: Invalid) -> Invalid:
    """The error with values as the source writes them, which a person can look for: 2024-05-01, not that day in UTC."""
    rows = {violation.row for violation in error.violations if violation.row}
    texts: dict[int, dict[str, str]] = {}
    for batch in source.read(Problems(source.name)):
        wanted = batch.filter(pc.is_in(batch[ROW], pa.array(rows, pa.int64())))
        texts |= {row[ROW]: row for row in wanted.to_pylist()}
    return Invalid([_with_text(violation, source, texts) for violation in error.violations])


def _with_text(violation: Violation, source: Source, texts: dict[int, dict[str, str]]) -> Violation:
    wire = source.table.get(violation.column or "")
    if violation.row not in texts or wire is None or wire.kind is Kind.LIST:  # of a list one item is wrong
        return violation
    return replace(violation, value=texts[violation.row].get(wire.name))


def refused(source: str, problem: str) -> Invalid:
    """The error that a whole file or sheet cannot be read."""
    return Invalid([Violation(source, None, None, None, problem)])

"""One table of a folder as it was found: its columns, and its rows as text."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from service.errors import Invalid, Violation
from service.exchange.problems import Problems
from service.records.folder import FolderTable
from service.records.staged import ROW

#: about how many rows are in memory at once
BATCH_ROWS = 65_536

Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class Source:
    """A file or sheet. Its batches hold `row_number`, as a person counts the rows, and every column as text."""

    table: FolderTable
    #: what an error calls it
    name: str
    columns: tuple[str, ...]
    #: reads the rows, once; what is wrong with them as a table goes to the given problems
    read: Callable[[Problems], Batches]


def numbered(columns: list[pa.Array], names: tuple[str, ...], rows: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> (
    pa.RecordBatch
):
    """A batch of text columns and their row numbers, without the rows that are wholly empty."""
    batch = pa.RecordBatch.from_arrays([pa.array(rows), *columns], names=[ROW, *names])
    if all(column.null_count for column in columns):
        filled = columns[0].is_valid()
        for column in columns[1:]:
            filled = pc.or_(filled, column.is_valid())
        return batch.filter(filled)
    return batch


def refused(source: str, problem: str) -> Invalid:
    """The error that a whole file or sheet cannot be read."""
    return Invalid([Violation(source, None, None, None, problem)])

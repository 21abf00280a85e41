"""Parquet files, read as the text their typed columns would be in a CSV file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from service.exchange import cells
from service.exchange.headers import check_header
from service.exchange.problems import Problems
from service.exchange.sources import BATCH_ROWS, Batches, Source, numbered, refused
from service.records.folder import FolderColumn, FolderTable

#: the row labels that pandas may write beside a frame's columns
_PANDAS_INDEX = "__index_level_"


def open_parquet(path: Path, table: FolderTable, problems: Problems) -> Source:
    """A Parquet file as a source; what is wrong with its header goes to `problems`.

    Raises `Invalid` when it is no Parquet file.
    """
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise refused(path.name, f"cannot be read as Parquet ({str(error).splitlines()[0]})") from error
    names = tuple(name for name in schema.names if not name.startswith(_PANDAS_INDEX))
    check_header(table, names, problems)
    for name in set(names):
        kind = schema.types[schema.names.index(name)]
        if not _is_flat(kind):
            problems.add(None, name, str(kind), "is of a type that no table has; store it as text")
    return Source(table, path.name, names, lambda found: _batches(path, table, names, found))


def _is_flat(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    tests = (
        pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null, pa.types.is_boolean,
        pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_date, pa.types.is_timestamp,
    )  # fmt: skip
    return any(test(kind) for test in tests)


def _batches(path: Path, table: FolderTable, names: Sequence[str], problems: Problems) -> Batches:
    row = 2
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=names):
                rows = np.arange(row, row + batch.num_rows)
                row += batch.num_rows
                columns = [_text(batch[name], name, table, pa.array(rows), problems) for name in names]
                yield numbered(columns, names, rows)
    except (pa.ArrowException, OSError) as error:
        problems.add(None, None, None, f"cannot be read as Parquet ({str(error).splitlines()[0]})")


def _text(values: pa.Array, name: str, table: FolderTable, rows: pa.Array, problems: Problems) -> pa.Array:
    wire = table.get(name)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_floating(values.type):
        return _numbers(values, name, wire, rows, problems)
    if pa.types.is_date(values.type) or pa.types.is_timestamp(values.type):
        return _times(values, name, wire, rows, problems)
    text = pc.cast(values, pa.string())
    return pc.if_else(pc.equal(text, ""), None, text)


def _numbers(values: pa.Array, name: str, wire: FolderColumn | None, rows: pa.Array, problems: Problems) -> pa.Array:
    values = pc.cast(values, pa.float64())
    values = pc.if_else(pc.is_nan(values), None, values)
    text = pc.cast(values, pa.string())
    long = pc.match_substring(text, "e")
    if pc.any(long).as_py():
        text = pc.replace_with_mask(text, pc.fill_null(long, False), _plain(text.filter(long)))
    if cells.is_text(wire):
        unclear = pc.or_(pc.not_equal(values, pc.trunc(values)), pc.greater_equal(pc.abs(values), cells.EXACT))
        problems.add_where(pc.fill_null(unclear, False), rows, name, text, lambda _: cells.ASK_NUMBER)
    return text


def _plain(numbers: pa.Array) -> pa.Array:
    return pa.array([cells.plain(number) for number in numbers.to_pylist()], pa.string())


def _times(values: pa.Array, name: str, wire: FolderColumn | None, rows: pa.Array, problems: Problems) -> pa.Array:
    if cells.is_text(wire):
        problems.add_where(values.is_valid(), rows, name, pc.cast(values, pa.string()), lambda _: cells.ASK_DATE)
    if pa.types.is_date(values.type):
        return pc.cast(pc.cast(values, pa.date32()), pa.string())
    text = pc.cast(pc.cast(values, pa.timestamp("us", values.type.tz), safe=False), pa.string())
    return pc.replace_substring_regex(text, r" 00:00:00\.000000$", "")

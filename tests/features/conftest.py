"""Tiny histories for the feature tests: rows as dictionaries, times as days since 2024-01-01 (or None)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from features.block import Block
from features.cohort import KEYS
from features.history import TABLES, History

Rows = Sequence[Mapping[str, Any]]
START = pd.Timestamp("2024-01-01")


def schema_of(required: Mapping[str, Any], rows: Rows) -> ibis.Schema:
    """The contract's columns, and whatever attribute columns the rows bring."""
    offered = sorted({column for row in rows for column in row if column.startswith("attr_")})
    return ibis.schema({**required, **{c: "float64" if c.endswith("_num") else "string" for c in offered}})


def to_arrow(schema: ibis.Schema, rows: Rows) -> pa.Table:
    """Rows as Arrow; a number in a time column is a day, an event without `known_at` is known when it happens."""

    def value(row: Mapping[str, Any], column: str) -> Any:
        found = row.get(column)
        if found is None and column == "known_at":
            found = row.get("occurred_at")
        if schema[column].is_timestamp() and isinstance(found, int | float):
            return (START + pd.Timedelta(days=found)).round("s").to_pydatetime()
        return found

    for row in rows:
        assert set(row) <= set(schema), f"{set(row) - set(schema)} in no column of the contract"
    columns = {column: [value(row, column) for row in rows] for column in schema}
    return pa.table(columns, schema=schema.to_pyarrow())


def _table(required: Mapping[str, Any], rows: Rows) -> ibis.Table:
    return ibis.memtable(to_arrow(schema_of(required, rows), rows))


def _history(**tables: Rows) -> History:
    assert set(tables) <= set(TABLES)
    return History({name: _table(columns, tables.get(name, [])) for name, columns in TABLES.items()})


@pytest.fixture(scope="session")
def make_history() -> Callable[..., History]:
    """`make_history(work=[...], ...)`: a history with these rows and every other table empty."""
    return _history


@pytest.fixture(scope="session")
def make_table() -> Callable[..., ibis.Table]:
    """`make_table(as_of=[...], ...)`: a small table; columns named like times hold days."""

    def make(**columns: Sequence[Any]) -> ibis.Table:
        times = ("as_of", "until", "due_at", "known_by")
        schema = {name: "timestamp(6)" if name in times else "string" for name in columns}
        return _table(schema, [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)])

    return make


@pytest.fixture(scope="session")
def ask() -> Callable[..., dict[str, Any]]:
    """`ask(block, cohort_row, work=[...], ...)`: the block's features of one cohort row, None where missing."""

    def ask_block(block: Block, row: Mapping[str, Any], **tables: Rows) -> dict[str, Any]:
        required: dict[str, Any] = {"row_code": "string", "kind": "string"}
        for keys in KEYS.values():
            required |= {key: "timestamp(6)" if key in ("due_at", "as_of") else "string" for key in keys}
        cohort = _table(required, [{"row_code": "r", **row}])
        history = _history(**tables)
        answer = block.build(history, cohort).to_pyarrow().to_pylist()
        if not answer:
            return {}
        (found,) = answer
        assert set(block.columns) <= set(found)
        return {
            name: value if value is None or isinstance(value, str) else float(value)
            for name, value in found.items()
            if name in block.columns
        }

    return ask_block

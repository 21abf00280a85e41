"""The event tables where the records are: an expression over them becomes one statement of PostgreSQL's own.

ibis compiles over tables that it knows by name and columns only. Whoever asks binds the names: to the queries of
`views`, as parts of the statement, or to tables of the session's own. So a row's security, the scope and the
transaction are those of the session that asks.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import pyarrow as pa
import sqlglot
from sqlalchemy import Connection, CreateTableAs, MetaData, Select, column, select, text
from sqlalchemy import Table as Stored
from sqlglot import exp

from features.history import TABLES, History

Queries = Mapping[str, Select[Any]]


def named(table: str) -> str:
    """What an event table is called in a statement: no table of records bears such a name."""
    return f"event_{table}"


def unbound(queries: Queries) -> History:
    """The event tables with the columns that the queries have, bound to nothing."""
    return History({name: ibis.table(_schema(name, query), name=named(name)) for name, query in queries.items()})


def _schema(name: str, query: Select[Any]) -> dict[str, dt.DataType]:
    offered = [column for column in query.selected_columns.keys() if column.startswith("attr_")]
    return {**TABLES[name], **{column: dt.float64 if column.endswith("_num") else dt.string for column in offered}}


def statement(asked: ibis.Table, bound: Mapping[str, Select[Any]], few: Collection[str] = ()) -> Select[Any]:
    """The expression as a statement; `bound` holds the queries behind names, others are the session's own tables.

    `few`: names of tables that narrow everything down.
    """
    sql = str(ibis.to_sql(asked, dialect="postgres", pretty=False))
    sql = _looked_up(sql, few) if few else sql
    rows = text(sql.replace(":", "\\:")).columns(*(column(name) for name in asked.columns)).subquery("asked")
    return select(rows).add_cte(*(query.cte(name) for name, query in bound.items()))


def _looked_up(sql: str, few: Collection[str]) -> str:
    """The parts that nothing narrows down are not worked out once for all, so that where few rows are asked of them,
    those are looked up; but what adds up whole tables still is.
    """
    tree, narrow = sqlglot.parse_one(sql, read="postgres"), set(few)
    for part in tree.find_all(exp.CTE):
        if any(table.name in narrow for table in part.this.find_all(exp.Table)):
            narrow.add(part.alias)
        elif not any(part.this.find_all(exp.AggFunc, exp.Window, exp.Distinct)):
            part.set("materialized", False)
    return tree.sql(dialect="postgres")


def as_arrow(asked: ibis.Table, rows: Sequence[Any]) -> pa.Table:
    """The rows that the statement of an expression gave."""
    schema = asked.schema().to_pyarrow()
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table([pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)], schema=schema)


def keep(connection: Connection, name: str, query: Select[Any], indexed: Sequence[str] = ()) -> Stored:
    """A query's rows as a temporary table of the session, with statistics and indexes."""
    kept = CreateTableAs(query, name, temporary=True, metadata=MetaData())
    connection.execute(kept)
    for indexed_column in indexed:
        connection.execute(text(f'CREATE INDEX ON {name} ("{indexed_column}")'))
    connection.execute(text(f"ANALYZE {name}"))
    return kept.table

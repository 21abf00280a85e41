"""The event tables where the records are: an expression over them becomes one statement of PostgreSQL's own.

ibis compiles over tables that it knows by name and columns only. Whoever asks binds the names: to the queries of
`views`, as parts of the statement, or to tables of the session's own. So a row's security, the scope and the
transaction are those of the session that asks.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import psycopg
import pyarrow as pa
import sqlglot
from sqlalchemy import ClauseElement, Connection, CreateTableAs, MetaData, Select, column, select, text
from sqlalchemy import Table as Stored
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlglot import exp

from features.history import TABLES, History

Queries = Mapping[str, Select[Any]]


def named(table: str) -> str:
    """What an event table is called in a statement: no table of records bears such a name."""
    return f"event_{table}"


def unbound(queries: Queries) -> History:
    """The event tables with the columns that the queries have, bound to nothing."""
    return History({name: event_table(name, query) for name, query in queries.items()})


def event_table(name: str, query: Select[Any]) -> ibis.Table:
    """An event table with the columns that its query has, bound to nothing."""
    return ibis.table(_schema(name, query), name=named(name))


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


def driver(connection: Connection) -> Any:
    """The connection as psycopg knows it."""
    return connection.connection.driver_connection


class Planned:
    """A statement that a connection plans once: to plan it takes longer than to answer it.

    The one plan is for whatever it is given, so it must look things up that are few.
    """

    def __init__(self, connection: Connection, name: str, statement: ClauseElement | str) -> None:
        """`statement`: with parameters by name, or its text with parameters by number."""
        self._driver, self._name, self._given = driver(connection), name, dict[str, Any]()
        if not isinstance(statement, str):
            compiled = statement.compile(dialect=dialect(paramstyle="numeric_dollar"))  # type: ignore[no-untyped-call]
            self._given = {name: compiled.params[name] for name in compiled.positiontup or ()}  # type: ignore[attr-defined]
            statement = str(compiled)
        self._driver.execute(f"PREPARE {name} AS {statement}")

    def rows(self, *values: Any, **named: Any) -> list[Any]:
        """What it answers; nothing where it changes rows. `values` are its parameters in order, or they are `named`."""
        given = [*values, *(self._given | named).values()]
        places = ", ".join(["%s"] * len(given))
        cursor = psycopg.ClientCursor(self._driver).execute(f"EXECUTE {self._name} ({places})", given)
        return cursor.fetchall() if cursor.description else []


def as_arrow(schema: pa.Schema, rows: Sequence[Any]) -> pa.Table:
    """The rows that the statement of an expression with this schema gave."""
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

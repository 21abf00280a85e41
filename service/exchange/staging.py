"""Typed rows go into a temporary table, by COPY, to be merged from there."""

from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from psycopg import sql
from sqlalchemy import BigInteger, Column, FromClause, MetaData, Numeric, Table, Text, cast, select
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from service.exchange.parsing import Parser
from service.exchange.sources import Source
from service.records.folder import FolderTable
from service.records.staged import ROW, SQL_TYPES, Staged

_UNNAMED = pa.csv.WriteOptions(include_header=False)


class Stage:
    """The temporary table that takes the rows of one source."""

    def __init__(self, session: Session, source: Source) -> None:
        self._session = session
        self.source = source
        self._table = Table(
            f"given_{source.table.name}",
            MetaData(),
            Column(ROW, BigInteger),
            *(Column(name, _type(source.table, name)) for name in source.columns),
            prefixes=["TEMPORARY"],
            postgresql_on_commit="DROP",
        )
        self._table.create(session.connection())

    def take(self, rows: pa.RecordBatch) -> None:
        """Add typed rows."""
        lines = pa.BufferOutputStream()
        columns = [_with_plain_times(column) for column in rows.columns]
        pa.csv.write_csv(pa.RecordBatch.from_arrays(columns, rows.schema.names), lines, _UNNAMED)
        into = sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(sql.Identifier(self._table.name))
        with connection(self._session).cursor().copy(into) as copy:
            copy.write(lines.getvalue())

    def staged(self, parser: Parser) -> Staged:
        """The rows taken, ready to be merged."""
        analyse = sql.SQL("ANALYZE {}").format(sql.Identifier(self._table.name))
        connection(self._session).execute(analyse)
        wire = tuple(name for name in self.source.columns if name in self.source.table)
        return Staged(self.source.table, self._rows(parser), wire, parser.attributes, self.source.name)

    def _rows(self, parser: Parser) -> FromClause:
        """The table, its numeric attributes as numbers: that they are is known only once the last row was read."""
        if not parser.numeric:
            return self._table
        typed = [cast(at, Numeric).label(at.name) if at.name in parser.numeric else at for at in self._table.columns]
        return select(*typed).subquery(f"typed_{self.source.table.name}")

    def drop(self) -> None:
        """Let the rows go, once they are merged."""
        self._table.drop(self._session.connection())


def _with_plain_times(column: pa.Array) -> pa.Array:
    """Moments as text: Arrow's CSV writer takes twenty times as long for those with a zone."""
    if not pa.types.is_timestamp(column.type):
        return column
    return pc.binary_join_element_wise(pc.cast(pc.cast(column, pa.timestamp("us")), pa.string()), "Z", "")


def _type(table: FolderTable, name: str) -> TypeEngine[Any]:
    return SQL_TYPES[table[name].kind] if name in table else Text()


def connection(session: Session) -> "psycopg.Connection[Any]":
    """psycopg's own connection under a session, inside the session's transaction."""
    driver = session.connection().connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("Retrace's database is PostgreSQL, by psycopg")
    return driver

"""Snapshots: the event tables copied out to Parquet, named by their content, reused while nothing changed."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine, Select, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from features.history import TABLES, History
from service.db.base import Base, FolderRow, Reference
from service.db.context import EVERYWHERE
from service.difficulties.tables import ReportProcess
from service.history.views import views
from service.inspections.tables import ReserveDraw
from service.records.tables import AttributeKey
from service.settings import settings

#: a scoring or a training may still read the one before the last
KEPT = 3
#: what one sort or join of a whole table may take of memory
_SORTED = "256MB"


@dataclass(frozen=True)
class Snapshot:
    """A folder with one Parquet file per event table; `content` is the SHA-256 over all of them."""

    path: Path
    content: str


def _queries(session: Session) -> dict[str, Select[Any]]:
    return views(known_keys(session), settings().timezone)


def known_keys(session: Session | Connection) -> dict[str, list[str]]:
    """The site attributes known of each table, in the order they first came."""
    found = session.execute(select(AttributeKey.table, AttributeKey.key).order_by(AttributeKey.id))
    keys: dict[str, list[str]] = {}
    for table, key in found:
        keys.setdefault(table, []).append(key)
    return keys


def snapshot(engine: Engine, home: Path) -> Snapshot:
    """The event tables as they stand, below `home`/snapshots; the same folder as before while nothing changed."""
    folder = home / "snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    with Session(engine) as session:
        queries = _queries(session)
        state = folder / f"state-{_state(session, queries)}"
    if state.exists():
        content = state.read_text()
        if (folder / content).is_dir():
            return Snapshot(folder / content, content)
    content = _copy_out(engine, queries, folder)
    state.write_text(content)
    _forget_all_but_the_newest(folder)
    return Snapshot(folder / content, content)


def _forget_all_but_the_newest(folder: Path) -> None:
    """Snapshots are copies of personal records: keep no more than are in use."""
    states = sorted(folder.glob("state-*"), key=lambda state: state.stat().st_mtime, reverse=True)
    kept = {state.read_text() for state in states[:KEPT]}
    for state in states[KEPT:]:
        if (content := state.read_text()) not in kept:
            shutil.rmtree(folder / content, ignore_errors=True)
        state.unlink()


def load(path: Path) -> History:
    """A snapshot as a history on DuckDB."""
    backend = ibis.duckdb.connect()
    tables = {name: backend.read_parquet(path / f"{name}.parquet", table_name=name) for name in TABLES}
    return History(tables, path.name)


def _state(session: Session, queries: dict[str, Select[Any]]) -> str:
    """A cheap name for what the records hold: counts, last ids and last changes of all tables, and the queries."""
    told = hashlib.sha256("\n".join(sql(query) for query in queries.values()).encode())
    for mapper in Base.registry.mappers:
        row = mapper.class_
        if issubclass(row, (FolderRow, ReportProcess, ReserveDraw)):
            changed = func.max(row.updated_at) if issubclass(row, Reference) else func.max(row.id)
            told.update(repr(session.execute(select(func.count(), func.max(row.id), changed)).one()).encode())
    return told.hexdigest()[:32]


def sql(query: Select[Any]) -> str:
    """A query as text that needs no parameters."""
    # "named", because the default style doubles every % for a driver that is not asked here
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    return str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _copy_out(engine: Engine, queries: dict[str, Select[Any]], folder: Path) -> str:
    building = Path(tempfile.mkdtemp(prefix="building-", dir=folder))
    try:
        told = hashlib.sha256()
        with _reader(engine) as cursor:
            for name, query in sorted(queries.items()):
                file = building / f"{name}.parquet"
                pq.write_table(_read(cursor, query), file)
                told.update(name.encode() + hashlib.sha256(file.read_bytes()).digest())
        content = told.hexdigest()
        if not (folder / content).is_dir():
            building.rename(folder / content)
        return content
    finally:
        shutil.rmtree(building, ignore_errors=True)


@contextmanager
def _reader(engine: Engine) -> Iterator[Any]:
    """One consistent view of all tables, read as Arrow."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with adbc.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(f"SET LOCAL retrace.scope = '{EVERYWHERE}'")
        # Whole tables are read. Row security makes the planner expect few rows, and loops over those took minutes.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(f"SET LOCAL work_mem = '{_SORTED}'")
        yield cursor


def _read(cursor: Any, query: Select[Any]) -> pa.Table:
    """A query's rows, in an order that depends on them alone."""
    rows = query.subquery()
    cursor.execute(sql(select(rows).order_by(*rows.c)))
    return cursor.fetch_arrow_table()



"""Every record leaves as a folder of CSV files, which can be imported again."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from psycopg import sql
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service.errors import Conflict, RetraceError
from service.exchange.layout import FOLDER
from service.exchange.staging import connection
from service.exchange.wire import rows_of
from service.records.folder import FolderTable


@dataclass(frozen=True)
class Exported:
    """How many rows of each table were written, and how long it took."""

    tables: Mapping[str, int]
    seconds: float


def export_folder(session: Session, folder: Path, *, progress: Callable[[str], None]) -> Exported:
    """Write every table that has rows as `NAME.csv` into a new folder, or an empty one; all of them, or nothing.

    The files agree with each other if the session's transaction is of isolation level REPEATABLE READ.

    Raises `Conflict` when the folder is not empty, and `RetraceError` when it cannot be written.
    """
    started = time.monotonic()
    try:
        with complete(folder) as draft:
            rows = {name: _write(session, name, draft, progress) for name in FOLDER if _any_rows(session, name)}
    except OSError as error:
        raise RetraceError(f"The folder {folder} cannot be written ({error.strerror}); choose another") from error
    return Exported(rows, time.monotonic() - started)


@contextmanager
def complete(folder: Path) -> Iterator[Path]:
    """A draft beside the folder that takes its place in the end. Raises `Conflict` for one that is not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is not an empty folder; choose another, or empty it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # private to its user, and stays so: it holds personal data
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield draft
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _any_rows(session: Session, name: str) -> bool:
    return bool(session.scalar(select(select(FOLDER[name].table.c.id).exists())))


def _write(session: Session, name: str, folder: Path, progress: Callable[[str], None]) -> int:
    with (folder / f"{name}.csv").open("wb") as file:
        rows = write_table(session, FOLDER[name], file)
    progress(f"{name}.csv: {rows:,} rows written")
    return rows


def write_table(session: Session, table: FolderTable, file: IO[bytes]) -> int:
    """Write every row of a table, all revisions included, as CSV; how many there were."""
    return write_rows(session, rows_of(session, table), file)


def write_rows(session: Session, rows: Select[Any], file: IO[bytes]) -> int:
    """Write what a query finds as CSV; how many rows there were."""
    copied = _copy_out(session, rows)
    cursor = connection(session).cursor()
    with cursor.copy(*copied) as copy:
        for lines in copy:
            file.write(lines)
    return cursor.rowcount


def _copy_out(session: Session, rows: Select[Any]) -> tuple[sql.Composed, dict[str, Any]]:
    """COPY of a select, and the select's parameters."""
    compiled = rows.compile(session.connection())
    query = sql.SQL(str(compiled))
    return sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(query), dict(compiled.params)

"""The models' part: MLflow's folder in the home, which no database of ours holds."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

_DATABASE = "mlflow.db"
#: beside the database: SQLite's own, of no use elsewhere; and what MLflow's pages said
_LEFT = ("mlflow.db", "mlflow.db-wal", "mlflow.db-shm", "mlflow.db-journal", "server.log")


def copy(home: Path, target: Path) -> None:
    """Copy the folder, its database as of one moment; nothing where there is none."""
    source = home / "mlflow"
    if not (source / _DATABASE).exists():
        return
    target.mkdir()
    with closing(sqlite3.connect(source / _DATABASE)) as live, closing(sqlite3.connect(target / _DATABASE)) as copied:
        live.backup(copied)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_LEFT), dirs_exist_ok=True)


def relocate(folder: Path, before: Path, after: Path) -> None:
    """Let a copied database name its files where they will be: MLflow keeps whole addresses."""
    if before == after or not (folder / _DATABASE).exists():
        return
    old, new = ((home / "mlflow").as_uri() for home in (before, after))
    with closing(sqlite3.connect(folder / _DATABASE)) as database, database:
        for table, column in _texts(database):
            database.execute(
                f'UPDATE "{table}" SET "{column}" = ? || substr("{column}", ?)'  # noqa: S608 - names it gave itself
                f' WHERE substr("{column}", 1, ?) = ?', (new, len(old) + 1, len(old), old),
            )


def _texts(database: sqlite3.Connection) -> list[tuple[str, str]]:
    """Every table and column that may hold an address."""
    return database.execute(
        "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table' "
        "AND m.name NOT LIKE 'sqlite_%' AND (c.type LIKE '%CHAR%' OR c.type LIKE '%TEXT%')"
    ).fetchall()


def replace(home: Path, folder: Path) -> None:
    """Put the folder in the place of the home's own; without one the home has no models."""
    place, aside = home / "mlflow", home / "mlflow.replaced"
    shutil.rmtree(aside, ignore_errors=True)
    if place.exists():
        place.rename(aside)
    if folder.exists():
        shutil.move(folder, place)
    shutil.rmtree(aside, ignore_errors=True)

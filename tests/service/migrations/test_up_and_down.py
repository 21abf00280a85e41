"""Every revision goes down and up again with data in it; what a table of the first revision holds stays as it was."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, create_engine, inspect, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from service.db.base import Base
from service.db.postgres import ensure_running
from service.migrations import config, revisions, upgrade
from tests.service.console import site

Rows = dict[str, list[dict[str, Any]]]

SEARCH = {
    "connect_args": {"options": "-c timezone=UTC -c search_path=public,jobs -c retrace.scope=*"}, "poolclass": NullPool
}


@pytest.fixture(scope="module")
def engines() -> Iterator[tuple[Engine, Engine]]:
    """The owner and the serving role of a database that only these tests change."""
    folder = Path(tempfile.mkdtemp(prefix="retrace-migrations-"))
    folder.chmod(0o711)  # as root, the server runs as another user
    server = ensure_running(folder / "home")
    yield create_engine(server.owner_url, **SEARCH), create_engine(server.app_url, **SEARCH)
    shutil.rmtree(folder, ignore_errors=True)


def _rows(owner: Engine) -> Rows:
    """Every row of every table there is now, as the database tells it."""
    found = MetaData()
    with owner.connect() as connection:
        found.reflect(connection, schema="public")
        return {
            table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
            for table in found.tables.values() if table.name != "alembic_version"
        }


def _only(rows: Rows, kept: Rows) -> Rows:
    """Of `rows`, the tables and columns that `kept` has; in the order of their ids."""
    names = {table: set(lines[0]) if lines else set() for table, lines in kept.items()}
    return {
        table: sorted(({name: line[name] for name in names[table]} for line in rows[table]), key=lambda row: row["id"])
        for table in kept
    }


def test_every_revision_goes_down_and_up_with_data(engines: tuple[Engine, Engine]) -> None:
    owner, app = engines
    upgrade(owner)
    with Session(app) as session, session.begin():
        site.found(session)
    whole = _rows(owner)
    assert sum(map(len, whole.values())) > 50
    newest, *older = revisions(owner)
    for revision in older:
        command.downgrade(config(owner), revision)
        left = _rows(owner)
        assert _only(whole, left) == _only(left, left), f"going down to {revision} changed what its tables hold"
    for revision in reversed([newest, *older[:-1]]):
        upgrade(owner, revision)
        assert _only(_rows(owner), left) == _only(left, left), f"going up to {revision} changed what was there"
    assert _serves(app)
    assert _differences(owner) == []


def _serves(app: Engine) -> bool:
    """Whether the serving role has back what it may do."""
    with Session(app) as session:
        session.execute(text("UPDATE departments SET name = name"))
        return bool(session.scalar(text("SELECT count(*) FROM employees")))


def _differences(owner: Engine) -> list[Any]:
    """What the schema has that the code does not declare, and the reverse."""
    with owner.connect() as connection:
        ours = {"include_schemas": True, "include_name": _is_ours}
        return list(compare_metadata(MigrationContext.configure(connection, opts=ours), Base.metadata))


def _is_ours(name: str | None, kind: str, parents: Any) -> bool:
    """What the code declares; the schemas of jobs and scopes hold none of it."""
    if kind == "schema":
        return name in {None, "audit"}
    return not (kind == "table" and str(name).startswith("procrastinate_"))


def test_nothing_is_left_of_a_schema_taken_down(engines: tuple[Engine, Engine]) -> None:
    owner, _ = engines
    upgrade(owner)
    command.downgrade(config(owner), "base")
    told = inspect(owner)
    assert told.get_table_names(schema="public") == ["alembic_version"]
    assert set(told.get_schema_names()) == {"information_schema", "public"}
    upgrade(owner)
    assert _differences(owner) == []

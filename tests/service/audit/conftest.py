"""A database of its own for what commits, seals or tampers: one per module, with its owner's and its server's door."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from service.db.postgres import ensure_running
from service.migrations import upgrade

OPTIONS = "-c timezone=UTC -c search_path=public,jobs -c retrace.scope=*"


@dataclass(frozen=True)
class Database:
    """The same database as each role sees it."""

    app: Engine
    owner: Engine


@pytest.fixture(scope="module")
def own() -> Iterator[Database]:
    """A migrated database that the other tests do not see."""
    folder = Path(tempfile.mkdtemp(prefix="retrace-audit-"))
    folder.chmod(0o711)  # as root, the server runs as another user
    server = ensure_running(folder / "home")
    owner, app = (
        create_engine(url, connect_args={"options": OPTIONS}) for url in (server.owner_url, server.app_url)
    )
    upgrade(owner)
    yield Database(app, owner)
    app.dispose()
    owner.dispose()
    shutil.rmtree(folder, ignore_errors=True)

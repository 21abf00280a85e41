"""A database of its own for tests of what commits: seen as the role that owns it and as the one that serves."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, create_engine

from service.db.postgres import ensure_running
from service.migrations import upgrade

OPTIONS = "-c timezone=UTC -c search_path=public,jobs -c retrace.scope=*"


@dataclass(frozen=True)
class Database:
    """The same database as each role sees it."""

    app: Engine
    owner: Engine


@contextmanager
def migrated(prefix: str) -> Iterator[Database]:
    """A migrated database that the other tests do not see, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"retrace-{prefix}-"))
    folder.chmod(0o711)  # as root, the server runs as another user
    server = ensure_running(folder / "home")
    owner, app = (
        create_engine(url, connect_args={"options": OPTIONS}, pool_size=20, max_overflow=40)
        for url in (server.owner_url, server.app_url)
    )
    upgrade(owner)
    try:
        yield Database(app, owner)
    finally:
        app.dispose()
        owner.dispose()
        shutil.rmtree(folder, ignore_errors=True)

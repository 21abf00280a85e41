"""One real PostgreSQL for the whole run; each test in a transaction that is rolled back."""

import atexit
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session


@pytest.fixture(scope="session")
def home() -> Path:
    """The run's own RETRACE_HOME, removed after its server has stopped (exit handlers run last in, first out)."""
    folder = Path(tempfile.mkdtemp(prefix="retrace-tests-"))
    folder.chmod(0o711)  # as root, the server runs as another user
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["RETRACE_HOME"] = str(folder / "home")
    os.environ["RETRACE_INSPECTION_RESERVE"] = "0"  # a lot drawn now and then would change the order of lists
    return folder / "home"


@pytest.fixture(scope="session")
def engine(home: Path) -> Iterator[Engine]:
    """A migrated database, as the serving role sees it."""
    from service.app import connect
    from service.db.engine import app_engine, owner_engine
    from service.migrations import upgrade
    from service.settings import settings

    connect()
    settings.cache_clear()
    upgrade(owner_engine())
    made = app_engine()
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def application(engine: Engine) -> FastAPI:
    """The application, composed once: it takes half a second. A test that changes it puts it back."""
    from service.app import compose

    return compose(engine)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection whose transaction ends with the test."""
    with engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    """A session whose commits are savepoints inside the test's transaction."""
    with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
        yield session


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count what single tests tried many of: `record_property("cells of ...", number)`."""
    totals: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, count in report.user_properties:
            if isinstance(count, int):
                totals[name] += count
    for name, count in sorted(totals.items()):
        terminalreporter.write_line(f"{count:,} {name}")

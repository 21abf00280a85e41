"""One real PostgreSQL for the whole run; each test in a transaction that is rolled back."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run's own RETRACE_HOME."""
    made = tmp_path_factory.mktemp("home")
    os.environ["RETRACE_HOME"] = str(made)
    return made


@pytest.fixture(scope="session")
def engine(home: Path) -> Engine:
    """A migrated database, as the serving role sees it."""
    from service.db.engine import app_engine, owner_engine
    from service.migrations import upgrade
    from service.settings import settings

    settings.cache_clear()
    upgrade(owner_engine())
    return app_engine()


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

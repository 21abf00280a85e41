"""A database of the site's own, played by a second database in the run's cluster."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from service.db import engine as engines
from service.db import roles
from service.errors import Unavailable
from service.migrations import upgrade
from service.settings import settings


@pytest.fixture
def administrator(engine: Engine, home: Path) -> URL:
    passwords = json.loads((home / "postgres" / "passwords.json").read_text())
    return engine.url.set(username="postgres", password=passwords["postgres"])


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Iterator[Callable[[str], None]]:
    """Sets DATABASE_URL for one test; the run's own engine stays as it was."""
    fresh = cache(engines.app_engine.__wrapped__)
    monkeypatch.setattr(engines, "app_engine", fresh)

    def use(url: str) -> None:
        monkeypatch.setenv("DATABASE_URL", url)
        settings.cache_clear()

    yield use
    if fresh.cache_info().currsize:
        fresh().dispose()
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def server(administrator: URL) -> Engine:
    return create_engine(administrator, isolation_level="AUTOCOMMIT", poolclass=NullPool)


@pytest.fixture
def elsewhere(server: Engine, administrator: URL) -> Iterator[URL]:
    """An empty database with an administrator's login."""
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE elsewhere"))
    yield administrator.set(database="elsewhere", drivername="postgresql")
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE elsewhere WITH (FORCE)"))


def _written(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def test_a_database_of_ones_own_is_prepared_migrated_and_served_by_two_roles(
    elsewhere: URL, setting: Callable[[str], None]
) -> None:
    setting(_written(elsewhere))
    upgrade(engines.owner_engine())
    upgrade(engines.owner_engine())
    with engines.app_engine().connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == "retrace_app"
        assert connection.scalar(text("SELECT count(*) FROM departments")) == 0
        assert connection.scalar(text("SHOW timezone")) == "UTC"


def test_a_login_that_may_not_prepare_it_is_told_what_to_run(
    elsewhere: URL, server: Engine, setting: Callable[[str], None]
) -> None:
    with server.connect() as connection:
        connection.execute(text("CREATE ROLE visitor LOGIN PASSWORD 'visitor'"))
    try:
        setting(_written(elsewhere.set(username="visitor", password="visitor")))
        with pytest.raises(Unavailable, match=r'as an administrator run: GRANT "retrace_owner" TO "visitor"'):
            engines.owner_engine()
    finally:
        with server.connect() as connection:
            connection.execute(text("DROP ROLE visitor"))


def test_a_server_without_pgvector_is_told_so_and_nothing_is_changed(
    elsewhere: URL, setting: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles, "VECTORS", "an_extension_it_has_not")
    setting(_written(elsewhere))
    with pytest.raises(Unavailable, match="lacks the extension pgvector; install it there"):
        engines.owner_engine()


@pytest.mark.parametrize("url", ["postgresql://nobody:x@127.0.0.1:1/none", "postgresql://u:x@no.such.host.invalid/x"])
def test_an_unreachable_database_is_one_clear_line(url: str, setting: Callable[[str], None]) -> None:
    setting(url)
    with pytest.raises(Unavailable, match="check DATABASE_URL and that it runs") as caught:
        engines.app_engine()
    assert "\n" not in str(caught.value)
    assert ":x@" not in str(caught.value)


def test_nonsense_in_database_url_is_one_clear_line(setting: Callable[[str], None]) -> None:
    setting("not a url")
    with pytest.raises(Unavailable, match="DATABASE_URL is not of the form"):
        engines.app_engine()

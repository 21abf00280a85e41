"""The engines: one role migrates, one role serves."""

from collections.abc import Callable
from functools import cache

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import NullPool, Pool, QueuePool

from service.db.context import EVERYWHERE
from service.db.postgres import ensure_running
from service.db.roles import APP, OWNER, ensure_roles
from service.errors import Unavailable
from service.settings import Settings, settings


def owner_engine() -> Engine:
    """Connections that may change the schema: for migrations only."""
    url = _url(settings(), OWNER)
    if settings().database_url is not None:
        _reachable(url, OWNER, lambda: ensure_roles(url))
    return _engine(url, OWNER, NullPool)


@cache
def app_engine() -> Engine:
    """The connections the service works with. Raises `Unavailable` when the database cannot be reached."""
    return _engine(_url(settings(), APP), APP)


def serving_login() -> str | None:
    """The login by which servers and workers are connected."""
    return _url(settings(), APP).username


def probe_engine(url: URL) -> Engine:
    """Connections to ask how the database is: beside the pool, and given up after two seconds."""
    given = {"options": f"{_options(APP)} -c statement_timeout=2000", "connect_timeout": 2}
    return create_engine(url, connect_args=given, poolclass=NullPool)


def _url(given: Settings, role: str) -> URL:
    if given.database_url is None:
        server = ensure_running(given.home)
        return make_url(server.owner_url if role == OWNER else server.app_url)
    text = given.database_owner_url if role == OWNER and given.database_owner_url else given.database_url
    try:
        return make_url(text).set(drivername="postgresql+psycopg")
    except ArgumentError as error:
        raise Unavailable("DATABASE_URL is not of the form postgresql://USER:PASSWORD@HOST:PORT/NAME") from error


def _engine(url: URL, role: str, pool: type[Pool] = QueuePool) -> Engine:
    given = {"options": _options(role), "connect_timeout": 10}
    # parameters hold personal data, and an error's text reaches the log
    engine = create_engine(url, connect_args=given, pool_pre_ping=True, poolclass=pool, hide_parameters=True)
    _reachable(url, role, lambda: engine.connect().close())
    return engine


def _options(role: str) -> str:
    # compiling a query to machine code takes longer than any query of ours runs
    return f"-c role={role} -c timezone=UTC -c search_path=public,jobs -c jit=off -c retrace.scope={EVERYWHERE}"


def _reachable(url: URL, role: str, attempt: Callable[[], None]) -> None:
    """Try something with the database; raises `Unavailable` with the cause where it cannot be reached."""
    try:
        attempt()
    except OperationalError as error:
        cause = str(error.orig).strip().splitlines()[-1].strip()
        where = url.set(password=None).render_as_string()
        problem = f"The database at {where} does not let {role} in ({cause}); check DATABASE_URL and that it runs."
        raise Unavailable(problem) from error

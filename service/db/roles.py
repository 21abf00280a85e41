"""The two roles and the extension in a database of the site's own: made on first start, where the login may."""

from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from service.errors import Unavailable

OWNER = "retrace_owner"
APP = "retrace_app"
#: the extension for nearness of texts (pgvector)
VECTORS = "vector"


def ensure_roles(url: URL) -> None:
    """Make the roles that migrate and serve, and let this login take them on.

    Raises `Unavailable` naming what to run where the login may not.
    """
    engine = create_engine(url, connect_args={"connect_timeout": 10}, poolclass=NullPool)
    wanted: list[str] = []
    try:
        with engine.begin() as connection:
            wanted = _statements(connection)
            for statement in wanted:
                connection.exec_driver_sql(statement)
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        problem = f"The login of DATABASE_URL may not prepare it; as an administrator run: {'; '.join(wanted)}"
        raise Unavailable(problem) from error


def _statements(connection: Connection) -> list[str]:
    """What is missing for both roles to exist, for this login to take them on, and for the owner to build."""
    driver = connection.connection.driver_connection
    database, login = connection.execute(text("SELECT current_database(), current_user")).one()
    made: list[sql.Composed] = []
    for role in (OWNER, APP):
        name = sql.Identifier(role)
        exists = _holds(connection, "SELECT count(*) > 0 FROM pg_roles WHERE rolname = :role", role=role)
        if not exists:
            made.append(sql.SQL("CREATE ROLE {}").format(name))
        if not exists or not _holds(connection, "SELECT pg_has_role(current_user, :role, 'MEMBER')", role=role):
            made.append(sql.SQL("GRANT {} TO {}").format(name, sql.Identifier(login)))
        if role == OWNER and not (exists and _holds(connection, _MAY_BUILD, role=role)):
            place = sql.Identifier(database)
            made.append(sql.SQL("GRANT CREATE, TEMPORARY ON DATABASE {} TO {} WITH GRANT OPTION").format(place, name))
            made.append(sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {} WITH GRANT OPTION").format(name))
    if not _holds(connection, "SELECT count(*) > 0 FROM pg_extension WHERE extname = :name", name=VECTORS):
        _refuse_without_vectors(connection)
        made.append(sql.SQL("CREATE EXTENSION {} WITH SCHEMA public").format(sql.Identifier(VECTORS)))
    return [statement.as_string(driver) for statement in made]


def _refuse_without_vectors(connection: Connection) -> None:
    """Raise `Unavailable` where the server has no pgvector to offer."""
    if not _holds(connection, "SELECT count(*) > 0 FROM pg_available_extensions WHERE name = :name", name=VECTORS):
        raise Unavailable(
            "The PostgreSQL server behind DATABASE_URL lacks the extension pgvector; install it there (package "
            "postgresql-NN-pgvector on Debian) and start again. Nothing was changed."
        )


_MAY_BUILD = "SELECT has_database_privilege(:role, current_database(), 'CREATE')"


def _holds(connection: Connection, question: str, **given: str) -> bool:
    return bool(connection.scalar(text(question), given))

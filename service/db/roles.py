"""The two roles in a database of the site's own: made on first start, where the given login may."""

from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ProgrammingError

from service.errors import Unavailable

OWNER = "retrace_owner"
APP = "retrace_app"


def ensure_roles(url: URL) -> None:
    """Make the roles that migrate and serve, and let this login take them on.

    Raises `Unavailable` naming the statements to run where the login may not make roles.
    """
    engine = create_engine(url, connect_args={"connect_timeout": 10})
    try:
        with engine.begin() as connection:
            missing = [role for role in (OWNER, APP) if not _may_become(connection, role)]
            if missing:
                for statement in _statements(connection, missing):
                    connection.exec_driver_sql(statement)
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        wanted = "; ".join(f"CREATE ROLE {role}; GRANT {role} TO {url.username}" for role in missing)
        raise Unavailable(f"The login of DATABASE_URL may not make roles; as an administrator run: {wanted}") from error
    finally:
        engine.dispose()


def _may_become(connection: Connection, role: str) -> bool:
    exists = connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role})
    return bool(exists) and bool(
        connection.scalar(text("SELECT pg_has_role(current_user, :role, 'MEMBER')"), {"role": role})
    )


def _statements(connection: Connection, missing: list[str]) -> list[str]:
    driver = connection.connection.driver_connection
    database = str(connection.scalar(text("SELECT current_database()")))
    login = str(connection.scalar(text("SELECT current_user")))
    made: list[sql.Composed] = []
    for role in missing:
        name = sql.Identifier(role)
        if not connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role}):
            made.append(sql.SQL("CREATE ROLE {}").format(name))
        made.append(sql.SQL("GRANT {} TO {}").format(name, sql.Identifier(login)))
    owner, place = sql.Identifier(OWNER), sql.Identifier(database)
    made.append(sql.SQL("GRANT CREATE, TEMPORARY ON DATABASE {} TO {} WITH GRANT OPTION").format(place, owner))
    made.append(sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {} WITH GRANT OPTION").format(owner))
    return [statement.as_string(driver) for statement in made]

"""Made-up records, straight into the tables: nothing of them is audited."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, text


def fill(owner: Engine, tables: Sequence[str], statements: Sequence[str], sizes: Mapping[str, Any]) -> None:
    """Run the statements with the tables' triggers off, and let the database look at what is there now."""
    with owner.begin() as connection:
        _triggers(connection, tables, "DISABLE")
        for statement in statements:
            connection.execute(text(statement), sizes)
        _triggers(connection, tables, "ENABLE")
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _triggers(connection: Connection, tables: Sequence[str], state: str) -> None:
    for table in tables:
        connection.execute(text(f"ALTER TABLE {table} {state} TRIGGER USER"))

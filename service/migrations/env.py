"""Alembic's entry: one transaction on the owner's connection, one migration at a time on one database."""

from typing import Any

from alembic import context
from sqlalchemy import Engine, func, select, text

import service.audit.tables
import service.events.tables
import service.exchange.layout
import service.people.tables
import service.records.tables
import service.retraining.tables
import service.suggestions.tables
import service.web.tables  # noqa: F401
from service.db.base import Base
from service.db.roles import APP

_LOCK = 0x7265_7472  # any number of our own; two servers starting at once take turns


def _ours(thing: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    return not (kind == "table" and str(name).startswith("procrastinate_"))


def _run(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        context.configure(
            connection=connection, target_metadata=Base.metadata, include_object=_ours, transactional_ddl=True
        )
        with context.begin_transaction():
            context.run_migrations()
        # alembic's own table, which no revision makes: `/readyz` compares it with what this code knows
        connection.execute(text(f"GRANT SELECT ON alembic_version TO {APP}"))
        connection.commit()


_run(context.config.attributes["engine"])

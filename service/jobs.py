"""Work done later, in the worker's own process. A job is named here and bound to its function in `worker.py`."""

from typing import Any

import procrastinate
from psycopg.errors import UniqueViolation
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

#: every job there is
NAMES = (
    "scoring.score", "scoring.live", "audit.seal", "web.forget", "qualification.requalify", "training.fit",
    "matching.match", "duties.watch", "retraining.follow", "changes.settle", "indicators.draw_up",
)  # fmt: skip


def defer(session: Session, name: str, **arguments: Any) -> bool:
    """Queue a job in the session's transaction: seen by the worker after commit, gone with a rollback.

    A job that already waits with the same arguments is not queued twice; whether this call queued one.
    """
    if name not in NAMES:
        raise ValueError(f"no job is called {name}")
    try:
        with session.begin_nested():
            # asked for inside: the savepoint is set when the session's connection is first used
            connection = session.connection().connection.driver_connection
            waiting = "/".join((name, *map(str, arguments.values())))
            _app().configure_task(name, lock=name, queueing_lock=waiting, connection=connection).defer(**arguments)
    except (procrastinate.exceptions.AlreadyEnqueued, UniqueViolation, IntegrityError):
        return False
    return True


def _app() -> procrastinate.App:
    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

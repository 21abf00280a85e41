"""What commands and notebooks work on: the records as they stand, and the registry."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from features.history import History
    from models.registry import Registry
    from models.text_records import Records


def history() -> "History":
    """The records as they stand, as a history on DuckDB; the schema is brought up to date first."""
    from service.db.engine import app_engine, owner_engine
    from service.history.snapshot import load, snapshot
    from service.migrations import upgrade
    from service.settings import settings

    upgrade(owner_engine())
    return load(snapshot(app_engine(), settings().home).path)


def words() -> "Records":
    """The words of the site as they stand; the schema is brought up to date first."""
    from sqlalchemy.orm import Session

    from service.clock import now
    from service.db.engine import app_engine, owner_engine
    from service.migrations import upgrade
    from service.scoring.texts import read

    upgrade(owner_engine())
    with Session(app_engine()) as session:
        return read(session, now())


def match_anew() -> None:
    """Have the worker match every report by the new version."""
    from sqlalchemy.orm import Session

    from service import jobs
    from service.db.engine import app_engine

    with Session(app_engine()) as session, session.begin():
        jobs.defer(session, "matching.match")


def registry() -> "Registry":
    """The registry under RETRACE_HOME."""
    from models.registry import Registry
    from service.settings import settings

    return Registry(settings().home)

"""Recording a few rows given by code."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, func, select
from sqlalchemy.orm import Session

from service.records.folder import ATTRIBUTE, FolderTable
from service.records.merge import Outcome, merge
from service.records.staged import stage_rows


def database_time(session: Session) -> datetime:
    """The database's own clock: when what is recorded now counts as recorded."""
    return session.execute(select(func.clock_timestamp(type_=DateTime(timezone=True)))).scalar_one()


def put(
    session: Session,
    table: FolderTable,
    rows: Sequence[Mapping[str, Any]],
    reason: str | None = None,
    at: datetime | None = None,
) -> Outcome:
    """Record rows given by code, all or none. Raises `Invalid`.

    `at`: the time they are recorded, where several calls make one act; left out, the database's now.
    """
    given = [_flat(row) for row in rows]
    recorded = at or database_time(session)
    total = Outcome()
    for names in sorted({frozenset(row) for row in given}, key=sorted):
        alike = [row for row in given if frozenset(row) == names]
        total = total + merge(session, stage_rows(table, alike, table.name), recorded, reason)
    return total


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    own = {f"{ATTRIBUTE}{key}": value for key, value in (row.get("attributes") or {}).items()}
    listed = {name: ";".join(value) if isinstance(value, list) else value for name, value in row.items()}
    return {name: value for name, value in listed.items() if name != "attributes"} | own

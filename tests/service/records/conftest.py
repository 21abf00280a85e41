"""Rows merged one call at a time, and what became of them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.exchange.layout import FOLDER
from service.records.actions import database_time
from service.records.merge import Outcome, merge
from service.records.staged import stage_rows

Put = Callable[..., Outcome]


@pytest.fixture
def put(session: Session) -> Put:
    """Merge rows of a table, as an import would; a refused one leaves the records as they were."""

    def put(table: str, *rows: dict[str, Any], reason: str | None = None, at: datetime | None = None) -> Outcome:
        with session.begin_nested():
            given = stage_rows(FOLDER[table], rows, f"{table}.csv")
            return merge(session, given, at or database_time(session), reason)

    return put


@pytest.fixture
def revisions(session: Session) -> Callable[..., list[tuple[Any, ...]]]:
    """The given columns of a record's revisions."""

    def revisions(table: str, code: str, *columns: str) -> list[tuple[Any, ...]]:
        kept = FOLDER[table].table.c
        query = select(*(kept[name] for name in columns)).where(kept.code == code).order_by(kept.revision)
        return [tuple(row) for row in session.execute(query)]

    return revisions

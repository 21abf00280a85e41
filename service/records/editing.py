"""Changing one record that somebody has read before."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.records import wire
from service.records.actions import put
from service.records.folder import FolderTable, is_evidence
from service.records.tags import refuse_stale, tag


def edit(
    session: Session, table: FolderTable, code: str, said: Mapping[str, Any], reason: str | None, if_match: str
) -> list[dict[str, Any]]:
    """Change some fields of one record, if it is still as the editor read it; all its revisions afterwards.

    Raises `NotFound`, `PreconditionFailed` where somebody was quicker, and `Invalid`.
    """
    _hold(session, table, code)
    last = wire.revisions(session, table, code)[-1]
    refuse_stale(if_match, state(table, last))
    named = {name: last[name] for name in table.row.__key__} or {"code": code}
    put(session, table, [{**said, **named}], reason)
    return wire.revisions(session, table, code)


def state(table: FolderTable, last: Mapping[str, Any]) -> str:
    """The ETag of a record, by its last revision."""
    if is_evidence(table):
        return tag(last["id"])
    return tag(last["id"], int(last["updated_at"].timestamp() * 1_000_000))


def _hold(session: Session, table: FolderTable, code: str) -> None:
    """Until the transaction ends nobody else edits the record.

    Rows of evidence cannot be locked by who may not change them; two that append the same revision clash anyway.
    """
    key = func.hashtextextended(f"{table.name}/{code}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))
    if not is_evidence(table):
        session.execute(select(table.table.c.id).where(table.table.c.code == code).with_for_update())

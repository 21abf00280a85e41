"""Searching the trail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from service.audit.sealing import opened
from service.audit.tables import AuditEvent, AuditIdentity, AuditKey, ChainLink
from service.db.base import Base

#: an action's name in the trail
ACTIONS = ("insert", "update", "delete", "read", "export", "restore", "erase")


class Wanted(BaseModel):
    """What of the trail is wanted; all of it must hold."""

    model_config = ConfigDict(extra="forbid")

    table: str | None = Field(None, max_length=100)
    code: str | None = Field(None, max_length=400)
    login: str | None = Field(None, max_length=200)
    action: str | None = Field(None, pattern=f"^({'|'.join(ACTIONS)})$")
    request: str | None = Field(None, max_length=64)


class AuditEventRead(BaseModel):
    """One thing that happened. `old` and `new` hold what differed; identities only while their key exists."""

    id: int
    at: AwareDatetime
    login: str | None = Field(description="Who; empty for the service itself, and for reports that were anonymous")
    origin: str
    action: str
    table: str
    code: str | None
    row_id: int | None
    reason: str | None
    request: str | None
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    digest: str | None = Field(description="SHA-256 of an inserted row")
    position: int | None = Field(description="Its place in the chain, once sealed")


def search(
    session: Session, wanted: Wanted, before: int | None, limit: int, since: datetime | None = None
) -> list[AuditEventRead]:
    """Events, newest first, from before the id `before`."""
    accounts = Base.metadata.tables["accounts"]
    query = (
        select(AuditEvent, accounts.c.login, ChainLink.position, AuditIdentity, AuditKey.key)
        .outerjoin(accounts, accounts.c.id == AuditEvent.account_id)
        .outerjoin(ChainLink, ChainLink.event_id == AuditEvent.id)
        .outerjoin(AuditIdentity, AuditIdentity.event_id == AuditEvent.id)
        .outerjoin(AuditKey, AuditKey.subject == AuditIdentity.subject)
        .where(*_conditions(wanted, accounts.c.login))
        .order_by(AuditEvent.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(AuditEvent.id < before)
    if since is not None:
        query = query.where(AuditEvent.at >= since)
    return [_read(*row) for row in session.execute(query)]


def _conditions(wanted: Wanted, login: ColumnElement[Any]) -> Sequence[ColumnElement[bool]]:
    columns = {
        "table": AuditEvent.table_name, "code": AuditEvent.code, "login": login, "action": AuditEvent.action,
        "request": AuditEvent.request,
    }
    return [columns[name] == value for name, value in wanted.model_dump(exclude_none=True).items()]


def _read(
    event: AuditEvent, login: str | None, position: int | None, identity: AuditIdentity | None, key: bytes | None
) -> AuditEventRead:
    told = _identity(identity, key)
    return AuditEventRead(
        id=event.id, at=event.at, login=login, origin=event.origin, action=event.action, table=event.table_name,
        code=event.code, row_id=event.row_id, reason=event.reason, request=event.request,
        old=_whole(event.old, told.get("old")), new=_whole(event.new, told.get("new")),
        digest=event.digest.hex() if event.digest else None, position=position,
    )


def _identity(identity: AuditIdentity | None, key: bytes | None) -> dict[str, dict[str, Any]]:
    if identity is None:
        return {}
    if identity.plain is not None:
        return identity.plain
    return (opened(key, identity.event_id, identity.sealed) if identity.sealed else None) or {}


def _whole(told: dict[str, Any] | None, identity: dict[str, Any] | None) -> dict[str, Any] | None:
    return {**(told or {}), **(identity or {})} if told is not None or identity else None

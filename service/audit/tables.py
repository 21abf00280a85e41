"""The trail's tables. Rows are written by the database's own triggers (see migration 0004) and never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary, MetaData, Table, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base

_SCHEMA = {"schema": "audit"}


class AuditEvent(Base):
    """One row changed, or personal data read. An insert holds the row's digest, others hold what differed."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "txid"),
        Index(None, "table_name", "code", postgresql_where=text("code IS NOT NULL")),
        Index(None, "account_id", "id", postgresql_where=text("account_id IS NOT NULL")),
        _SCHEMA,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    txid: Mapped[int]
    #: the door it came by: api, console, cli, worker, system
    origin: Mapped[str]
    account_id: Mapped[int | None]
    request: Mapped[str | None]
    reason: Mapped[str | None]
    #: insert, update, delete, read, export, restore, erase
    action: Mapped[str]
    table_name: Mapped[str]
    row_id: Mapped[int | None]
    code: Mapped[str | None]
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    old: Mapped[dict[str, Any] | None]
    new: Mapped[dict[str, Any] | None]


class AuditIdentity(Base):
    """What of an event identifies somebody: plain until the next sealing, then only under that person's key."""

    __tablename__ = "identities"
    __table_args__ = _SCHEMA

    event_id: Mapped[int] = mapped_column(primary_key=True)
    #: whom: the table and the id
    subject: Mapped[str]
    plain: Mapped[dict[str, Any] | None]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class AuditKey(Base):
    """A person's key; erasing a person destroys it, and with it what the trail holds of their identity."""

    __tablename__ = "keys"
    __table_args__ = _SCHEMA

    subject: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)


class ChainLink(Base):
    """An event's place in the chain, and the hash of it and all before."""

    __tablename__ = "chain"
    __table_args__ = _SCHEMA

    position: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class Seal(Base):
    """One sealing: how far the chain went, and which transactions it has taken in."""

    __tablename__ = "seals"
    __table_args__ = _SCHEMA

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    position: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    upto_txid: Mapped[int]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


#: each event as the text that is hashed
LINES = Table("lines", MetaData(), Column("id", BigInteger), Column("line", Text), schema="audit")

"""The outbox, and what of it was delivered to whom."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
    cast,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base


class Outgoing(Base):
    """An event, written in the transaction it tells of. It gets its position once that is committed."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    #: the same in every delivery, so that a receiver knows a repetition
    event_id: Mapped[UUID] = mapped_column(Uuid, server_default=func.gen_random_uuid())
    name: Mapped[str]
    subject: Mapped[str]
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    txid: Mapped[int] = mapped_column(server_default=cast(cast(func.pg_current_xact_id(), Text), BigInteger))
    #: its place in the feed
    position: Mapped[int | None] = mapped_column(unique=True)

    __table_args__ = (Index(None, "id", postgresql_where=text("position IS NULL")),)


class Delivery(Base):
    """An event on its way to a consumer in the worker."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    consumer: Mapped[str]
    position: Mapped[int] = mapped_column(ForeignKey("outbox.position"))
    subject: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    delivered_at: Mapped[datetime | None]
    #: why the last attempt failed
    problem: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("consumer", "position"),
        Index(None, "consumer", "subject", "position", postgresql_where=text("delivered_at IS NULL")),
    )

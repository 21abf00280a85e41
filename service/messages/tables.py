"""Messages and their way to people, webhooks, single-use links."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Uuid, func, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, choice


class Message(Base):
    """Something one person was told. Its words are made when it is read, from its kind and data, in their language."""

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    #: the same for all that one call sent
    batch: Mapped[UUID] = mapped_column(Uuid)
    #: who is told: an account, or an employee who has none
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    kind: Mapped[str]
    #: the record it is about, as the API's path: `plans/PLAN-1`
    about: Mapped[str]
    data: Mapped[dict[str, Any]]
    #: recipient, kind, about and data: nobody is told the same twice
    digest: Mapped[str] = mapped_column(unique=True)
    #: what its reader is asked to confirm; an e-mail then carries a single-use link for this purpose
    confirm: Mapped[str | None]
    #: the first of a notice to a role; chats of the whole site get only these
    announced: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    read_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(account_id IS NULL) <> (employee_id IS NULL)", name="recipient"),
        Index(None, "account_id", "id", postgresql_where=text("account_id IS NOT NULL")),
        Index(None, "employee_id", "id", postgresql_where=text("employee_id IS NOT NULL")),
        Index("ix_messages_unread", "account_id", postgresql_where=text("read_at IS NULL")),
        Index(None, "batch"),
    )


class Channel(Base):
    """A chat an account wants its messages in, as an Apprise address, which is a secret."""

    __tablename__ = "message_channels"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    service: Mapped[str]
    url: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    removed_at: Mapped[datetime | None]


class MessageDelivery(Base):
    """A message on its way out: by e-mail, into an account's chat, or into a chat of the whole site."""

    __tablename__ = "message_deliveries"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    by: Mapped[str] = choice("by", "email", "chat", "site_chat")
    #: the account's chat, or the number of the site's; 0 for e-mail
    channel: Mapped[int] = mapped_column(server_default="0")
    state: Mapped[str] = choice("state", "waiting", "sent", "failed", server_default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0")
    #: when it is tried next
    due_at: Mapped[datetime]
    #: while a worker is at it: when it counts as abandoned
    taken_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(
        server_default=func.clock_timestamp(), onupdate=func.clock_timestamp()
    )
    sent_at: Mapped[datetime | None]
    problem: Mapped[str | None]

    __table_args__ = (
        Index(None, "message_id", "by", "channel", unique=True),
        Index(None, "due_at", postgresql_where=text("state = 'waiting'")),
    )


class Webhook(Base):
    """An address that is told of events, in the feed's order from its position on."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    url: Mapped[str]
    #: the events it wants; none: all
    names: Mapped[list[str]]
    #: what its bodies are signed with
    secret: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    disabled_at: Mapped[datetime | None]
    #: why it was disabled
    disabled_because: Mapped[str | None]
    removed_at: Mapped[datetime | None]


class WebhookProgress(Base):
    """How far a webhook has got."""

    __tablename__ = "webhook_progress"

    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id"), primary_key=True)
    #: the last event that was delivered or passed over
    position: Mapped[int]
    delivered_at: Mapped[datetime | None]
    #: failed attempts at the next event
    attempts: Mapped[int] = mapped_column(server_default="0")
    failing_since: Mapped[datetime | None]
    problem: Mapped[str | None]
    #: when it is looked at next; while a worker is at it, when that counts as abandoned
    due_at: Mapped[datetime]


class Link(Base):
    """A link that one person may follow once; only the SHA-256 of its token is kept."""

    __tablename__ = "single_use_links"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    about: Mapped[str]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), index=True)
    #: the message that carried it
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

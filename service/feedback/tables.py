"""Feedback, and each word that was said in answer to it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, choice
from service.feedback.rules import KINDS, STATES


class Feedback(Base):
    """What somebody says of Retrace itself."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    kind: Mapped[str] = choice("kind", *KINDS)
    #: the page it was said on, as its path
    page: Mapped[str | None]
    text: Mapped[str]
    state: Mapped[str] = choice("state", *STATES, server_default="open")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class FeedbackStep(Base):
    """What became of it, with the words; only ever added."""

    __tablename__ = "feedback_steps"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    feedback_id: Mapped[int] = mapped_column(ForeignKey("feedback.id"), index=True)
    step: Mapped[str] = choice("step", "plan", "finish", "decline", "reopen")
    text: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

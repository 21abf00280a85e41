"""Answers kept for requests that are sent again."""

from datetime import datetime

from sqlalchemy import LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base


class KeptAnswer(Base):
    """The answer to a request under an idempotency key."""

    __tablename__ = "idempotency_keys"

    #: a digest of account and key
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), index=True)

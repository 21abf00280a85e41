"""Noting what leaves no trace in a table: reads of personal data, exports, restores, erasures."""

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import Text, cast, func, literal, null, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

Noted = Literal["read", "export", "restore", "erase"]


def note(
    session: Session, action: Noted, what: str, code: str | None = None, told: Mapping[str, Any] | None = None
) -> None:
    """Write an event into the trail; who, by which door and why is what the transaction was told."""
    given = literal(dict(told), JSONB) if told else cast(null(), JSONB)
    session.execute(select(func.audit.note(action, what, cast(code, Text), given)))

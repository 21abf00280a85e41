"""What the database is told about a transaction: who acts and why, for its audit, and which departments it shows.

The settings are PostgreSQL's own (`retrace.*`) and end with the transaction. Row-level security reads `scope`, the
audit triggers read the rest: no query and no write can be made that escapes them.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

#: sees every department; what the service's own processes are
EVERYWHERE = "*"

Setting = Literal["scope", "account", "role", "request", "origin", "reason"]


def tell(session: Session, **told: str) -> None:
    """Set what is known of the transaction, by the names of `Setting`; an empty text forgets it."""
    if "scope" in told:
        session.info["scope"] = told["scope"]
    session.execute(select(*(func.set_config(f"retrace.{name}", value, True) for name, value in told.items())))


def scope_of(departments: Collection[int] | None) -> str:
    """The scope as the policies read it: None is everywhere."""
    if departments is None:
        return EVERYWHERE
    return "{" + ",".join(str(department) for department in sorted(departments)) + "}" if departments else ""


def because(session: Session, reason: str | None) -> None:
    """Keep the reason somebody gave beside everything the transaction changes from here on."""
    if reason:
        tell(session, reason=reason)


@contextmanager
def everywhere(session: Session) -> Iterator[None]:
    """For a moment look past the departments of who asks: to answer truly, never to show what they may not see."""
    if session.info.get("scope") == EVERYWHERE:  # told so before: a gate check counts its round trips
        yield
        return
    before = session.execute(_WIDEN).scalar_one() or ""
    try:
        yield
    finally:
        if before != EVERYWHERE and session.is_active:  # what the database refused takes the setting back by itself
            tell(session, scope=before)


#: the scope as it was, and from here on everything
_WIDEN = select(func.current_setting("retrace.scope", True), func.set_config("retrace.scope", EVERYWHERE, True))

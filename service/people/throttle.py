"""Slowing down who guesses passwords: by the login that is tried, and by where it comes from."""

import hashlib
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import RetraceError, Unauthorized
from service.people.rules import WATCHED, wait
from service.people.tables import SignInFailure

#: how many failures from one place are free, whatever the login; behind one address many people may sit
FROM_ONE_PLACE = 50


class WrongPassword(Unauthorized):
    """A failed sign-in, which is remembered."""

    lasting = True

    def __init__(self) -> None:
        super().__init__("Login or password is wrong.")


class TooMany(RetraceError):
    """Too many failed sign-ins."""

    status = 429
    kind = "too-many"

    def __init__(self, seconds: int) -> None:
        self.retry_after = seconds
        super().__init__(f"Too many failed sign-ins; try again in {seconds} seconds.")


def _digest(login: str) -> str:
    return hashlib.sha256(login.encode()).hexdigest()


def refuse_guessing(session: Session, login: str, address: str) -> None:
    """Let nobody else try this login until the transaction ends. Raises `TooMany` while it has to wait."""
    digest, at = _digest(login), now()
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(bytes.fromhex(digest)[:8], "big", signed=True))))
    since = SignInFailure.at > at - WATCHED
    failed, last = _told(session, since & (SignInFailure.login_digest == digest))
    everywhere, latest = _told(session, since & (SignInFailure.address == address))
    seconds = max(wait(failed, last, at), wait(everywhere, latest, at, FROM_ONE_PLACE))
    if seconds > 0:
        raise TooMany(seconds)


def _told(session: Session, which: object) -> tuple[int, datetime | None]:
    counted = select(func.count(), func.max(SignInFailure.at)).where(which)  # type: ignore[arg-type]
    count, last = session.execute(counted).one()
    return count, last


def failed(session: Session, login: str, address: str) -> WrongPassword:
    """Remember a failed sign-in; the error that says so."""
    session.execute(insert(SignInFailure).values(login_digest=_digest(login), address=address))
    return WrongPassword()


def succeeded(session: Session, login: str) -> None:
    """Forget a login's failures."""
    session.execute(delete(SignInFailure).where(SignInFailure.login_digest == _digest(login)))


def forget(session: Session, at: datetime) -> None:
    """Forget failures that count no more."""
    session.execute(delete(SignInFailure).where(SignInFailure.at <= at - WATCHED))

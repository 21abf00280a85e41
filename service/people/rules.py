"""Pure decisions about accounts."""

import hashlib
import math
import secrets
from datetime import datetime, timedelta

LIFETIMES = {"console": timedelta(hours=12), "api": timedelta(days=90)}

#: as long as the sign-in form takes
LONGEST_LOGIN = 200

#: a chosen password has at least so many letters, digits or signs (NIST SP 800-63B asks for 8, and for no mixture)
SHORTEST_PASSWORD = 12

#: for how long a failed sign-in counts; so many of one login are free, then each costs twice the wait before
WATCHED = timedelta(minutes=15)
FREE, _FIRST_WAIT = 5, timedelta(seconds=30)


def wait(failures: int, last: datetime | None, at: datetime, free: int = FREE) -> int:
    """How many seconds somebody has to wait who failed so often, the last time at `last`; 0: none."""
    if failures < free or last is None:
        return 0
    doubled: int = 2 ** min(failures - free, 10)
    due = last + min(_FIRST_WAIT * doubled, WATCHED)
    return max(0, math.ceil((due - at).total_seconds()))


def wrong_with_password(chosen: str, login: str, old: str) -> str | None:
    """Why a password cannot be chosen."""
    if len(chosen) < SHORTEST_PASSWORD:
        return "The new password is too short; give at least 12 characters."
    if chosen.casefold() == login.casefold():
        return "The new password is your login; choose another."
    return "The new password is the old one; choose another." if chosen == old else None


def is_login(text: str) -> bool:
    """Whether a text can be typed as a login: not empty, not too long, no blanks around it, nothing invisible."""
    return 0 < len(text) <= LONGEST_LOGIN and text.isprintable() and text == text.strip()


def new_secret() -> str:
    """A token nobody can guess."""
    return f"rt_{secrets.token_urlsafe(32)}"


def new_password() -> str:
    """A first password, to be handed over: 96 random bits, short enough to type."""
    return secrets.token_urlsafe(12)


def digest(secret: str) -> str:
    """What is kept of a token. Tokens are 256 random bits, so a plain hash cannot be reversed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def expiry(purpose: str, at: datetime) -> datetime:
    """When a token given now ends."""
    return at + LIFETIMES[purpose]

"""Pure decisions about accounts."""

import hashlib
import secrets
from datetime import datetime, timedelta

LIFETIMES = {"console": timedelta(hours=12), "api": timedelta(days=90)}

#: as long as the sign-in form takes
LONGEST_LOGIN = 200


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

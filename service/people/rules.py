"""Pure decisions about accounts."""

import hashlib
import secrets
from datetime import datetime, timedelta

LIFETIMES = {"console": timedelta(hours=12), "api": timedelta(days=90)}


def new_secret() -> str:
    """A token nobody can guess."""
    return f"rt_{secrets.token_urlsafe(32)}"


def digest(secret: str) -> str:
    """What is kept of a token. Tokens are 256 random bits, so a plain hash cannot be reversed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def expiry(purpose: str, at: datetime) -> datetime:
    """When a token given now ends."""
    return at + LIFETIMES[purpose]

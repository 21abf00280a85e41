"""Codes for records that are born here."""

import secrets

#: no 0/O, 1/I/L: people read codes to each other
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_code(prefix: str) -> str:
    """A code nobody has: 40 random bits behind a prefix that says what it is."""
    return f"{prefix}-{''.join(secrets.choice(_LETTERS) for _ in range(8))}"

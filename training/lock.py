"""One at a time: a lock below RETRACE_HOME held while models are fitted, promoted or rolled back.

The operating system lets go of it when its process ends, however it ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.contract import ModelError

LOCK = "training.lock"


@contextmanager
def alone(home: Path, doing: str) -> Iterator[None]:
    """Hold the lock. Raises `ModelError`, saying who holds it and what they do, instead of waiting."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / LOCK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            told = file.read().strip() or "somebody else"
            raise ModelError(f"{told} is at work in {home}: wait until it is done, then try again") from None
        file.truncate(0)
        file.write(f"`retrace-train {doing}` (process {os.getpid()})")
        file.flush()
        yield

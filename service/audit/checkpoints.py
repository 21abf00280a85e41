"""Checkpoints outside the database: one line per sealing, in a file that is only ever appended to."""

import json
import os
from pathlib import Path

from service.audit.chain import Checkpoint
from service.clock import now
from service.errors import RetraceError
from service.settings import settings


def place() -> Path:
    """Where the checkpoints are kept."""
    return settings().checkpoints or settings().home / "audit" / "checkpoints.jsonl"


def keep(checkpoint: Checkpoint) -> None:
    """Append a checkpoint, on the disk before this returns."""
    _append(checkpoint)


def give_up_after(checkpoint: Checkpoint, reason: str | None) -> None:
    """Append that a backup was restored: what was known beyond this checkpoint no longer is, and why."""
    _append(checkpoint, restored=reason or "nothing was lost")


def _append(checkpoint: Checkpoint, **more: str) -> None:
    line = {"position": checkpoint.position, "hash": checkpoint.hash.hex(), "at": now().isoformat(), **more}
    place().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(place(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def kept() -> list[Checkpoint]:
    """The checkpoints that hold, first to last; none where there is no file.

    A restore replaces those beyond it: their lines stay in the file. Raises `RetraceError` for a line that is none.
    """
    try:
        lines = place().read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    known: list[Checkpoint] = []
    for number, line in enumerate(lines, 1):
        checkpoint, restored = _read(number, line)
        if restored:
            known = [before for before in known if before.position < checkpoint.position]
        known.append(checkpoint)
    return known


def _read(number: int, line: str) -> tuple[Checkpoint, bool]:
    """A line's checkpoint, and whether a restore ended there."""
    try:
        said = json.loads(line)
        return Checkpoint(int(said["position"]), bytes.fromhex(said["hash"])), "restored" in said
    except (ValueError, KeyError, TypeError) as error:
        problem = f"{place()}, line {number} is no checkpoint; restore the file from where it is copied to."
        raise RetraceError(problem) from error

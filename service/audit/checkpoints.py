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
    line = {"position": checkpoint.position, "hash": checkpoint.hash.hex(), "at": now().isoformat()}
    place().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(place(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def kept() -> list[Checkpoint]:
    """All checkpoints, first to last; none where there is no file. Raises `RetraceError` for a line that is none."""
    try:
        lines = place().read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [_read(number, line) for number, line in enumerate(lines, 1)]


def _read(number: int, line: str) -> Checkpoint:
    try:
        said = json.loads(line)
        return Checkpoint(int(said["position"]), bytes.fromhex(said["hash"]))
    except (ValueError, KeyError, TypeError) as error:
        problem = f"{place()}, line {number} is no checkpoint; restore the file from where it is copied to."
        raise RetraceError(problem) from error

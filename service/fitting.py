"""The only way the service reaches `training`: by running `retrace-train` as a process."""

import subprocess
import sys

from service.errors import Unavailable

_COMMAND = "from training.cli import main; main()"


def retrace_train(*arguments: str) -> str:
    """Run `retrace-train` and return what it printed. Raises `Unavailable` with the line it failed with."""
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND, *arguments], check=False, capture_output=True, text=True,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"it ended with code {done.returncode} and said nothing"]
        raise Unavailable(f"retrace-train {' '.join(arguments)}: {said[-1]}")
    return done.stdout.strip()

"""A home of its own for each question, gone when it is answered."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def fresh_home() -> Iterator[Path]:
    """A folder for RETRACE_HOME that any user's server may reach."""
    folder = Path(tempfile.mkdtemp(prefix="retrace-bench-"))
    folder.chmod(0o711)
    try:
        yield folder / "home"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a process that works in `home`."""
    return {**os.environ, "RETRACE_HOME": str(home), **more}


def run(home: Path, module: str, *arguments: str) -> str:
    """Run a part of a benchmark in a process of its own, so that nothing is warm; what it printed."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env=environment(home), check=True, capture_output=True, text=True).stdout

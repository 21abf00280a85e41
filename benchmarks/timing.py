"""What this process spent."""

import re
import time
from collections.abc import Callable
from pathlib import Path


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def peak() -> float:
    """The most memory this process has held at once, in GiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 2**20

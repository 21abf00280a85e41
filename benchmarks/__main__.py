"""Runs every benchmark and writes the table, question by question: a run that breaks off leaves what it found."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    auditing,
    drafting,
    features,
    fitting,
    gating,
    importing,
    indicators,
    knowing,
    listing,
    live,
    nightly,
    obligations,
    requalifying,
    scoring,
    serving,
    tracing,
)

TABLE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
#: what loads ten million rows comes late, the five simulated plants last
QUESTIONS = (
    importing, auditing, listing, gating, requalifying, drafting, obligations, indicators, scoring, live, serving,
    features, fitting, nightly, tracing, knowing,
)


def main() -> None:
    """Print each figure as it is found, and write docs/benchmarks.md."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}"
    told = [
        "# Benchmarks", "", "Written by `make bench`; every figure was measured in one run on one machine.", "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine}.", "",
        "| what | measured | must reach | holds |", "|---|---|---|---|",
    ]
    for question in QUESTIONS:
        print((question.__doc__ or "").partition("\n")[0], flush=True)
        for figure in question.figures():
            print("   ", figure.row(), flush=True)
            told.append(figure.row())
        TABLE.write_text("\n".join(told) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

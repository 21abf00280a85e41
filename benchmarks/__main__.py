"""Runs every benchmark and writes the table."""

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
QUESTIONS = (
    importing, auditing, listing, gating, tracing, requalifying, drafting, scoring, live, serving, nightly, features,
    fitting, knowing, obligations, indicators,
)


def main() -> None:
    """Print each figure as it is found, then write docs/benchmarks.md."""
    rows = []
    for question in QUESTIONS:
        print(f"{(question.__doc__ or '').splitlines()[0]}")
        for figure in question.figures():
            print("   ", figure.row())
            rows.append(figure.row())
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}"
    head = [
        "# Benchmarks", "", "Written by `make bench`; every figure was measured in one run on one machine.", "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine}.", "",
        "| what | measured | must reach | holds |", "|---|---|---|---|",
    ]
    TABLE.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

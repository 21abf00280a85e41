"""Tables for a terminal."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from models.registry import Version
from training import metrics
from training.candidates import MODEL
from training.evaluate import Evaluation


def evaluation_lines(found: Evaluation) -> list[str]:
    """The evaluation as a text table with its head."""
    table = pd.DataFrame(found.table).T.reindex(columns=list(metrics.COLUMNS))
    return [
        f"{found.target}: {found.rows} rows with an outcome of {found.cohort_rows} ranked, {found.failures} failures; "
        f"standing at {found.since:%Y-%m-%d %H:%M} UTC, window to {found.until:%Y-%m-%d %H:%M} UTC",
        table.to_string(float_format="{:.4f}".format, na_rep="-"),
    ]


def leaderboard_rows(versions: Sequence[Version]) -> list[dict[str, Any]]:
    """One plain row per registered version, newest first."""
    return [
        {
            "version": version.version,
            "aliases": list(version.aliases),
            "trained_until": version.trained_until,
            "metrics": version.metrics,
        }
        for version in versions
    ]


def leaderboard_lines(target: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    """The leaderboard as a text table; one sentence when there is nothing yet."""
    if not rows:
        return [f"No {target} model is registered yet: run `retrace-train fit {target}`."]
    lines = []
    for row in rows:
        own = row["metrics"].get(MODEL, {})
        cells = ", ".join(f"{column} {own[column]:.4f}" for column in metrics.COLUMNS if column in own)
        role = ", ".join(row["aliases"]) or "-"
        lines.append(
            f"version {row['version']} ({role}), trained until {row['trained_until']}: {cells or 'not judged'}"
        )
    return lines

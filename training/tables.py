"""Tables for a terminal: one window, and the registered versions."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from models.registry import Version
from training import metrics
from training.candidates import LOGISTIC, MODEL
from training.estimators import PRECISION
from training.evaluate import Evaluation
from training.selective import Selective

Table = Mapping[str, Mapping[str, float]]


def evaluation_lines(found: Evaluation) -> list[str]:
    """The evaluation as a text table with its head, and what it says of those without a label."""
    return [
        f"{found.target}: {found.rows} rows with an outcome of {found.cohort_rows} ranked, {found.failures} failures; "
        f"standing at {found.since:%Y-%m-%d %H:%M} UTC, window to {found.until:%Y-%m-%d %H:%M} UTC; "
        f"capacity {found.top} in a planning period",
        *table_lines(found.table),
        *selective_lines(found.selective),
    ]


def table_lines(table: Table) -> list[str]:
    """ranker x column."""
    frame = pd.DataFrame(table).T
    columns = [column for column in metrics.COLUMNS if column in frame.columns]
    return frame[columns].to_string(float_format="{:.4f}".format, na_rep="-").splitlines()


def selective_lines(found: Selective) -> list[str]:
    """How many of the first were looked at, and what the others could make of it."""
    if MODEL not in found.bounds:
        return [f"Of the whole list: {found.why}."] if found.why else []
    top = found.bounds[MODEL]
    lines = [
        f"Of {found.cohort} who could have been looked at, {found.labelled} were. Of the model's first "
        f"{top['chosen']}, {top['labelled']} were and {top['failures']} of them failed; with the others the share "
        f"that fails is {top[f'{PRECISION}, worst']:.3f} at worst and {top[f'{PRECISION}, best']:.3f} at best."
    ]
    if found.why:
        return [*lines, f"No estimate over everybody: {found.why}."]
    shown = [name for name in (MODEL, LOGISTIC) if name in found.estimates]
    rows = {
        f"{name}, {estimate}": values for name in shown for estimate, values in found.estimates[name].items()
    }
    head = f"Estimates over everybody ({found.effective_rows:.0f} effective rows, {found.drawn} drawn at random):"
    if found.little_overlap:
        head = f"Little overlap: who was looked at tells little of the others, trust only best and worst case. {head}"
    return [*lines, head, *pd.DataFrame(rows).T.to_string(float_format="{:.4f}".format, na_rep="-").splitlines()]


def leaderboard_rows(versions: Sequence[Version]) -> list[dict[str, Any]]:
    """One plain row per registered version, newest first."""
    return [
        {
            "version": version.version,
            "aliases": list(version.aliases),
            "trained_until": version.trained_until,
            "metrics": version.metrics,
            "judged": version.judged,
            "forced": version.forced,
        }
        for version in versions
    ]


def leaderboard_lines(target: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    """The registered versions as text; one sentence when there is nothing yet."""
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

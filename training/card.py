"""A model's card as a page to read: what it was made from, how well it did, and what it is not for."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from models.registry import Registered, Version
from training import metrics

#: target -> what it says of a row, and what it must not be taken for
_MEANT: Mapping[str, tuple[str, str]] = {
    "need": (
        "Whom to train first: the chance that the next inspection of a person on a process fails.",
        "It is no assessment of anybody's competence, is not for pay or appraisal, and never decides by itself.",
    ),
    "risk-work": (
        "Which waiting work or batch to inspect first: the chance that its inspection fails.",
        "It may have more inspected than the rules demand, never less.",
    ),
    "risk-unit": (
        "Which unit to inspect first: the chance that its next inspection fails.",
        "It does not grade units: they differ in mix, season and who inspects them.",
    ),
}
_LIMITS = (
    "Only inspected subjects have labels: `retrace-train leaderboard` says what that may hide.",
    "Who inspects is learned as a nuisance and plays no part in a score.",
    "The figures below are of earlier windows, on which its mix was chosen: they are a little too good.",
)


def card_lines(found: Registered, version: Version) -> list[str]:
    """The card as Markdown."""
    card = found.card
    meant, not_meant = _MEANT[found.target]
    roles = ", ".join(version.aliases) or "not serving"
    libraries = ", ".join(f"{name} {number}" for name, number in card.libraries.items())
    return [
        f"# {found.target}, version {found.version} ({roles})", "", meant, not_meant, "",
        f"- Learned from {card.rows} rows, {card.failures} of them failures, of {card.trained_from} to "
        f"{card.trained_until} (UTC); nothing known at or after the latter was used.",
        f"- A label looks {card.horizon_days} days ahead. {len(card.feature_names)} features.",
        f"- Matrix {card.fingerprint}; files {found.sha256}; seeds {', '.join(map(str, card.seeds))}; {libraries}.",
        *(f"- {limit}" for limit in _LIMITS),
        *_promotion(version), "", *_table(card.metrics),
        "", "Features: " + ", ".join(card.feature_names),
    ]  # fmt: skip


def _promotion(version: Version) -> list[str]:
    lines = []
    if version.judged:
        lines.append(f"- On {version.judged['rows']} results since {version.judged['since']} that neither it nor the "
                     f"champion of then saw, {metrics.AUC}: {_told(version.judged[metrics.AUC])}.")  # fmt: skip
    if version.forced:
        forced = version.forced
        lines.append(f"- Forced by {forced['by']}: {forced['reason']} ({forced['although'] or 'nothing against it'}).")
    return lines


def _told(figures: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items() if value is not None)


def _table(table: Mapping[str, Mapping[str, float]]) -> list[str]:
    """ranker x column as Markdown; one sentence where there is none."""
    if not table:
        return ["It could not be judged on earlier windows: the history was too short."]
    frame = pd.DataFrame(table).T
    columns = [column for column in metrics.COLUMNS if column in frame.columns]
    head = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    rows = [
        f"| {name} | " + " | ".join("" if pd.isna(row[column]) else f"{row[column]:.3f}" for column in columns) + " |"
        for name, row in frame.iterrows()
    ]
    return head + rows

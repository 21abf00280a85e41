"""The challenger in shadow: it scores the cohort the champion scores, and nobody is shown it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models.contract import ModelError
from models.registry import Registry

#: what a shadow score names its subject by, of what a suggestion does
SUBJECT = ("employee_code", "process_code", "department_code", "inspection_code")


@dataclass(frozen=True)
class Shadowed:
    """A challenger's name, why it could not score, and one row per subject."""

    model: str
    problem: str | None
    rows: Sequence[Mapping[str, Any]]


def shadow(home: Path, target: str, keys: pd.DataFrame, X: pd.DataFrame) -> Shadowed | None:  # noqa: N803
    """What the challenger says of these rows; None where nobody challenges. It never hinders the list itself."""
    registry = Registry(home)
    try:
        version = registry.challenger_version(target)
    except ModelError as error:
        return Shadowed(f"{target} challenger", str(error), [])
    if version is None:
        return None
    name = f"{target} v{version}"
    try:
        ranker = registry.load(target, version).ranker
        score = ranker.score(X)
    except ModelError as error:
        return Shadowed(name, str(error), [])
    subjects = keys[[column for column in SUBJECT if column in keys]].astype(object)
    named = subjects.where(subjects.notna(), None).itertuples(index=False, name=None)
    return Shadowed(name, None, [
        {**dict(zip(subjects.columns, subject, strict=True)), "score": float(value), "probability": float(chance)}
        for subject, value, chance in zip(named, score, ranker.chance(score), strict=True)
    ])

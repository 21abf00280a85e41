"""What the run of a fit is logged with: which records, features and code it came from, and how it looks."""

import importlib.metadata
import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pandas as pd

from features import catalog
from models.registry import Registry
from training import plots
from training.dataset import Dataset
from training.drift import Shift, shifts
from training.fit import Fitted

_ROOT = Path(__file__).parents[1]
#: "Now", in training data: cohorts so close to the newest.
_NOW = timedelta(days=30)


def describe(registry: Registry, version: int, fitted: Fitted, content: str | None) -> None:
    """Log the origin and the plots of a registered fit with its run. `content`: the hash of the snapshot."""
    tags = {
        "retrace.snapshot": content or "none", "retrace.catalog": str(catalog.VERSION), "retrace.code": code_version()
    }
    registry.annotate(fitted.card.target, version, tags, _files(fitted))


def code_version() -> str:
    """The commit of the checkout this runs from, marked where it was changed since; else the package's version."""
    if not (_ROOT / ".git").exists():
        return f"retrace {importlib.metadata.version('retrace')}"
    try:
        commit, changed = (_git(*asked) for asked in (("rev-parse", "HEAD"), ("status", "--porcelain")))
    except (OSError, subprocess.CalledProcessError):
        return f"retrace {importlib.metadata.version('retrace')}"
    return f"{commit}{' with changes' if changed else ''}"


def _git(*arguments: str) -> str:
    asked = ["git", "-C", str(_ROOT), *arguments]
    return subprocess.run(asked, check=True, capture_output=True, text=True, timeout=10).stdout.strip()


def _files(fitted: Fitted) -> dict[str, bytes]:
    files = {"card.json": json.dumps(fitted.card.to_json(), indent=2, default=str).encode()}
    moved = latest_shifts(fitted.data, fitted.card.feature_names)
    if moved:
        files["plots/drift.png"] = plots.png(plots.drift(moved))
    if fitted.said is not None:
        said = fitted.said
        files["plots/gain.png"] = plots.png(plots.gain(said.probability, said.failed))
        files["plots/calibration.png"] = plots.png(plots.calibration(said.probability, said.failed))
    return files


def latest_shifts(data: Dataset, names: tuple[str, ...]) -> list[Shift]:
    """How the features of the newest training cohorts differ from the older ones'; empty where all are new."""
    dates = pd.to_datetime(data.keys["as_of"])
    newest = dates >= dates.max() - _NOW
    return shifts(data.X[~newest], data.X[newest], names) if (~newest).any() else []

"""What a model is to the rest of Retrace: the protocol every ranker keeps, what it learns from, and its card.

A ranker orders subjects: the higher its score, the sooner someone should look. `fit` never changes a ranker, it returns
the fitted one. `score` receives features only, so it cannot know who inspects: learned severities stay in `fit`.
"""

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd

Reals = npt.NDArray[np.float64]
Codes = npt.NDArray[np.object_]

TARGETS = ("need", "risk-work", "risk-unit")
RECORDED_LIBRARIES = ("lightgbm", "scikit-learn", "numpy", "pandas")


class ModelError(ValueError):
    """A model cannot be fitted, used, found or trusted; the message says why and what to do."""


@dataclass(frozen=True)
class Examples:
    """Labelled rows to learn from, all of equal length.

    `X` holds float64 (NaN = missing) and text columns; `failed` is 0 or 1; `weight` is positive; `inspector` holds
    codes (None = unknown) and is used to learn severities, never to score; `subject` holds the code of the person
    or unit a row is about, so that encodings can be fitted across folds of subjects; `period` names the list a row
    stood on, within which a ranking loss compares rows (None: all stood on one).
    """

    X: pd.DataFrame
    failed: Reals
    weight: Reals
    inspector: Codes
    subject: Codes
    period: Codes | None = None

    def __post_init__(self) -> None:
        lengths = {len(self.X), len(self.failed), len(self.weight), len(self.inspector), len(self.subject)}
        lengths |= set() if self.period is None else {len(self.period)}
        if len(lengths) != 1:
            raise ModelError(f"examples need equally many rows, features, labels and codes; got {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.X)

    def rows(self, chosen: npt.NDArray[Any]) -> "Examples":
        """The chosen rows (a mask or positions), features included."""
        return Examples(
            self.X.iloc[chosen] if chosen.dtype != np.bool_ else self.X[chosen],
            self.failed[chosen],
            self.weight[chosen],
            self.inspector[chosen],
            self.subject[chosen],
            None if self.period is None else self.period[chosen],
        )

    def at_most(self, rows: int) -> "Examples":
        """All, or so many of them drawn at random, always the same ones."""
        if len(self) <= rows:
            return self
        return self.rows(np.sort(np.random.default_rng(0).choice(len(self), rows, replace=False)))

    def require_both_outcomes(self) -> None:
        """Raise `ModelError` unless there are rows, some failed and some not."""
        if not len(self):
            raise ModelError("nothing to learn from: no inspection with a result falls in the training window")
        if self.failed.min() == self.failed.max():
            outcome = "failed" if self.failed[0] else "passed"
            raise ModelError(f"only one class to learn from: all {len(self)} training examples {outcome}")


class Ranker(Protocol):
    """Anything that can put subjects in order: a baseline, a linear model, a blend."""

    @property
    def name(self) -> str:
        """A short, stable name, shown in tables and stored with every score."""
        ...

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns of X it reads; others are ignored, in whatever order they come."""
        ...

    def fit(self, examples: Examples) -> Self:
        """The fitted ranker. Raises `ModelError` when the examples cannot teach it."""
        ...

    def score(self, X: pd.DataFrame) -> Reals:  # noqa: N803 - the matrix's own name
        """One real number per row of X; higher means sooner. Raises `ModelError` when a feature is missing."""
        ...


@runtime_checkable
class ProbabilityRanker(Ranker, Protocol):
    """A ranker that also says how likely a failure is."""

    def probability(self, X: pd.DataFrame) -> Reals:  # noqa: N803
        """Chance of failure in [0, 1] per row, never decreasing in the score."""
        ...


def rarer(failed: Reals) -> int:
    """How many failed or how many passed, whichever are fewer."""
    failures = int(failed.sum())
    return min(failures, len(failed) - failures)


def columns_of(X: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:  # noqa: N803
    """The named columns in that order. Raises `ModelError` naming what is missing."""
    missing = [name for name in names if name not in X.columns]
    if missing:
        raise ModelError(f"the feature table lacks {', '.join(missing[:5])}; refit the model on the present features")
    return X[list(names)]


def library_versions() -> dict[str, str]:
    """The versions of the libraries that decide a fitted model's numbers."""
    return {name: importlib.metadata.version(name) for name in RECORDED_LIBRARIES}


@dataclass(frozen=True)
class ModelCard:
    """What a fitted model was made from and how well it did; travels with it as JSON.

    Times are ISO 8601 in UTC. `trained_until` is exclusive: nothing known at or after it was used.
    """

    target: str
    model: str
    feature_names: tuple[str, ...]
    trained_from: str
    trained_until: str
    horizon_days: int
    rows: int
    failures: int
    fingerprint: str
    seeds: tuple[int, ...]
    calibration: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, float]]
    notes: Mapping[str, Any] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=library_versions)

    @property
    def usual(self) -> float:
        """How often what it learned from failed, in [0, 1]."""
        return self.failures / self.rows

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """The card again. Raises `ModelError` when fields are missing or unknown."""
        try:
            card = cls(**plain)
        except TypeError as error:
            raise ModelError(f"not a model card: {error}") from error
        return cls(**{**asdict(card), "feature_names": tuple(card.feature_names), "seeds": tuple(card.seeds)})

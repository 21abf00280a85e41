"""Gradient-boosted trees (LightGBM), several seeds averaged, kept as LightGBM's native text.

Splits are drawn at random (`extra_trees`): on Chicago's windows before 2014 that beat searched splits at every size of
tree, as it does wherever the signal is weak and the features many.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

# OpenMP's threads spin while they wait for each other. Beside any other busy process that made a fit of one second take
# twenty; asleep they cost nothing. Read once, when LightGBM's library is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import lightgbm as lgb
import numpy as np
import pandas as pd

from models.contract import Examples, Reals, columns_of
from models.encoding import is_text, number_of, text_of

THREADS = 2
_LEVELS_KEPT = 200
_ROWS_PER_THREAD = 5000

PARAMETERS: Mapping[str, Any] = {
    "objective": "binary",
    "extra_trees": True,
    "learning_rate": 0.03,
    "num_leaves": 16,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 20.0,
    "max_bin": 63,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class Growth:
    """How trees are grown: rounds per seed, the seeds, and features that can only push the score one way (+1, -1)."""

    rounds: int = 300
    seeds: tuple[int, ...] = (11, 12)
    monotone: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TreesPart:
    """Fitted boosters whose raw scores are averaged and added to `base`, the average log-odds."""

    feature_names: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    base: float
    boosters: tuple[lgb.Booster, ...]

    def log_odds(self, X: pd.DataFrame) -> Reals:  # noqa: N803
        """One log-odds per row."""
        table = as_numbers(X, self.feature_names, self.levels)
        raw = [booster.predict(table, raw_score=True, num_threads=THREADS) for booster in self.boosters]
        return np.asarray(np.mean(raw, axis=0) + self.base, dtype=np.float64)

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """TreeSHAP values per row and feature, without the constant. Slow: 3 ms a row, so only for rows shown."""
        table = as_numbers(X, self.feature_names, self.levels)
        values = [booster.predict(table, pred_contrib=True, num_threads=THREADS) for booster in self.boosters]
        return pd.DataFrame(np.mean(values, axis=0)[:, :-1], index=X.index, columns=list(self.feature_names))

    def to_json(self) -> dict[str, Any]:
        """What the native texts do not hold, as plain values for JSON."""
        levels = {name: list(known) for name, known in self.levels.items()}
        return {"feature_names": list(self.feature_names), "levels": levels, "base": self.base}

    def texts(self) -> tuple[str, ...]:
        """The boosters in LightGBM's native text, one per seed."""
        return tuple(booster.model_to_string() for booster in self.boosters)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any], texts: Sequence[str]) -> "TreesPart":
        """The part again. The texts must have been verified: LightGBM can abort the process on a truncated one."""
        boosters = tuple(lgb.Booster(model_str=text) for text in texts)
        levels = {name: tuple(known) for name, known in plain["levels"].items()}
        return cls(tuple(plain["feature_names"]), levels, float(plain["base"]), boosters)


@dataclass(frozen=True)
class Task:
    """What boosters are grown from: numbers row by row, where each row starts, and how."""

    table: Reals
    failed: Reals
    weight: Reals
    offsets: Reals
    categorical: tuple[int, ...]
    settings: Mapping[str, Any]
    rounds: int
    seeds: tuple[int, ...]


def _here(task: Task) -> tuple[lgb.Booster, ...]:
    """Grow in this process."""
    data = lgb.Dataset(
        task.table,
        label=task.failed,
        weight=task.weight,
        init_score=task.offsets,
        feature_name=[f"f{position}" for position in range(task.table.shape[1])],
        categorical_feature=list(task.categorical),
        params={"max_bin": task.settings["max_bin"], "verbose": -1},
        free_raw_data=False,
    )
    return tuple(lgb.train({**task.settings, "seed": seed}, data, task.rounds) for seed in task.seeds)


#: where boosters are grown: one per seed, in order
grow: ContextVar[Callable[[Task], tuple[lgb.Booster, ...]]] = ContextVar("grow", default=_here)


def fit_trees(
    examples: Examples, names: Sequence[str], growth: Growth, severities: Mapping[str, float] | None = None
) -> TreesPart:
    """Boosters for the named features; `severities` (log-odds per inspector) are taken out of what they must explain.

    Raises `ModelError` when only one class is there.
    """
    examples.require_both_outcomes()
    levels = {name: _known_levels(examples.X[name]) for name in names if is_text(examples.X[name])}
    share = float(np.average(examples.failed, weights=examples.weight))
    base = float(np.log(share / (1 - share)))
    offsets = np.array([base + (severities or {}).get(code, 0.0) for code in examples.inspector])
    categorical = tuple(position for position, name in enumerate(names) if name in levels)
    settings = _settings(len(examples), names, growth, levels)
    table = as_numbers(examples.X, names, levels)
    task = Task(table, examples.failed, examples.weight, offsets, categorical, settings, growth.rounds, growth.seeds)
    boosters = grow.get()(task)
    return TreesPart(tuple(names), levels, base, boosters)


def as_numbers(X: pd.DataFrame, names: Sequence[str], levels: Mapping[str, Sequence[str]]) -> Reals:  # noqa: N803
    """The named features as float64, texts as the position of their level (NaN where unknown)."""
    columns = []
    for name, column in columns_of(X, names).items():
        if name in levels:
            positions = {level: float(position) for position, level in enumerate(levels[str(name)])}
            columns.append(np.array([positions.get(text, np.nan) for text in text_of(column)]))
        else:
            columns.append(number_of(column))
    return np.column_stack(columns) if columns else np.zeros((len(X), 0))


def _known_levels(column: "pd.Series[Any]") -> tuple[str, ...]:
    counts = pd.Series(text_of(column)).value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return tuple(str(level) for level in counts.index[:_LEVELS_KEPT])


def _settings(rows: int, names: Sequence[str], growth: Growth, levels: Mapping[str, Any]) -> dict[str, Any]:
    directions = [0 if name in levels else growth.monotone.get(name, 0) for name in names]
    # A leaf of a small site may not need 200 rows, one of a large site should not make do with 10.
    leaf = int(np.clip(rows // 100, 10, 200))
    # Below some thousand rows a second thread costs more than it does.
    threads = THREADS if rows > _ROWS_PER_THREAD else 1
    settings = {**PARAMETERS, "num_threads": threads, "min_data_in_leaf": leaf, **growth.parameters}
    return {**settings, "monotone_constraints": directions} if any(directions) else settings

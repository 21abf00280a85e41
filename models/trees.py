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
from models.encoding import blocks, is_text, looked_up, numbers_of, text_of

THREADS = 2
_LEVELS_KEPT = 200
_ROWS_PER_THREAD = 5000
#: so few rows are scored in the calling thread: to wait for a second one takes longer, where others use the cores
_FEW = 16
_ROWS_FOR_ALL_SEEDS = 250_000
#: scored at once: one table of all rows would be new memory, and to be given it takes as long as to fill it
_ROWS_AT_ONCE = 20_000

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
    seeds: tuple[int, ...] = (11, 12, 13, 14)
    monotone: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TreesPart:
    """Fitted boosters: log-odds are `base` plus `scale` times the average of their raw scores."""

    feature_names: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    base: float
    boosters: tuple[lgb.Booster, ...]
    scale: float = 1.0

    def log_odds(self, X: pd.DataFrame) -> Reals:  # noqa: N803
        """One log-odds per row."""
        total = np.zeros(len(X))
        for some in blocks(len(X), _ROWS_AT_ONCE):
            table = as_numbers(X.iloc[some], self.feature_names, self.levels)
            threads = _threads(len(table))
            for booster in self.boosters:
                total[some] += booster.predict(table, raw_score=True, num_threads=threads)
        return total / len(self.boosters) * self.scale + self.base

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """TreeSHAP values per row and feature, without the constant. Slow: 3 ms a row, so only for rows shown."""
        table = as_numbers(X, self.feature_names, self.levels)
        threads = _threads(len(X))
        values = [booster.predict(table, pred_contrib=True, num_threads=threads) for booster in self.boosters]
        added = np.mean(values, axis=0)[:, :-1] * self.scale
        return pd.DataFrame(added, index=X.index, columns=list(self.feature_names))

    def to_json(self) -> dict[str, Any]:
        """What the native texts do not hold, as plain values for JSON."""
        levels = {name: list(known) for name, known in self.levels.items()}
        return {
            "feature_names": list(self.feature_names), "levels": levels, "base": self.base, "scale": self.scale,
        }  # fmt: skip

    def texts(self) -> tuple[str, ...]:
        """The boosters in LightGBM's native text, one per seed."""
        return tuple(booster.model_to_string() for booster in self.boosters)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any], texts: Sequence[str]) -> "TreesPart":
        """The part again. The texts must have been verified: LightGBM can abort the process on a truncated one."""
        boosters = tuple(lgb.Booster(model_str=text) for text in texts)
        levels = {name: tuple(known) for name, known in plain["levels"].items()}
        return cls(tuple(plain["feature_names"]), levels, float(plain["base"]), boosters, float(plain["scale"]))


@dataclass(frozen=True)
class Task:
    """What boosters are grown from: numbers row by row, how, and where each row starts or the sizes of its lists."""

    table: Reals
    failed: Reals
    weight: Reals
    categorical: tuple[int, ...]
    settings: Mapping[str, Any]
    rounds: int
    seeds: tuple[int, ...]
    offsets: Reals | None = None
    #: rows that stand one after the other are a list; only an objective that orders lists has them
    group: tuple[int, ...] | None = None


def here(task: Task) -> tuple[lgb.Booster, ...]:
    """Grow in this process."""
    data = lgb.Dataset(
        task.table,
        label=task.failed,
        weight=task.weight,
        init_score=task.offsets,
        group=task.group and list(task.group),
        feature_name=[f"f{position}" for position in range(task.table.shape[1])],
        categorical_feature=list(task.categorical),
        params={"max_bin": PARAMETERS["max_bin"], "verbose": -1},
        free_raw_data=False,
    )
    return tuple(lgb.train({**task.settings, "seed": seed}, data, task.rounds) for seed in task.seeds)


#: where boosters are grown: one per seed, in order
grow: ContextVar[Callable[[Task], tuple[lgb.Booster, ...]]] = ContextVar("grow", default=here)


def fit_trees(
    examples: Examples, names: Sequence[str], growth: Growth, severities: Mapping[str, float] | None = None
) -> TreesPart:
    """Boosters for the named features; `severities` (log-odds per inspector) are taken out of what they must explain.

    Raises `ModelError` when only one class is there.
    """
    examples.require_both_outcomes()
    levels = known_levels(examples, names)
    share = float(np.average(examples.failed, weights=examples.weight))
    base = float(np.log(share / (1 - share)))
    offsets = np.array([base + (severities or {}).get(code, 0.0) for code in examples.inspector])
    boosters = grow.get()(task_of(examples, names, levels, growth, offsets=offsets))
    return TreesPart(tuple(names), levels, base, boosters)


def known_levels(examples: Examples, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The levels of each text feature, the most frequent first; rare ones beyond the 200th count as unknown."""
    return {name: _frequent(examples.X[name]) for name in names if is_text(examples.X[name])}


def task_of(
    examples: Examples, names: Sequence[str], levels: Mapping[str, Sequence[str]], growth: Growth,
    offsets: Reals | None = None,
) -> Task:
    """Examples and growth as a task.

    One booster per seed; fewer where there are so many rows that the seed hardly matters.
    """
    rows = len(examples)
    return Task(
        as_numbers(examples.X, names, levels),
        examples.failed,
        examples.weight,
        categorical=tuple(position for position, name in enumerate(names) if name in levels),
        settings=_settings(rows, names, growth, levels),
        rounds=growth.rounds,
        seeds=growth.seeds[: max(1, int(len(growth.seeds) * min(1.0, _ROWS_FOR_ALL_SEEDS / rows)))],
        offsets=offsets,
    )


def as_numbers(X: pd.DataFrame, names: Sequence[str], levels: Mapping[str, Sequence[str]]) -> Reals:  # noqa: N803
    """The named features as float64, texts as the position of their level (NaN where unknown)."""
    chosen = columns_of(X, names)
    table = np.empty((len(X), len(names)))
    plain = [position for position, name in enumerate(names) if name not in levels]
    numbers = numbers_of(chosen, [names[position] for position in plain])
    for block in blocks(len(X)):  # a table is kept by columns, and trees read it by rows
        table[block, plain] = numbers[block]
    for position, name in enumerate(names):
        if name in levels:
            positions = {level: float(place) for place, level in enumerate(levels[name])}
            table[:, position] = looked_up(chosen[name], positions, np.nan)
    return table


def _threads(rows: int) -> int:
    return THREADS if rows > _FEW else 1


def _frequent(column: "pd.Series[Any]") -> tuple[str, ...]:
    counts = pd.Series(text_of(column)).value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return tuple(str(level) for level in counts.index[:_LEVELS_KEPT])


def _settings(rows: int, names: Sequence[str], growth: Growth, levels: Mapping[str, Any]) -> dict[str, Any]:
    """LightGBM's parameters for so many rows."""
    directions = [0 if name in levels else growth.monotone.get(name, 0) for name in names]
    # A leaf of a small site may not need 200 rows, one of a large site should not make do with 10.
    leaf = int(np.clip(rows // 100, 10, 200))
    # Below some thousand rows a second thread costs more than it does.
    threads = THREADS if rows > _ROWS_PER_THREAD else 1
    given = {**PARAMETERS, "num_threads": threads, "min_data_in_leaf": leaf, **growth.parameters}
    return {**given, "monotone_constraints": directions} if any(directions) else given

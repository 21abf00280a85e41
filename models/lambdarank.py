"""LambdaRank: trees that learn the order within a list, not the chance of each row.

Rows are compared within their planning period, and what happens near the capacity counts most: beyond it nobody looks.
Its raw score has no unit, so it is put on the log-odds scale by Platt's two numbers.

Source: C. Burges, "From RankNet to LambdaRank to LambdaMART" (2010).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from models.calibration import fit_calibration
from models.contract import Examples
from models.trees import Growth, Task, TreesPart, grow, known_levels, task_of

#: The share of a list that is looked at.
CAPACITY = 0.25
#: LightGBM compares at most 10,000 rows of one list.
_LONGEST_LIST = 5000
#: Each row is compared with the first so many of its list. Beyond this many comparisons a round lists are dealt out
#: shorter: two million rows on long lists would take hours.
_COMPARISONS, _SHORTEST_LIST = 40_000_000, 40
_ROWS_FOR_TWO_NUMBERS = 300_000


def fit_ranked(examples: Examples, names: Sequence[str], growth: Growth) -> TreesPart:
    """Boosters that order each period's rows, on the log-odds scale. Raises `ModelError` for a single class."""
    examples.require_both_outcomes()
    lists = _lists(examples)
    levels = known_levels(examples, names)
    boosters = grow.get()(_in_lists(task_of(examples, names, levels, growth), lists))
    part = TreesPart(tuple(names), levels, 0.0, boosters)
    few = examples.at_most(_ROWS_FOR_TWO_NUMBERS)
    fitted = fit_calibration(part.log_odds(few.X), few.failed)
    return replace(part, base=fitted.intercept, scale=fitted.slope)


def _in_lists(task: Task, lists: npt.NDArray[np.intp]) -> Task:
    """The task with the rows of a list one after the other, and learning their order."""
    position = np.argsort(lists, kind="stable")
    ordering = {"objective": "lambdarank", "lambdarank_truncation_level": _looked_at(lists)}
    return replace(
        task, table=task.table[position], failed=task.failed[position], weight=task.weight[position],
        group=tuple(np.bincount(lists).tolist()), settings={**task.settings, **ordering},
    )  # fmt: skip


def _looked_at(lists: npt.NDArray[np.intp]) -> int:
    """How many of a list are looked at, as a rule."""
    return max(10, int(CAPACITY * np.median(np.bincount(lists))))


def _lists(examples: Examples) -> npt.NDArray[np.intp]:
    """The number of each row's list: its period, or a part of it where comparing would take too long."""
    lists = _dealt(examples, _LONGEST_LIST)
    if len(examples) * _looked_at(lists) <= _COMPARISONS:
        return lists
    return _dealt(examples, max(_SHORTEST_LIST, int(_COMPARISONS / (CAPACITY * len(examples)))))


def _dealt(examples: Examples, longest: int) -> npt.NDArray[np.intp]:
    """The number of each row's list; a period beyond the longest is dealt out at random, by a fixed seed."""
    period = np.zeros(len(examples), np.intp)
    if examples.period is not None:
        period = np.unique(examples.period.astype(str), return_inverse=True)[1]
    sizes = np.bincount(period)
    dealt = np.lexsort((np.random.default_rng(0).random(len(period)), period))
    turn = np.empty(len(period), np.intp)
    turn[dealt] = np.arange(len(period)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    pieces = -(-sizes // longest)
    return (np.cumsum(pieces) - pieces)[period] + turn % pieces[period]

"""The leaderboard over time: several windows, everybody judged on each, and who stays least behind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pandas as pd

from features.history import History
from models.contract import ModelError
from models.ranking import TIE_SEED
from training import bootstrap, groups, regret
from training.capacity import PERIOD, Capacity, derived, given
from training.contest import EVER, Contest, held
from training.days import day
from training.fit import first_known
from training.intervals import Drawn, Intervals, drawn_differences, intervals, mean_drawn
from training.origins import Asked, windows
from training.plain import plain
from training.results import end_of_results
from training.rivals import Rival
from training.selective import Selective, selective
from training.splits import Window

Table = Mapping[str, Mapping[str, float]]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Rules:
    """How a leaderboard is made: named rivals, a stated capacity, the planning period, a gap before each window, what
    to group by, how many resamples.
    """

    rivals: tuple[Rival, ...] = ()
    capacity: int | None = None
    period: timedelta = PERIOD
    gap: timedelta = timedelta(0)
    groups: tuple[str, ...] = ()
    resamples: int = bootstrap.RESAMPLES


@dataclass(frozen=True)
class Origin:
    """One window judged. `drawn` holds the resamples behind `intervals`."""

    contest: Contest
    table: Table
    intervals: Intervals
    groups: Mapping[str, Any]
    selective: Selective
    drawn: Drawn = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON, times in UTC."""
        contest = self.contest
        return {
            "from": contest.window.as_of.isoformat(),
            "to": contest.window.until.isoformat(),
            "trained_until": contest.fitted.card.trained_until,
            "training_rows": contest.fitted.card.rows,
            "rows": len(contest.judged),
            "failures": int(contest.judged.failed.sum()),
            "cohort_rows": contest.judged.cohort_rows,
            "capacity": {**contest.capacity.to_json(), "top": contest.top},
            "model": contest.chosen(),
            "table": plain(self.table),
            "intervals": plain(self.intervals),
            "groups": plain(self.groups),
            "selective": self.selective.to_json(),
        }


@dataclass(frozen=True)
class Leaderboard:
    """The windows judged, oldest first, and those that could not be, each with the reason."""

    target: str
    origins: tuple[Origin, ...]
    skipped: tuple[tuple[Window, str], ...]
    rules: Rules

    @property
    def tables(self) -> list[Table]:
        """Each window's table."""
        return [origin.table for origin in self.origins]

    def mean(self) -> dict[str, dict[str, float]]:
        """ranker -> column -> mean over the windows; only rankers that stood in every one."""
        common = [name for name in self.tables[0] if all(name in table for table in self.tables)]
        rows = {name: pd.DataFrame([table[name] for table in self.tables]).mean() for name in common}
        return {name: {str(column): float(value) for column, value in row.items()} for name, row in rows.items()}

    def mean_intervals(self) -> Intervals:
        """The model's mean lead over each rival, with bounds."""
        return intervals(self.mean(), mean_drawn([origin.drawn for origin in self.origins]))

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON, times in UTC; NaN as null."""
        skipped = [
            {"from": window.as_of.isoformat(), "to": window.until.isoformat(), "why": why}
            for window, why in self.skipped
        ]
        seeds = {"tie_seed": TIE_SEED, "resamples": self.rules.resamples, "interval": bootstrap.LEVEL}
        found: dict[str, Any] = {"origins": [origin.to_json() for origin in self.origins], "skipped": skipped, **seeds}
        if self.origins:
            over_time = {column: regret.regrets(self.tables, column) for column in regret.COLUMNS}
            found |= {
                "mean": {"table": plain(self.mean()), "intervals": plain(self.mean_intervals())},
                "regret": plain(over_time),
                "choice": regret.choice(self.tables),
            }
        return found


def leaderboard(history: History, target: str, asked: Asked, rules: Rules, say: Progress) -> Leaderboard:
    """Judge everybody on each window asked for; `say` is told which one is being judged.

    Raises `ModelError` when there are no results at all, or when none of the windows asked for can be judged.
    """
    end = end_of_results(history, target)
    if end is None and not asked.explicit:
        return Leaderboard(target, (), (), rules)
    end = end or asked.until or EVER
    first = first_known(history, target, end)
    found: list[Origin] = []
    skipped: list[tuple[Window, str]] = []
    for window in windows(asked, first, end):
        say(f"Judging {target} on {day(window.as_of)} to {day(window.until)} ...")
        try:
            found.append(origin(history, target, window, rules))
        except ModelError as error:
            skipped.append((window, str(error)))
    if asked.explicit and not found:
        raise ModelError(skipped[0][1])
    return Leaderboard(target, tuple(found), tuple(skipped), rules)


def origin(history: History, target: str, window: Window, rules: Rules) -> Origin:
    """One window judged. Raises `ModelError` when it cannot be."""
    contest = held(history, target, window, _capacity(history, target, window, rules), rules.rivals, rules.gap)
    table, drawn = contest.table(), drawn_differences(contest, rules.resamples)
    by_group = groups.tables(history, contest, rules.groups)
    return Origin(contest, table, intervals(table, drawn), by_group, selective(history, target, contest), drawn)


def _capacity(history: History, target: str, window: Window, rules: Rules) -> Capacity:
    if rules.capacity is not None:
        return given(rules.capacity, rules.period)
    return derived(history, target, window.as_of, rules.period)

"""The leaderboard over time for a terminal: each window, the mean, the leads with their bounds, regret, groups."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from training import bootstrap, metrics, regret
from training.candidates import MODEL
from training.days import day
from training.intervals import Intervals
from training.leaderboard import Leaderboard, Origin
from training.tables import selective_lines, table_lines

#: groups shown per grouping; JSON has them all
_SHOWN = 8


def over_time_lines(found: Leaderboard) -> list[str]:
    """The leaderboard as text; one sentence where no window could be judged."""
    lines = [line for origin in found.origins for line in _origin_lines(found.target, origin)]
    lines += [
        f"\nNot judged: {day(window.as_of)} to {day(window.until)}: {why}" for window, why in found.skipped
    ]
    if not found.origins:
        return [*lines, f"No window of {found.target} can be judged yet: the history is too short."]
    if len(found.origins) > 1:
        lines += [f"\nMean over {len(found.origins)} windows", *table_lines(found.mean())]
        lines += interval_lines(found.mean_intervals())
    return lines + _regret_lines(found)


def interval_lines(found: Intervals) -> list[str]:
    """The model's lead over each rival, with 95% bounds."""
    rows = {rival: {column: _shown(found[rival][column]) for column in bootstrap.COLUMNS} for rival in found}
    return ["The model's lead over each, with 95% bounds (paired bootstrap)", *_frame(rows)]


def _origin_lines(target: str, origin: Origin) -> list[str]:
    contest = origin.contest
    window, judged = contest.window, contest.judged
    head = (
        f"\n{target}, {day(window.as_of)} to {day(window.until)}: {len(judged)} rows with an outcome, "
        f"{int(judged.failed.sum())} failures; trained on {contest.fitted.card.rows} rows known before "
        f"{contest.fitted.card.trained_until}; capacity {contest.top} ({contest.capacity.why})"
    )
    tables = [line for by, rows in origin.groups.items() for line in _group_lines(by, rows)]
    return [head, *table_lines(origin.table), *interval_lines(origin.intervals), *tables,
            *selective_lines(origin.selective)]  # fmt: skip


def _group_lines(by: str, rows: list[dict[str, Any]]) -> list[str]:
    table = {
        row["group"]: {
            "rows": row["rows"], "failure rate": row["failure rate"],
            **{
                column: row["rankers"][MODEL][column]
                for column in ("selection rate", metrics.RECALL_AT_CAPACITY, metrics.AUC)
            },
        }
        for row in rows[:_SHOWN]
    }  # fmt: skip
    more = f", the {_SHOWN} largest of {len(rows)}" if len(rows) > _SHOWN else ""
    return [f"By {by}{more}", *_frame(table)]


def _regret_lines(found: Leaderboard) -> list[str]:
    over_time = {column: regret.regrets(found.tables, column) for column in regret.COLUMNS}
    names = list(over_time[regret.COLUMNS[0]])
    rows: Mapping[str, dict[str, float]] = {
        name: {
            f"{column}, {kind}": getattr(over_time[column][name], kind)
            for column in regret.COLUMNS for kind in ("mean", "worst") if name in over_time[column]
        }
        for name in names
    }
    return ["\nRegret: how far behind the best of each window", *_frame(rows),
            f"Least regret in {regret.COLUMNS[0]}: {regret.choice(found.tables)}."]  # fmt: skip


def _shown(value: bootstrap.Lead) -> str:
    return f"{value.difference:+.4f} ({value.low:+.4f} to {value.high:+.4f})"


def _frame(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    frame = pd.DataFrame(list(rows.values()), index=list(rows))
    return str(frame.to_string(float_format="{:.4f}".format, na_rep="-")).splitlines()

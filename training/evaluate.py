"""Standing at a date, how good would each ranker have been? One table: model, rivals, baselines, random."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from features.history import History
from models.contract import ModelError
from models.ranking import TIE_SEED
from training import capacity
from training.contest import held
from training.days import day
from training.plain import plain
from training.rivals import Rival
from training.selective import Selective, selective
from training.splits import Window


@dataclass(frozen=True)
class Evaluation:
    """The table of one window. `cohort_rows` counts who was ranked, `rows` who turned out to have a label."""

    target: str
    since: datetime
    until: datetime
    cohort_rows: int
    rows: int
    failures: int
    top: int
    model: Mapping[str, Any]
    table: Mapping[str, Mapping[str, float]]
    selective: Selective

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON, times in UTC; NaN as null."""
        return {
            "target": self.target,
            "from": self.since.isoformat(),
            "to": self.until.isoformat(),
            "cohort_rows": self.cohort_rows,
            "rows": self.rows,
            "failures": self.failures,
            "capacity": self.top,
            "tie_seed": TIE_SEED,
            "model": dict(self.model),
            "table": plain(self.table),
            "selective": self.selective.to_json(),
        }


def evaluate(
    history: History, target: str, since: datetime, until: datetime, rivals: Sequence[Rival] = ()
) -> Evaluation:
    """Fit on what was known before `since`, rank all of [since, until) at once, and compare with what came of it.

    Raises `ModelError` when nothing can be fitted or nothing in the window has an outcome.
    """
    if until <= since:
        raise ModelError(f"the window is empty: --to {day(until)} must lie after --from {day(since)}")
    contest = held(history, target, Window(since, until), capacity.derived(history, target, since), rivals)
    judged = contest.judged
    return Evaluation(
        target, since, until, judged.cohort_rows, len(judged), int(judged.failed.sum()), contest.top,
        contest.chosen(), contest.table(), selective(history, target, contest),
    )  # fmt: skip

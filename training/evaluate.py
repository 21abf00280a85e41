"""Standing at a date, how good would each ranker have been? One table: model, rivals, baselines, random."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from features.history import History
from models.contract import ModelError
from models.ranking import TIE_SEED
from training import candidates, metrics
from training.dataset import Dataset, labelled
from training.fit import Fitted, fit
from training.splits import Window

#: Labels of the window are read as they are known today.
_EVER = datetime(9999, 1, 1)  # noqa: DTZ001 - UTC without a zone, like every time in a history


@dataclass(frozen=True)
class Evaluation:
    """The table of one window. `cohort_rows` counts who was ranked, `rows` who turned out to have a label."""

    target: str
    since: datetime
    until: datetime
    cohort_rows: int
    rows: int
    failures: int
    model: Mapping[str, Any]
    table: Mapping[str, Mapping[str, float]]

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON, times in UTC; NaN as null."""
        table = {
            name: {column: None if np.isnan(value) else value for column, value in row.items()}
            for name, row in self.table.items()
        }
        return {
            "target": self.target,
            "from": self.since.isoformat(),
            "to": self.until.isoformat(),
            "cohort_rows": self.cohort_rows,
            "rows": self.rows,
            "failures": self.failures,
            "tie_seed": TIE_SEED,
            "model": dict(self.model),
            "table": table,
        }


def evaluate(history: History, target: str, since: datetime, until: datetime) -> Evaluation:
    """Fit on what was known before `since`, rank all of [since, until) at once, and compare with what came of it.

    Raises `ModelError` when nothing can be fitted or nothing in the window has an outcome.
    """
    if until <= since:
        raise ModelError(f"the window is empty: --to {until:%Y-%m-%d} must lie after --from {since:%Y-%m-%d}")
    fitted = fit(history, target, since, until - since)
    judged = labelled(history, target, [Window(since, until)], until - since, _EVER).at(since, until)
    if not len(judged):
        raise ModelError(f"no inspection of {target} between {since:%Y-%m-%d} and {until:%Y-%m-%d} has a result")
    mix, calibration = fitted.ranker.mix, fitted.ranker.calibration
    chosen = {**asdict(mix), "calibration": calibration.to_json()}
    return Evaluation(
        target, since, until, judged.cohort_rows, len(judged), int(judged.failed.sum()), chosen, rows(fitted, judged)
    )


def rows(fitted: Fitted, judged: Dataset) -> dict[str, dict[str, float]]:
    """ranker -> column -> value on the judged rows, every rival fitted on the model's own training data."""
    outcomes, examples = judged.outcomes(), fitted.data.examples()
    names = fitted.ranker.feature_names
    logistic = candidates.logistic(names).fit(examples)
    table = {
        candidates.MODEL: metrics.table_row(
            fitted.ranker.score(judged.X), outcomes, fitted.ranker.probability(judged.X)
        ),
        logistic.name: metrics.table_row(logistic.score(judged.X), outcomes, logistic.probability(judged.X)),
    }
    others = [baseline.fit(examples) for baseline in candidates.known_baselines(fitted.data.target, names)]
    table |= {ranker.name: metrics.table_row(ranker.score(judged.X), outcomes) for ranker in others}
    return {**table, candidates.RANDOM: metrics.random_row(outcomes)}

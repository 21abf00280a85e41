"""Challenger, champion and baselines on data that neither model saw: everything after both training cuts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from features.history import History
from models.baseline import baselines
from models.contract import ModelError, Ranker
from models.registry import Registered
from training import bootstrap, metrics
from training.bootstrap import Lead
from training.capacity import derived
from training.contest import EVER
from training.dataset import Dataset, labelled
from training.days import day
from training.plain import plain
from training.results import end_of_results
from training.splits import MOST_COHORTS, Window

CHALLENGER, CHAMPION = "challenger", "champion"
#: With fewer results, or fewer failures or passes among them, who is ahead is luck.
FEWEST_ROWS = 50
FEWEST_OF_EACH = 5


@dataclass(frozen=True)
class Trial:
    """What came out: the AUC of each on the same rows since `since`, and the challenger's lead over the champion."""

    since: datetime
    rows: int
    failures: int
    figures: Mapping[str, float]
    lead: Lead

    @property
    def ahead(self) -> str | None:
        """Who is not behind the challenger, the best of them; None if it won."""
        mine = self.figures[CHALLENGER]
        better = {name: value for name, value in self.figures.items() if name != CHALLENGER and value >= mine}
        return max(better, key=lambda name: better[name]) if better else None

    def told(self) -> str:
        """The figures in one line."""
        others = {name: value for name, value in self.figures.items() if name not in (CHALLENGER, CHAMPION)}
        best = max(others, key=lambda name: others[name])
        return (
            f"on {self.rows} results since {day(self.since)} that neither saw its {metrics.AUC} is "
            f"{self.figures[CHALLENGER]:.3f}, the champion's {self.figures[CHAMPION]:.3f} (lead "
            f"{self.lead.difference:+.3f}, 95% {self.lead.low:+.3f} to {self.lead.high:+.3f}), that of the best "
            f"baseline {best!r} {others[best]:.3f}"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "since": self.since.isoformat(), "rows": self.rows, "failures": self.failures,
            metrics.AUC: plain(self.figures), "lead": self.lead.to_json(),
        }  # fmt: skip


def trial(history: History, challenger: Registered, champion: Registered) -> Trial:
    """Judge both on what became known after the later of their training cuts.

    Raises `ModelError` where there is too little of it, or a model's features are no longer there.
    """
    target = challenger.target
    since = max(datetime.fromisoformat(model.card.trained_until) for model in (challenger, champion))
    unseen = _unseen(history, target, since, timedelta(days=challenger.card.horizon_days))
    outcomes = unseen.outcomes()
    rankers: dict[str, Ranker] = {CHALLENGER: challenger.ranker, CHAMPION: champion.ranker}
    rankers |= {
        rule.name: rule.fitted_on(unseen.X) for rule in baselines(target) if rule.feature in unseen.usable_features()
    }
    scores = {name: ranker.score(unseen.X) for name, ranker in rankers.items()}
    figures = {name: metrics.auc(score, outcomes.failed) for name, score in scores.items()}
    top = derived(history, target, since).of(len(unseen))
    both = {name: scores[name] for name in (CHALLENGER, CHAMPION)}
    drawn = bootstrap.draws(both, outcomes, unseen.examples().subject, top)
    lead = bootstrap.lead(
        figures[CHALLENGER] - figures[CHAMPION], drawn[CHALLENGER][:, 0] - drawn[CHAMPION][:, 0]
    )
    return Trial(since, len(unseen), int(outcomes.failed.sum()), figures, lead)


def _unseen(history: History, target: str, since: datetime, horizon: timedelta) -> Dataset:
    end = end_of_results(history, target)
    windows = _windows(since, end, horizon) if end is not None and end > since else []
    if not windows:
        raise ModelError(f"there is no result since {day(since)} that neither it nor the champion saw")
    data = labelled(history, target, windows, horizon, EVER)
    unseen = data.rows(data.keys["performed_at"] < data.keys["until"])
    failures = int(unseen.failed.sum())
    if len(unseen) < FEWEST_ROWS or min(failures, len(unseen) - failures) < FEWEST_OF_EACH:
        raise ModelError(
            f"there are only {len(unseen)} results ({failures} failed) since {day(since)} that neither it nor the "
            f"champion saw, too few to judge by"
        )
    return unseen


def _windows(since: datetime, end: datetime, horizon: timedelta) -> list[Window]:
    """Consecutive windows of a horizon each; what is left over at the end is one too."""
    found, start = list[Window](), since
    while start < end and len(found) < MOST_COHORTS:
        found.append(Window(start, min(start + horizon, end)))
        start += horizon
    return found

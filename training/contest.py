"""One window: everybody is fitted on what was known before it, ranks its rows, and is judged by what came of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from features.history import History
from models.contract import Examples, ModelError, ProbabilityRanker, Ranker, Reals
from training import candidates, metrics
from training.capacity import Capacity
from training.dataset import Dataset, labelled
from training.days import day
from training.enough import require_results
from training.fit import Fitted, fit
from training.restraint import held_back_rival
from training.rivals import Rival, by_rule
from training.splits import Window

#: Labels of a window are read as they are known today.
EVER = datetime(9999, 1, 1)  # noqa: DTZ001 - UTC without a zone, like every time in a history


@dataclass(frozen=True)
class Contest:
    """A window, who competed, and how each scored its rows. `probabilities` only of those who give some."""

    window: Window
    fitted: Fitted
    judged: Dataset
    rankers: Mapping[str, Ranker]
    scores: Mapping[str, Reals]
    probabilities: Mapping[str, Reals]
    capacity: Capacity

    @property
    def top(self) -> int:
        """How many of the rows can be looked at in a planning period."""
        return self.capacity.of(len(self.judged))

    @property
    def outcome_model(self) -> ProbabilityRanker:
        """Who says what to expect of the unseen: the logistic regression, so that the model does not judge itself."""
        ranker = self.rankers[candidates.LOGISTIC]
        if not isinstance(ranker, ProbabilityRanker):
            raise ModelError(f"{ranker.name} gives no probabilities")
        return ranker

    def table(self) -> dict[str, dict[str, float]]:
        """ranker -> column -> value, random included."""
        outcomes = self.judged.outcomes()
        rows = {
            name: metrics.table_row(score, outcomes, self.probabilities.get(name), self.top)
            for name, score in self.scores.items()
        }
        return {**rows, candidates.RANDOM: metrics.random_row(outcomes, capacity=self.top)}

    def chosen(self) -> dict[str, Any]:
        """What the model's selection came to, as plain values."""
        mix, calibration = self.fitted.ranker.mix, self.fitted.ranker.calibration
        return {**asdict(mix), "calibration": calibration.to_json()}


def held(
    history: History,
    target: str,
    window: Window,
    capacity: Capacity,
    rivals: Sequence[Rival] = (),
    gap: timedelta = timedelta(0),
) -> Contest:
    """The contest of a window: fitted on what was known `gap` before it begins, all its rows ranked at once.

    Raises `ModelError` when nothing can be fitted or nothing in the window has an outcome.
    """
    require_results(history, target, window)
    fitted = fit(history, target, window.as_of - gap, window.length)
    judged = labelled(history, target, [window], window.length, EVER).at(window.as_of, window.until)
    if not len(judged):
        raise ModelError(
            f"no inspection of {target} between {day(window.as_of)} and {day(window.until)} has a result"
        )
    rankers = _rankers(fitted, rivals)
    scores = {name: ranker.score(judged.X) for name, ranker in rankers.items()}
    told = {name: ranker for name, ranker in rankers.items() if isinstance(ranker, ProbabilityRanker)}
    probabilities = {name: ranker.probability(judged.X) for name, ranker in told.items()}
    return Contest(window, fitted, judged, rankers, scores, probabilities, capacity)


def _rankers(fitted: Fitted, rivals: Sequence[Rival]) -> dict[str, Ranker]:
    """The model, then its rivals, each fitted on the model's own training rows."""
    examples: Examples = fitted.data.examples()
    known, usable = list(fitted.data.X.columns), fitted.data.usable_features()
    rule = by_rule(usable)
    named = [*rivals, rule] if rule else list(rivals)
    unfitted: list[Ranker] = [
        candidates.logistic(usable, fitted.ranker.strength),
        *(held_back_rival(fitted.data, rival.unfitted(known, usable), fitted.earlier) for rival in named),
        *candidates.known_baselines(fitted.data.target, usable),
    ]
    return {candidates.MODEL: fitted.ranker, **{ranker.name: ranker.fit(examples) for ranker in unfitted}}

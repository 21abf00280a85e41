"""What the monitor looks for, each a pure rule from numbers to one sentence. The marks are named here, nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np

from models.contract import Reals
from models.ranking import TIE_SEED
from service.issues.guard import Interval, Sample, interval
from training import metrics
from training.bootstrap import spread
from training.days import day
from training.drift import MOVED, Shift
from training.live import Live

State = Literal["well", "off", "too little data", "told"]

#: Outcomes, and failures among them, below which nothing is said of them.
FEWEST_OUTCOMES, FEWEST_FAILURES = 200, 20
#: This share of the features must have moved before that alone asks for a fit: some always do, and where it matters
#: the scores move with them.
MANY_FEATURES = 0.5
#: A calibration error must exceed both this and what a perfect model would show by chance (95 of 100 times).
TOLERATED_ERROR = 0.05
#: Realised recall may stay so far behind what the card promised: a card's own figure is a little too good.
TOLERATED_LOSS = 0.05
#: The share of a list that people look at; the card promises its recall at the same.
CAPACITY, PROMISE = 0.25, "recall at 25%"
#: Data, and lists, older than this are told.
OLD_DATA, OLD_LIST = timedelta(days=7), timedelta(days=3)
_CHANCE_DRAWS = 200


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it stands, in a sentence, with its figures."""

    about: str
    state: State
    sentence: str
    figures: dict[str, Any] = field(default_factory=dict)


def features_moved(found: Sequence[Shift]) -> Finding:
    """Of the features, how many moved beyond chance, and the worst."""
    judged = [shift for shift in found if shift.enough]
    if not judged:
        rows = {"then_rows": found[0].then_rows, "now_rows": found[0].now_rows} if found else {}
        return Finding("features", "too little data", "Too little data to say whether features moved.", rows)
    moved = [shift for shift in judged if shift.moved]
    figures = {"judged": len(judged), "moved": [shift.feature for shift in moved]}
    if not moved:
        said = f"None of {len(judged)} features moved beyond chance since training (worst: {_moved(judged[0])})."
        return Finding("features", "well", said, figures)
    state: State = "off" if len(moved) >= MANY_FEATURES * len(judged) else "told"
    said = f"{len(moved)} of {len(judged)} features moved; most: {_moved(moved[0])}."
    return Finding("features", state, said, figures)


def scores_moved(shift: Shift) -> Finding:
    """Whether the scores that lists show are spread as they were when the model was fitted."""
    figures = {"index": shift.index, "by_chance": shift.by_chance, "then": shift.then_rows, "now": shift.now_rows}
    if not shift.enough:
        return Finding("scores", "too little data", "Too little data to say whether the scores moved.", figures)
    state: State = "off" if shift.moved else "well"
    verb = "moved" if shift.moved else "are spread as they were"
    return Finding("scores", state, f"The scores {verb}: {_moved(shift)}.", figures)


def _moved(shift: Shift) -> str:
    return (
        f"{shift.feature}, index {shift.index:.2f} of which chance gives {shift.by_chance:.2f} (mark {MOVED}), "
        f"typically {shift.then} then and {shift.now} now, {shift.then_rows} and {shift.now_rows} rows"
    )


def calibrated(live: Live) -> Finding:
    """Whether what was said came true as often as it was said."""
    chance, failed = live.rows["probability"].to_numpy(np.float64), live.failed
    if too_few(live) or np.isnan(chance).any():
        return _too_little("calibration", live)
    error, by_chance = metrics.calibration_error(chance, failed), _error_by_chance(chance)
    bounds, said = interval(Sample(int(failed.sum()), len(failed))), float(chance.mean())
    figures = {
        "ECE": error, "ECE by chance": by_chance, "said": said, "observed": float(failed.mean()),
        "observed low": bounds.low, "observed high": bounds.high, "outcomes": len(live),
    }
    state: State = "off" if error > max(by_chance, TOLERATED_ERROR) else "well"
    return Finding("calibration", state, (
        f"Said {said:.3f}, observed {failed.mean():.3f} ({bounds.low:.3f} to {bounds.high:.3f}) over {len(live)} "
        f"outcomes; calibration error {error:.3f}, up to {by_chance:.3f} is chance."
    ), figures)


def _error_by_chance(chance: Reals) -> float:
    """The calibration error that a model which is right would stay below, 95 of 100 times."""
    rng = np.random.default_rng(TIE_SEED)
    came = (rng.random((_CHANCE_DRAWS, len(chance))) < chance).astype(np.float64)
    return float(np.quantile([metrics.calibration_error(chance, failed) for failed in came], 0.95))


def recalled(live: Live, promised: float | None) -> Finding:
    """The share of failures that a quarter of the inspected held, by score, against what the card promised."""
    if too_few(live):
        return _too_little("recall", live)
    score, failed = live.rows["score"].to_numpy(np.float64), live.failed
    value = metrics.recall_at(score, failed, CAPACITY)
    bounds = spread(lambda rows: metrics.recall_at(score[rows], failed[rows], CAPACITY), subjects(live))
    figures = {"recall": value, "low": bounds.low, "high": bounds.high, "promised": promised, "outcomes": len(live)}
    said = f"The first quarter held {value:.2f} of the failures ({bounds.low:.2f} to {bounds.high:.2f})"
    if promised is None:
        return Finding("recall", "told", f"{said}; the card promises nothing.", figures)
    state: State = "off" if bounds.high < promised - TOLERATED_LOSS else "well"
    return Finding("recall", state, f"{said}; the card promised {promised:.2f}. Only the inspected count.", figures)


def challenged(live: Live, challenger: str) -> Finding:
    """Champion and challenger on the same outcomes: the difference of their AUC with its interval."""
    if too_few(live):
        return _too_little("challenger", live)
    mine, theirs = (live.rows[name].to_numpy(np.float64) for name in ("score", "shadow_score"))
    failed = live.failed
    values = {"champion": metrics.auc(mine, failed), "challenger": metrics.auc(theirs, failed)}
    bounds = spread(
        lambda rows: metrics.auc(theirs[rows], failed[rows]) - metrics.auc(mine[rows], failed[rows]), subjects(live)
    )
    figures = {**values, "low": bounds.low, "high": bounds.high, "outcomes": len(live)}
    said = (
        f"{challenger} in shadow: AUC {values['challenger']:.3f} where the list's was {values['champion']:.3f}, "
        f"difference {bounds.low:+.3f} to {bounds.high:+.3f} over {len(live)} outcomes: {_winner(bounds)}."
    )
    return Finding("challenger", "told", said, figures)


def _winner(bounds: Interval) -> str:
    if bounds.low > 0:
        return "the challenger is better; a person may promote it"
    return "the list's is better" if bounds.high < 0 else "they cannot be told apart yet"


def data_age(known_at: datetime | None, listed_at: datetime, at: datetime) -> Finding:
    """How old the last list is, and the data it saw."""
    figures = {"listed_at": listed_at, "data_known_at": known_at}
    if at - listed_at > OLD_LIST:
        said = f"The last list is of {listed_at:%Y-%m-%d %H:%M} UTC; does the worker run?"
        return Finding("data age", "told", said, figures)
    if known_at is None or listed_at - known_at > OLD_DATA:
        known = f"{day(known_at)}" if known_at else "nothing"
        return Finding("data age", "told", f"The last list saw old data: the latest is of {known}.", figures)
    return Finding("data age", "well", f"The last list saw data of {known_at:%Y-%m-%d %H:%M} UTC.", figures)


def subjects(live: Live) -> Any:
    """Whom a row is about: persons come several times and are drawn together."""
    return live.rows["employee_code"] if "employee_code" in live.rows else live.rows["inspection_code"]


def too_few(live: Live) -> bool:
    """Whether there are too few outcomes, or failures or passes among them, to judge by."""
    failures = live.failed.sum()
    return len(live) < FEWEST_OUTCOMES or min(failures, len(live) - failures) < FEWEST_FAILURES


def _too_little(about: str, live: Live) -> Finding:
    figures = {"outcomes": len(live), "failures": int(live.failed.sum())}
    return Finding(about, "too little data", (
        f"Too little data for {about}: {len(live)} outcomes with {figures['failures']} failures, and it takes "
        f"{FEWEST_OUTCOMES} with {FEWEST_FAILURES}."
    ), figures)

"""Choosing by regret over earlier windows, not by one window's winner.

Each earlier window is judged as in earnest: the members are fitted on what was known before it begins and rank its
rows. A mix's regret on a window is how far its merit stays behind the best mix there. The default mix is kept unless
another's mean regret is clearly smaller: the best of a few windows is mostly luck. Source: triage's "audition" (dssg).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.blend import BlendRanker, Mix, blended
from models.calibration import Calibration, fit_calibration
from models.contract import ModelError, Reals
from training.candidates import MIXES
from training.dataset import Dataset
from training.metrics import Outcomes, auc, within_inspector_auc
from training.splits import Window

#: A window with fewer failures or passes says nothing about a mix.
_FEWEST_OF_EACH = 10
#: Fewer failures or passes than this in the last fold, and all folds calibrate together.
_ENOUGH_TO_CALIBRATE = 100
#: Mean merits closer than this cannot be told apart on a few windows.
CLEAR = 0.005


@dataclass(frozen=True)
class Fold:
    """What each member said of an earlier window's rows before their outcomes were known, and the outcomes."""

    window: Window
    members: Mapping[str, Reals]
    outcomes: Outcomes


@dataclass(frozen=True)
class Selection:
    """The chosen mix, the calibration of its out-of-time scores, and each mix's mean regret."""

    mix: Mix
    calibration: Calibration
    regrets: Mapping[Mix, float]

    def score(self, fold: Fold) -> Reals:
        """The chosen mix's score of a fold's rows."""
        return blended(fold.members, self.mix)

    def to_json(self) -> list[dict[str, Any]]:
        """The regrets, smallest first, as plain values."""
        rows = sorted(self.regrets.items(), key=lambda pair: pair[1])
        return [{"trees": mix.trees, "adjusted": mix.adjusted, "regret": round(value, 5)} for mix, value in rows]


def folds(data: Dataset, unfitted: BlendRanker, windows: Sequence[Window]) -> list[Fold]:
    """One fold per earlier window that has both outcomes before and inside it."""
    found = []
    one_seed = replace(unfitted.growth, seeds=unfitted.growth.seeds[:1])
    everyone = replace(unfitted, growth=one_seed, mix=Mix(0.5, 0.5))
    for window in windows:
        inside = data.inside(window)
        if min(inside.failed.sum(), len(inside) - inside.failed.sum()) < _FEWEST_OF_EACH:
            continue
        try:
            fitted = everyone.fit(data.before(window.as_of).examples())
        except ModelError:
            continue
        found.append(Fold(window, fitted.members(inside.X), inside.outcomes()))
    return found


def merit(score: Reals, outcomes: Outcomes) -> float:
    """What a mix is chosen by: plain and within-inspector AUC in equal parts.

    The first alone would reward guessing who inspects from where a unit lies, the second alone would give away what
    places do tell.
    """
    return (auc(score, outcomes.failed) + within_inspector_auc(score, outcomes.failed, outcomes.inspector)) / 2


def choose(found: Sequence[Fold], mixes: Sequence[Mix] = MIXES) -> Selection:
    """The default mix, or the one of clearly smaller mean regret; calibrated where there is a fold."""
    default = Mix()
    if not found:
        return Selection(default, Calibration(), {})
    merits = np.array([[merit(blended(fold.members, mix), fold.outcomes) for fold in found] for mix in mixes])
    means = (merits.max(axis=0) - merits).mean(axis=1)
    regrets = {mix: float(value) for mix, value in zip(mixes, means, strict=True)}
    best = min(regrets, key=lambda mix: regrets[mix])
    chosen = best if regrets.get(default, np.inf) > regrets[best] + CLEAR else default
    telling = _telling(found)
    scores = np.concatenate([blended(fold.members, chosen) for fold in telling])
    failed = np.concatenate([fold.outcomes.failed for fold in telling])
    return Selection(chosen, fit_calibration(scores, failed), regrets)


def _telling(found: Sequence[Fold]) -> Sequence[Fold]:
    """The folds to calibrate on: the last, whose model saw nearly as much as the final one, if it holds enough.

    Models of earlier folds saw less and were surer than they should be; their slopes are too flat for the final one.
    """
    last = found[-1].outcomes.failed
    return found[-1:] if min(last.sum(), len(last) - last.sum()) >= _ENOUGH_TO_CALIBRATE else found

"""Choosing by regret over earlier windows, not by one window's winner.

Each earlier window is judged as in earnest: the members are fitted on what was known before it begins and rank its
rows. A mix's regret on a window is how far its merit stays behind the best mix there. The default mix is kept unless
another's mean regret is clearly smaller: the best of a few windows is mostly luck. Source: triage's "audition" (dssg).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bands import Bands, amount_known, fit_bands
from models.blend import BlendRanker, Mix, blended
from models.calibration import Calibration, fit_spread
from models.contract import ModelError, Reals, rarer
from training.candidates import MIXES
from training.dataset import Dataset
from training.metrics import Outcomes, auc, within_inspector_auc
from training.splits import Window

#: A window with fewer failures or passes says nothing about a mix.
_FEWEST_OF_EACH = 10
#: A mix in which every member has a share.
EVERYTHING = Mix(0.5, 0.5, 0.5)
#: Mean merits closer than this cannot be told apart on a few windows.
CLEAR = 0.005


@dataclass(frozen=True)
class Fold:
    """What each member said of an earlier window's rows before their outcomes were known, and the outcomes."""

    window: Window
    members: Mapping[str, Reals]
    outcomes: Outcomes
    #: how much was known of each row's subject (`models.bands`)
    amounts: npt.NDArray[np.intp]


@dataclass(frozen=True)
class Selection:
    """The chosen mix, calibration and bands of its out-of-time scores, and each mix's mean regret."""

    mix: Mix
    calibration: Calibration
    bands: Bands
    regrets: Mapping[Mix, float]

    def score(self, fold: Fold) -> Reals:
        """The chosen mix's score of a fold's rows."""
        return blended(fold.members, self.mix)

    def to_json(self) -> list[dict[str, Any]]:
        """The regrets, smallest first, as plain values."""
        rows = sorted(self.regrets.items(), key=lambda pair: pair[1])
        return [{**asdict(mix), "regret": round(value, 5)} for mix, value in rows]


def folds(data: Dataset, unfitted: BlendRanker, windows: Sequence[Window], mix: Mix = EVERYTHING) -> list[Fold]:
    """One fold per earlier window that has both outcomes before and inside it; fitted are the members of `mix`."""
    found = []
    one_seed = replace(unfitted.growth, seeds=unfitted.growth.seeds[:1])
    everyone = replace(unfitted, growth=one_seed, mix=mix)
    for window in windows:
        inside = data.inside(window)
        if rarer(inside.failed) < _FEWEST_OF_EACH:
            continue
        try:
            fitted = everyone.fit(data.before(window.as_of).examples())
        except ModelError:
            continue
        found.append(Fold(window, fitted.members(inside.X), inside.outcomes(), amount_known(inside.X)))
    return found


def merit(score: Reals, outcomes: Outcomes) -> float:
    """What a mix is chosen by: plain and within-inspector AUC in equal parts.

    The first alone would reward guessing who inspects from where a unit lies, the second alone would give away what
    places do tell.
    """
    return (auc(score, outcomes.failed) + within_inspector_auc(score, outcomes.failed, outcomes.inspector)) / 2


def choose(found: Sequence[Fold], default: Mix, mixes: Sequence[Mix] = MIXES) -> Selection:
    """The default mix, or the one of clearly smaller mean regret; what it says is spread as the folds' outcomes are.

    Penalties are chosen by the loss after calibration, and an average of several log-odds says too little of each.
    """
    if not found:
        return Selection(default, Calibration(), Bands(), {})
    merits = np.array([[merit(blended(fold.members, mix), fold.outcomes) for fold in found] for mix in mixes])
    means = (merits.max(axis=0) - merits).mean(axis=1)
    regrets = {mix: float(value) for mix, value in zip(mixes, means, strict=True)}
    best = min(regrets, key=lambda mix: regrets[mix])
    chosen = best if regrets.get(default, np.inf) > regrets[best] + CLEAR else default
    said = [(blended(fold.members, chosen), fold.outcomes.failed) for fold in found]
    score, failed = (np.concatenate(parts) for parts in zip(*said, strict=True))
    bands = fit_bands(score, failed, np.concatenate([fold.amounts for fold in found]))
    return Selection(chosen, fit_spread(said), bands, regrets)

"""A small search for how trees are grown, judged on earlier time windows only."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from models.blend import BlendRanker, Mix, blended
from models.trees import PARAMETERS, Growth
from training.dataset import Dataset
from training.select import CLEAR, folds, merit
from training.splits import Window

#: The seed of the search's own draws.
SEED = 17
#: What is searched besides the number of leaves and rounds: LightGBM's name -> smallest and largest value.
SHARES: Mapping[str, tuple[float, float]] = {
    "lambda_l2": (1.0, 200.0), "feature_fraction": (0.2, 1.0), "bagging_fraction": (0.4, 1.0),
}  # fmt: skip
_LEAVES, _ROUNDS = (4, 64), (50, 800)
_TREES_ALONE = Mix(1.0, 0.0)


def searched(data: Dataset, unfitted: BlendRanker, windows: Sequence[Window], trials: int) -> Growth:
    """How to grow trees, by `trials` tries, of which the present way is the first.

    The present way stays unless another's mean merit over the windows is clearly better: the best of many tries on a
    few windows is mostly luck.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=SEED))
    present = {**PARAMETERS, **unfitted.growth.parameters}
    present = {name: present[name] for name in ("num_leaves", *SHARES)}
    study.enqueue_trial({"rounds": unfitted.growth.rounds, **present})
    study.optimize(lambda trial: _mean_merit(data, unfitted, windows, _growth(unfitted.growth, trial)), trials)
    first, best = study.trials[0].value, study.best_value
    if first is None or best <= first + CLEAR:
        return unfitted.growth
    return _growth(unfitted.growth, optuna.trial.FixedTrial(study.best_params))


def _growth(growth: Growth, trial: Any) -> Growth:
    """The growth that a trial tries."""
    leaves = trial.suggest_int("num_leaves", *_LEAVES, log=True)
    shares = {name: trial.suggest_float(name, *bounds, log=True) for name, bounds in SHARES.items()}
    rounds = trial.suggest_int("rounds", *_ROUNDS, log=True)
    return replace(growth, rounds=rounds, parameters={**growth.parameters, "num_leaves": leaves, **shares})


def _mean_merit(data: Dataset, unfitted: BlendRanker, windows: Sequence[Window], growth: Growth) -> float:
    """How good trees alone, so grown, are on the windows."""
    found = folds(data, replace(unfitted, growth=growth), windows, _TREES_ALONE)
    merits = [merit(blended(fold.members, _TREES_ALONE), fold.outcomes) for fold in found]
    return float(np.mean(merits)) if merits else 0.0

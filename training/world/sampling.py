"""Sampling inspection: a sample size, the nonconforming units found in it, and accept or reject."""

import numpy as np

from training.world.arrays import Flags, Floats, Ints

#: sample sizes and acceptance numbers in the manner of ISO 2859-1, single sampling, normal inspection
_PLANS = np.array([(13, 0), (20, 0), (32, 1), (50, 1), (80, 2)])


def sample(rate: Floats, seen: Floats, rng: np.random.Generator) -> tuple[Ints, Ints, Flags]:
    """Draw a plan for each lot; `rate` is the true nonconforming share, `seen` the part of it the inspector finds."""
    size, accept = _PLANS[rng.integers(0, len(_PLANS), len(rate))].T
    nonconforming = rng.binomial(size, np.clip(rate * seen, 0, 1))
    return size, nonconforming, np.asarray(nonconforming > accept, bool)

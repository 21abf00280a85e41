"""Inspectors: how severe each is, who is there on a day, and what they see of what is truly wrong."""

from dataclasses import dataclass

import numpy as np

from training.world.arrays import Flags, Floats, Ints
from training.world.people import Roll
from training.world.sector import Sector

_DETECTS, _ALARMS, _SEVERITY_WEIGHT = 1.8, -4.3, 0.8


@dataclass(frozen=True)
class Inspectors:
    """`severity` (log-odds, mean 0) for every person and, after them, every outside inspector.

    `on_duty[person, day]` marks inspectors at work; `outside` are the indices beyond the roll. `pools[day]` begins
    with the `sizes[day]` inspectors at work that day.
    """

    severity: Floats
    on_duty: Flags
    outside: Ints
    pools: Ints
    sizes: Ints

    def pick(self, days: Ints, rng: np.random.Generator, outside_share: float = 0.01) -> Ints:
        """An inspector at work on each of the days, or one from outside."""
        day = np.clip(days, 0, len(self.sizes) - 1)
        inside = (rng.random(len(days)) >= outside_share) & (self.sizes[day] > 0)
        own = self.pools[day, (rng.random(len(days)) * self.sizes[day]).astype(np.int64)]
        return np.where(inside, own, rng.choice(self.outside, len(days)))

    def judge(self, inspector: Ints, failed: Flags, rng: np.random.Generator) -> Flags:
        """The result each gives: some failures are missed, some good work is failed."""
        logit = np.where(failed, _DETECTS, _ALARMS) + _SEVERITY_WEIGHT * self.severity[inspector]
        return np.asarray(rng.random(len(inspector)) < 1 / (1 + np.exp(-logit)), bool)

    def share_seen(self, inspector: Ints) -> Floats:
        """The part of nonconforming units an inspector finds in a sample."""
        return np.asarray(1 / (1 + np.exp(-_DETECTS - _SEVERITY_WEIGHT * self.severity[inspector])), np.float64)


def draw_inspectors(sector: Sector, roll: Roll, shift: Ints, rng: np.random.Generator) -> Inspectors:
    """Give every inspector a severity."""
    inspects = np.array([post.role == "inspector" for post in sector.posts])
    outside = len(roll.codes) + np.arange(len(sector.outside_inspectors))
    severity = rng.normal(0, 0.8, len(roll.codes) + len(outside))
    on_duty = inspects[roll.post_on] & (roll.post_on >= 0) & (shift > 0)
    pools = np.argsort(~on_duty.T, axis=1, kind="stable")
    return Inspectors(severity, on_duty, outside, pools, on_duty.sum(axis=0))

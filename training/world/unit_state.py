"""Departments as things inspected: their hidden order, and when a visit is due."""

from dataclasses import dataclass, field

import numpy as np

from training.world.arrays import Flags, Floats, Ints

_ROUTINE_EVERY, _AUDIT_EVERY = 12, 75


@dataclass
class UnitState:
    """`order[unit]` drifts (log-odds of a failed visit); `trouble[unit]` is the lately failed share of its work.

    Units that run processes get a routine visit every twelve days or so; all get audits.
    """

    runs_work: Flags
    rng: np.random.Generator
    order: Floats = field(init=False)
    trouble: Floats = field(init=False)
    _routine: Ints = field(init=False)
    _audit: Ints = field(init=False)

    def __post_init__(self) -> None:
        size = len(self.runs_work)
        self.order, self.trouble = self.rng.normal(0, 0.7, size), np.full(size, 0.08)
        self._routine = self.rng.integers(14, 14 + _ROUTINE_EVERY, size)
        self._audit = self.rng.integers(14, 14 + _AUDIT_EVERY, size)

    def drift(self, unit: Ints, failed: Flags) -> None:
        """One day: conditions move a little, and the day's work counts (about a month of memory)."""
        size = len(self.order)
        self.order = 0.985 * self.order + self.rng.normal(0, 0.12, size)
        pieces = np.bincount(unit, minlength=size)
        share = np.bincount(unit, weights=failed.astype(np.float64), minlength=size) / np.maximum(pieces, 1)
        self.trouble += np.where(pieces > 0, 0.04 * (share - self.trouble), 0)

    def due(self, day: int) -> tuple[Ints, Ints]:
        """The units to visit on a day, and 1 where it is an audit; sets their next turn."""
        routine = np.flatnonzero(self.runs_work & (self._routine <= day))
        audit = np.flatnonzero(self._audit <= day)
        self._routine[routine] = day + _ROUTINE_EVERY + self.rng.integers(-3, 4, len(routine))
        self._audit[audit] = day + _AUDIT_EVERY + self.rng.integers(-15, 16, len(audit))
        return np.concatenate([routine, audit]), np.repeat([0, 1], [len(routine), len(audit)])

    def chance(self, unit: Ints) -> Floats:
        """The chance that a visit finds what fails a unit."""
        logit = -1.3 + self.order[unit] + 12 * (self.trouble[unit] - 0.08)
        return np.asarray(1 / (1 + np.exp(-logit)), np.float64)

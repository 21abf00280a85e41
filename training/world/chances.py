"""The chance that a piece of work truly fails, and which cause weighs most when it does."""

from dataclasses import dataclass, fields

import numpy as np

from training.world.arrays import Flags, Floats, Ints, Texts
from training.world.qualifying import EXPIRED, FAILED_LAST, NOT_TRAINED, SUPERSEDED

BASE = -3.75
SKILL_WEIGHT, SKILL_NORM = 5.0, 0.55
_FATIGUE, _SLIP, _STALE, _SUPERVISED = 0.75, 1.4, 0.5, -0.5
DRIVERS = ("skill", "change", "fatigue", "input", "slip", "process")
#: less than this on the log-odds explains nothing
_NOTABLE = 0.4


@dataclass(frozen=True)
class Pressures:
    """What adds to the log-odds of a failure, row by row: each driver, and the person's own steady luck."""

    skill: Floats
    change: Floats
    fatigue: Floats
    input: Floats
    slip: Floats
    process: Floats
    luck: Floats

    def chance(self) -> Floats:
        """The logistic of the sum."""
        total = BASE + sum((getattr(self, item.name) for item in fields(self)), np.zeros(len(self.skill)))
        return np.asarray(1 / (1 + np.exp(-total)), np.float64)

    def driver(self) -> Ints:
        """The index in `DRIVERS` of the largest, or -1 where none is notable."""
        stacked = np.stack([getattr(self, name) for name in DRIVERS])
        return np.where(stacked.max(axis=0) >= _NOTABLE, stacked.argmax(axis=0), -1)


@dataclass(frozen=True)
class Circumstances:
    """The raw quantities of each row: `skill` and `gap` are 0..1, `burden`, `process` and `luck` log-odds already."""

    skill: Floats
    gap: Floats
    stale: Flags
    fatigue: Floats
    burden: Floats
    slip: Flags
    supervised: Flags
    process: Floats
    luck: Floats


def pressures(row: Circumstances) -> Pressures:
    """Weigh the circumstances."""
    return Pressures(
        skill=SKILL_WEIGHT * (SKILL_NORM - row.skill),
        change=SKILL_WEIGHT * row.skill * row.gap + _STALE * row.stale,
        fatigue=_FATIGUE * row.fatigue,
        input=row.burden,
        slip=np.where(row.slip, _SLIP, 0.0),
        process=row.process,
        luck=row.luck + np.where(row.supervised, _SUPERVISED, 0.0),
    )


def causes(
    driver: Ints, standing: Ints, stale: Flags, own_post: Flags, covered: Flags, missed_upstream: Flags
) -> Texts:
    """The dominant cause of each failure in the words of section 4 of the design."""
    skill, change, inputs, slip, process = (
        driver == DRIVERS.index(name) for name in ("skill", "change", "input", "slip", "process")
    )
    untaught = np.isin(standing, (NOT_TRAINED, EXPIRED, FAILED_LAST, SUPERSEDED))
    rules = [
        (inputs & missed_upstream, "inspection_missed"),
        (inputs, "input_batch"),
        (slip, "process_not_followed"),
        (change & stale, "standard_not_synced"),
        (change & untaught, "training_not_completed"),
        (change, "standard_not_synced"),
        (skill & ~covered, "training_not_covered"),
        (skill & untaught & ~own_post, "unqualified_on_post"),
        (skill & untaught, "training_not_completed"),
        (skill | process, "training_ineffective"),
    ]
    names = [np.full(len(driver), name, dtype=object) for _, name in rules]
    return np.select([rule for rule, _ in rules], names, "undetermined")

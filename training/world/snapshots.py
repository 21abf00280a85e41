"""What is true of people at a month's end: their mastery, and what one more course would change."""

import numpy as np

from training.world.arrays import Floats, Ints
from training.world.chances import Circumstances, pressures
from training.world.mastery import FLOOR, RETAUGHT
from training.world.site import Site

HORIZON_DAYS = 60
_TYPICAL_FATIGUE = 0.3


def snapshot(site: Site, day: int) -> None:
    """Log mastery and the failure chance over the next 60 days, with and without a course taken today.

    The chance is the mean over the horizon for an ordinary piece: typical fatigue, good inputs, no slip, no practice
    on the way. It covers everybody employed on the day before and every process of their post that is run.
    """
    last = max(day - 1, 0)
    held = site.roll.post_on[:, last]
    does = (held >= 0)[:, None] & (site.work_share[held] > 0) & (site.starts <= last)[None, :]
    people, processes = np.nonzero(does)
    mastery = site.mastery
    gap = mastery.gap[people, processes]
    trained = mastery.taught(people, processes, np.ones(len(people)))
    without = _ahead(site, last, people, processes, mastery.skill[people, processes], gap)
    with_course = _ahead(site, last, people, processes, trained, gap * RETAUGHT)
    site.log.add(
        "snapshot", day=np.full(len(people), day), person=people, process=processes,
        mastery=mastery.effective()[people, processes], skill=mastery.skill[people, processes], gap=gap,
        chance=without, chance_if_trained=with_course,
    )


def _ahead(site: Site, day: int, people: Ints, processes: Ints, skill: Floats, gap: Floats) -> Floats:
    steps = np.linspace(0, HORIZON_DAYS, 7)
    none, flags = np.zeros(len(people)), np.zeros(len(people), bool)
    total = none.copy()
    for after in steps:
        kept = FLOOR + (skill - FLOOR) * site.mastery.retention(after)[people, processes]
        total += pressures(Circumstances(
            kept, gap, site.changes.stale[processes, day], none + _TYPICAL_FATIGUE, none, flags, flags,
            site.process_pressure[processes, day], site.luck[people],
        )).chance()
    return total / len(steps)

"""What people can do: learning, forgetting, practice, and what a changed standard takes away."""

from dataclasses import dataclass

import numpy as np

from training.world.arrays import Flags, Floats, Ints
from training.world.people import Roll
from training.world.sector import Sector

FLOOR = 0.1
RETAUGHT = 0.15


@dataclass
class Mastery:
    """Latent mastery of each person in each process, 0 to 1. Nothing here is ever recorded by a site.

    `skill` forgets with a person's half-life in days (exponential forgetting after Ebbinghaus 1885; a half-life that
    grows with exposure after Settles and Meeder 2016), grows with practice towards `ceiling` by diminishing steps,
    and jumps at training by a person's `gain` of what is missing. `gap` is the share voided by a new version of the
    standard; training to the new version closes it at once, working under it slowly.
    """

    skill: Floats
    gap: Floats
    exposure: Floats
    gain: Floats
    half_life: Floats
    ceiling: Floats
    teachable: Floats

    def effective(self) -> Floats:
        """Mastery of the work as it is demanded today."""
        return self.skill * (1 - self.gap)

    def retention(self, days: float = 1.0) -> Floats:
        """The share of skill above the floor that is left after some days without use, per person and process."""
        half_life = self.half_life[:, None] * (1 + 0.2 * np.log1p(self.exposure / 10))
        return np.asarray(2.0 ** (-days / half_life), np.float64)

    def forget(self) -> None:
        """One day passes."""
        self.skill = FLOOR + (self.skill - FLOOR) * self.retention()

    def practise(self, people: Ints, processes: Ints) -> None:
        """One piece of work each (the gain of a power law of practice: less the nearer to the ceiling)."""
        missing = np.maximum(self.ceiling[people] - self.skill[people, processes], 0)
        np.add.at(self.skill, (people, processes), 0.02 * missing)
        np.add.at(self.exposure, (people, processes), 1.0)
        self.gap[people, processes] *= 0.99

    def teach(self, people: Ints, processes: Ints, dose: Floats, current: Flags) -> None:
        """A course ends: `dose` is 1 for a full one; `current` where it taught the version that is in force."""
        self.skill[people, processes] = self.taught(people, processes, dose)
        self.gap[people, processes] *= np.where(current, RETAUGHT, 1.0)

    def taught(self, people: Ints, processes: Ints, dose: Floats) -> Floats:
        """The skill one course would leave, without changing anything."""
        skill = self.skill[people, processes]
        return np.asarray(skill + dose * self.gain[people] * self.teachable[processes] * (0.97 - skill), np.float64)

    def void(self, process: int, share: float, prepared: Flags) -> None:
        """A new version of the standard takes effect; those already taught to it lose little."""
        lost = np.where(prepared, share * RETAUGHT, share)
        self.gap[:, process] = 1 - (1 - self.gap[:, process]) * (1 - lost)


def draw_mastery(sector: Sector, roll: Roll, rng: np.random.Generator) -> Mastery:
    """Everybody's talent, and what they can do on their first day in the period."""
    people, processes = len(roll.codes), len(sector.processes)
    own = np.array([[process.code in post.processes for process in sector.processes] for post in sector.posts])
    veteran = (roll.hired < 0)[:, None] & own[roll.first_post]
    ceiling = rng.beta(9, 3, people)
    shape = (people, processes)
    skill = np.where(veteran, ceiling[:, None] * rng.beta(6, 3, shape), rng.beta(2, 10, shape))
    return Mastery(
        skill=np.maximum(skill, FLOOR),
        gap=np.zeros((people, processes)),
        exposure=np.where(veteran, np.minimum(-roll.hired, 900)[:, None] * 0.3, 0.0),
        gain=rng.beta(4, 5, people),
        half_life=rng.lognormal(np.log(150), 0.4, people),
        ceiling=ceiling,
        teachable=np.array([process.teachability for process in sector.processes]),
    )

"""True qualification at the moment of work, by the rules of section 4 of the design (as it was, not as known)."""

from dataclasses import dataclass

import numpy as np

from training.world.arrays import Flags, Ints, Texts
from training.world.calendar import NEVER
from training.world.people import Roll
from training.world.sector import Sector
from training.world.teaching import UNTAUGHT, Teaching

GRACE_DAYS = 30
QUALIFIED, NOT_TRAINED, SUPERSEDED, EXPIRED, FAILED_LAST = range(5)
REASONS = ("qualified", "not_trained", "superseded_version", "expired", "failed")


@dataclass
class Qualifying:
    """Licences and practice, which with the courses decide who may stand where.

    `licence_until[person]` is the day the person's outside licence runs out (`NEVER` for none held), renewals counted;
    `first_until` is without them. Practice counts from the last piece of work or the
    last passed course.
    """

    needs_licence: Flags
    licence_from: Ints
    first_until: Ints
    licence_until: Ints
    practice_days: Ints
    pieces_needed: Ints
    last_work: Ints
    pieces: Ints

    def note(self, people: Ints, processes: Ints, day: int, supervised: Flags) -> None:
        """Work was done today."""
        self.last_work[people, processes] = day
        np.add.at(self.pieces, (people[supervised], processes[supervised]), 1)

    def standing(self, teaching: Teaching, people: Ints, processes: Ints, posts: Ints, day: int) -> Ints:
        """The first unmet requirement of process and post, or `QUALIFIED`, for each row."""
        catalogue = teaching.catalogue
        needed = catalogue.for_process[processes] | catalogue.for_post[posts]
        passed, version = teaching.passed[people], teaching.version[people]
        in_force = catalogue.in_force[:, day]
        day_before = catalogue.in_force[:, max(day - GRACE_DAYS, 0)]
        state = np.full(needed.shape, QUALIFIED)
        state = np.where(version < np.minimum(in_force, np.maximum(day_before, in_force - 1)), SUPERSEDED, state)
        state = np.where(passed + catalogue.validity <= day, EXPIRED, state)
        state = np.where(passed == UNTAUGHT, NOT_TRAINED, state)
        state = np.where(teaching.failed_last[people] & (state != QUALIFIED), FAILED_LAST, state)
        worst = self._beyond_courses(teaching, people, processes, posts, day)
        ranked = np.where(needed, state, QUALIFIED).max(axis=1)
        return np.where(worst == QUALIFIED, ranked, worst)

    def _beyond_courses(self, teaching: Teaching, people: Ints, processes: Ints, posts: Ints, day: int) -> Ints:
        none = self.needs_licence[posts] & ((self.licence_until[people] == NEVER) | (self.licence_from[people] > day))
        lapsed = self.needs_licence[posts] & (self.licence_until[people] <= day)
        limit = self.practice_days[processes]
        taught = np.where(teaching.catalogue.for_process[processes], teaching.passed[people], UNTAUGHT).max(axis=1)
        rusty = (limit > 0) & (day - np.maximum(self.last_work[people, processes], taught) > limit)
        few = self.pieces[people, processes] < self.pieces_needed[processes]
        return np.where(none | few, NOT_TRAINED, np.where(lapsed | rusty, EXPIRED, QUALIFIED))


def draw_qualifying(sector: Sector, roll: Roll, days: int, rng: np.random.Generator) -> Qualifying:
    """Give those whose posts need one a licence, most of them in time, and everybody their practice so far."""
    needs = np.array([bool(post.licence) for post in sector.posts])
    people, processes = len(roll.codes), len(sector.processes)
    wanted = needs[roll.first_post] | needs[roll.last_post]
    held = wanted & (rng.random(people) < 0.95)
    begins = np.where(needs[roll.first_post], roll.hired, np.where(roll.moved == NEVER, roll.hired, roll.moved))
    issued = np.maximum(begins, -rng.integers(60, 900, people)) - rng.integers(-10, 60, people)
    until = issued + rng.choice(np.array([1095, 1095, 2190]), people)
    renews = (until > 0) & (until < days) & (rng.random(people) < 0.8)
    recent = -rng.integers(1, 40, (people, processes))
    return Qualifying(
        needs_licence=needs,
        licence_from=issued,
        first_until=np.where(held, until, NEVER),
        licence_until=np.where(held, until + np.where(renews, 1095, 0), NEVER),
        practice_days=np.array([process.practice_days for process in sector.processes]),
        pieces_needed=np.array([process.supervised_pieces for process in sector.processes]),
        last_work=np.where((roll.hired < 0)[:, None], recent, UNTAUGHT),
        pieces=np.zeros((people, processes), np.int64),
    )


def reason_names(standing: Ints) -> Texts:
    """Standings as the words of the design."""
    return np.array(REASONS, dtype=object)[standing]

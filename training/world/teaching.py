"""Staff training as the site runs it: planned weekly, late for some, never for a few, and its results."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from training.world.arrays import Flags, Floats, Ints, Log
from training.world.calendar import DAY, later
from training.world.courses import Catalogue
from training.world.mastery import Mastery
from training.world.people import Roll

PASSED, FAILED, ABSENT, OPEN = 0, 1, 2, 3
ROUTINE, CORRECTIVE, CHANCE, HISTORY = 0, 1, 2, 3
UNTAUGHT = -100_000


@dataclass
class Teaching:
    """Who was taught what, [person, course]: the last passed day, the version it taught, whether one is open.

    `overlooked` people are never planned for a course; `ignores` is a version a planner forgot to roll out to a
    person; `failed_last` marks those whose last attempt failed.
    """

    catalogue: Catalogue
    roll: Roll
    needed: Flags
    trainers: Ints
    log: Log
    rng: np.random.Generator
    passed: Ints = field(init=False)
    version: Ints = field(init=False)
    open: Flags = field(init=False)
    failed_last: Flags = field(init=False)
    overlooked: Flags = field(init=False)
    ignores: Ints = field(init=False)
    _due: dict[int, list[Ints]] = field(init=False)

    def __post_init__(self) -> None:
        shape = (len(self.roll.codes), len(self.catalogue.codes))
        self.passed, self.version = np.full(shape, UNTAUGHT), np.zeros(shape, np.int64)
        self.open, self.failed_last = np.zeros(shape, bool), np.zeros(shape, bool)
        self.overlooked = self.rng.random(shape) < 0.02
        newest = self.catalogue.in_force.max(axis=1)
        self.ignores = np.where(self.rng.random(shape) < 0.08, newest, 0)
        self._due = defaultdict(list)
        self._history()

    def _history(self) -> None:
        """Those here before the period were taught before it, most within the validity of the course."""
        needs = (self.roll.hired < 0)[:, None] & self.needed[self.roll.first_post] & (self.catalogue.offered < 0)
        people, courses = np.nonzero(needs & (self.rng.random(needs.shape) < 0.95))
        age = self.rng.uniform(0.02, 1.06, len(people)) * self.catalogue.validity[courses]
        days = np.maximum(-age.astype(np.int64), self.roll.hired[people] + 1)
        days = np.minimum(days, -1)
        self.passed[people, courses], self.version[people, courses] = days, 1
        assigned = days - self.rng.integers(3, 20, len(days))
        first, kept = np.ones(len(days), np.int64), np.full(len(days), PASSED)
        self._record(people, courses, first, assigned, days, kept, HISTORY)

    def plan(self, day: int) -> None:
        """The weekly planning: those who lack a course, run out within three weeks, or hold an old version."""
        held = self.roll.post_on[:, day]
        needs = self.needed[held] & (held >= 0)[:, None] & (self.catalogue.offered <= day) & ~self.open
        never = self.passed == UNTAUGHT
        runs_out = self.passed + self.catalogue.validity < day + 35
        taught = self.catalogue.taught[:, day]
        old = (self.version < taught) & (self.ignores != taught)
        noticed = (never | runs_out | old) & ~self.overlooked & (self.rng.random(needs.shape) < 0.7)
        self._assign(needs & noticed, day, ROUTINE)
        self._assign(needs & (self.rng.random(needs.shape) < 0.004) & ~self.open, day, CHANCE)

    def correct(self, people: Ints, processes: Ints, day: int) -> None:
        """Some failed inspections send the person back to the course of the process."""
        sent = self.rng.random(len(people)) < 0.3
        pairs = np.unique(np.stack([people[sent], processes[sent]], axis=1), axis=0).reshape(-1, 2)
        hits = self.catalogue.for_process[pairs[:, 1]] & (self.catalogue.standard >= 0)
        rows, courses = np.nonzero(hits)
        learners = pairs[rows, 0]
        free = ~self.open[learners, courses] & (self.roll.post_on[learners, day] >= 0)
        wanted = np.zeros(self.open.shape, bool)
        wanted[learners[free], courses[free]] = True
        self._assign(wanted, day, CORRECTIVE)

    def _assign(self, wanted: Flags, day: int, why: int) -> None:
        people, courses = np.nonzero(wanted)
        wait = 2 + self.rng.gamma(1.6, 7.0, len(people)).astype(np.int64)
        postponed = self.rng.random(len(people)) < 0.04
        wait = np.where(postponed, wait + self.rng.integers(40, 150, len(people)), wait)
        self.open[people, courses] = True
        for after in np.unique(wait):
            at = wait == after
            rows = np.stack([people[at], courses[at], np.full(at.sum(), day), np.full(at.sum(), why)], axis=1)
            self._due[day + int(after)].append(rows)

    def hold(self, day: int, mastery: Mastery) -> tuple[Ints, Ints]:
        """Hold today's courses; gives the people and the processes they passed in."""
        if day not in self._due:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        rows = np.concatenate(self._due.pop(day))
        here = self.roll.post_on[rows[:, 0], day] >= 0
        self._leave_open(rows[~here], day)
        people, courses, assigned, why = rows[here].T
        draw = self.rng.random(len(people))
        result = np.where(draw < 0.89, PASSED, np.where(draw < 0.945, FAILED, ABSENT))
        version = self.catalogue.taught[courses, day]
        self.open[people, courses] = False
        self._settle(people, courses, version, result, day)
        self._learn(people, courses, version, result, mastery, day)
        self._record(people, courses, version, assigned, np.full(len(people), day), result, why)
        done = (result == PASSED) & (self.catalogue.process[courses] >= 0)
        return people[done], self.catalogue.process[courses[done]]

    def _settle(self, people: Ints, courses: Ints, version: Ints, result: Ints, day: int) -> None:
        passed = result == PASSED
        self.passed[people[passed], courses[passed]] = day
        self.version[people[passed], courses[passed]] = version[passed]
        self.failed_last[people, courses] = result == FAILED

    def _learn(
        self, people: Ints, courses: Ints, version: Ints, result: Ints, mastery: Mastery, day: int
    ) -> None:
        teaches = (self.catalogue.process[courses] >= 0) & (self.catalogue.standard[courses] >= 0) & (result != ABSENT)
        learner, course = people[teaches], courses[teaches]
        dose = np.where(result[teaches] == PASSED, 1.0, 0.5)
        current = (version[teaches] >= self.catalogue.in_force[course, day]) & (result[teaches] == PASSED)
        mastery.teach(learner, self.catalogue.process[course], dose, current)

    def _record(
        self, people: Ints, courses: Ints, version: Ints, assigned: Ints, days: Ints, result: Ints, why: Ints | int
    ) -> None:
        size = len(people)
        done = days * DAY + 540 + self.catalogue.minutes[courses] + self.rng.integers(0, 300, size)
        score = np.where(result == PASSED, self.rng.normal(86, 7, size), self.rng.normal(58, 7, size))
        self.log.add(
            "teaching", person=people, course=courses, version=version,
            assigned=assigned * DAY + 600, done=done, known=done + later(self.rng, size, 8.0), result=result,
            score=np.clip(score, 20, 100).round().astype(np.int64), trainer=self.rng.choice(self.trainers, size),
            why=np.broadcast_to(np.asarray(why, np.int64), (size,)), minutes=self._minutes(courses),
        )

    def _minutes(self, courses: Ints) -> Ints:
        spread: Floats = self.rng.choice(np.array([0.75, 1.0, 1.0, 1.25]), len(courses))
        return np.asarray((self.catalogue.minutes[courses] * spread).astype(np.int64))

    def _leave_open(self, rows: Ints, day: int) -> None:
        if len(rows):
            people, courses, assigned, why = rows.T
            version = self.catalogue.taught[courses, min(day, self.catalogue.taught.shape[1] - 1)]
            days = np.full(len(rows), day)
            self._record(people, courses, version, assigned, days, np.full(len(rows), OPEN), why)

    def close(self, day: int) -> None:
        """The period ends: what was assigned and not yet held stays open."""
        for rows in self._due.values():
            self._leave_open(np.concatenate(rows), day)
        self._due.clear()


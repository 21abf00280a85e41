"""The state of the simulated site: what is fixed for the period, and what each day changes."""

from dataclasses import dataclass, field

import numpy as np

from training.world.arrays import Flags, Floats, Ints, Log
from training.world.calendar import NEVER, Calendar
from training.world.changes import Changes, humidity, machine_state
from training.world.lots import Batches
from training.world.mastery import Mastery
from training.world.people import Roll
from training.world.qualifying import Qualifying
from training.world.roster import Roster
from training.world.sector import Sector
from training.world.teaching import Teaching

_DIFFICULTY_WEIGHT = 0.7


@dataclass
class Site:
    """Everything the day loop reads and writes.

    `process_pressure[process, day]` is difficulty, machine condition and air in log-odds; `luck[person]` what no
    record explains. `work_share[post, process]` is how a post divides its time, `near_share` where it stands in.
    `batch_pieces`, `batch_failed` and `batch_slipped` count the work of each batch, what of it truly failed, and
    what of that no inspection has caught. `suspicion[person, process]` is what inspectors remember.
    """

    sector: Sector
    calendar: Calendar
    roll: Roll
    roster: Roster
    changes: Changes
    batches: Batches
    mastery: Mastery
    teaching: Teaching
    qualifying: Qualifying
    rng: np.random.Generator
    log: Log = field(default_factory=Log)
    humidity: Floats = field(init=False)
    process_pressure: Floats = field(init=False)
    luck: Floats = field(init=False)
    suspicion: Floats = field(init=False)
    batch_pieces: Ints = field(init=False)
    batch_failed: Ints = field(init=False)
    batch_slipped: Ints = field(init=False)

    def __post_init__(self) -> None:
        processes, days = len(self.sector.processes), self.calendar.days
        self.humidity = humidity(self.calendar, self.rng)
        damp = np.array([process.humidity for process in self.sector.processes])
        hard = np.array([process.difficulty for process in self.sector.processes])
        air = (self.humidity - self.humidity.mean()) / self.humidity.std()
        machines = machine_state(processes, days, self.rng)
        self.process_pressure = _DIFFICULTY_WEIGHT * hard[:, None] + machines + damp[:, None] * air
        self.luck = self.rng.normal(0, 0.3, len(self.roll.codes))
        self.suspicion = np.zeros((len(self.roll.codes), processes))
        self.batch_pieces, self.batch_failed, self.batch_slipped = (
            np.zeros(len(self.batches.codes), np.int64) for _ in range(3)
        )
        self._shares()

    def _shares(self) -> None:
        posts, processes = self.sector.posts, self.sector.processes
        self.operator_post: Flags = np.array([post.role == "operator" for post in posts])
        self.inspector_post: Flags = np.array([post.role == "inspector" for post in posts])
        self.starts: Ints = np.array([int(self.calendar.days * process.starts) for process in processes])
        self.covered: Flags = np.array([process.covered for process in processes])
        ranks = [[(*post.processes, p.code).index(p.code) + 1 for p in processes] for post in posts]
        own = np.array([[p.code in post.processes for p in processes] for post in posts])
        order = np.where(own, np.array(ranks, np.float64), 0)
        self.work_share: Floats = np.where(order > 0, 1 / np.maximum(order, 1), 0)
        near = [[float(post.department == p.department) + 0.1 for p in processes] for post in posts]
        self.near_share: Floats = np.where(order > 0, 0, np.array(near))
        self.main_post: Ints = np.where(order == 0, 99, order).argmin(axis=0)

    def slipped_from_upstream(self, batch: Ints) -> Floats:
        """Log-odds that undetected failures of the upstream batch add."""
        parent = self.batches.parent[batch]
        return np.where(parent >= 0, 0.25 * np.minimum(self.batch_slipped[parent], 3), 0.0)

    def missed_upstream(self, batch: Ints) -> Flags:
        """Whether a bad raw lot of the batch, or of its parent, had passed its incoming inspection."""
        parent = self.batches.parent[batch]
        missed = self.batches.missed_lot[batch] | ((parent >= 0) & self.batches.missed_lot[parent])
        return np.asarray((batch >= 0) & missed, bool)

    def active(self, day: int) -> Flags:
        """Who is employed on a day."""
        return np.asarray(self.roll.post_on[:, day] >= 0, bool)

    def gone(self, person: Ints, day: int) -> Flags:
        """Who has left by a day."""
        return np.asarray((self.roll.left[person] != NEVER) & (self.roll.left[person] <= day), bool)

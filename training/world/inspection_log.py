"""What an inspection is in the log: its kind, subject, times, result, and why it was chosen."""

from dataclasses import dataclass

import numpy as np

from training.world.arrays import Flags, Floats, Ints
from training.world.calendar import DAY, NEVER, later
from training.world.site import Site

KINDS = (
    "routine", "incoming", "first_article", "in_process", "final", "patrol", "record_review", "audit",
    "effectiveness", "random",
)
ROUTINE, INCOMING, FIRST_ARTICLE, IN_PROCESS, FINAL, PATROL, RECORD_REVIEW, AUDIT, EFFECTIVENESS, RANDOM = range(10)
CHOSEN = ("plan", "suspicion", "chance")
BY_PLAN, BY_SUSPICION, BY_CHANCE = range(3)
_SKIPPED = 0.04


@dataclass(frozen=True)
class Timing:
    """Ordered, due, performed (also for the `skipped`: when it would have been) and known, in minutes."""

    ordered: Ints
    due: Ints
    performed: Ints
    known: Ints
    skipped: Flags

    def done(self, flags: Flags) -> Flags:
        """The flags of those that were performed."""
        return np.asarray(flags & ~self.skipped, bool)


def when(ordered: Ints, due: Ints, rng: np.random.Generator) -> Timing:
    """Most are done on time, a quarter late, a few never."""
    size = len(ordered)
    early = ((due - ordered) * rng.uniform(0, 0.35, size)).astype(np.int64)
    late = rng.gamma(1.2, 1.5 * DAY, size).astype(np.int64)
    performed = np.maximum(due + np.where(rng.random(size) < 0.25, late, -early), ordered + 10)
    known = np.maximum(performed + later(rng, size, 4.0), ordered + 1)
    return Timing(ordered, due, performed, known, rng.random(size) < _SKIPPED)


@dataclass(frozen=True)
class Order:
    """Inspections that are logged together; a subject that is not given is none (-1)."""

    kind: Ints
    timing: Timing
    inspector: Ints
    truly: Flags
    found: Flags
    chosen: Ints
    propensity: Floats
    work: Ints | None = None
    batch: Ints | None = None
    lot: Ints | None = None
    person: Ints | None = None
    process: Ints | None = None
    unit: Ints | None = None
    sample_size: Ints | None = None
    nonconforming: Ints | None = None


def log_orders(site: Site, order: Order) -> None:
    """Add them to the log, with the air of the day they are due (the forecast an order sheet would carry)."""
    timing, size = order.timing, len(order.kind)
    none = np.full(size, -1)
    subjects = {
        name: none if getattr(order, name) is None else getattr(order, name)
        for name in ("work", "batch", "lot", "person", "process", "unit", "sample_size", "nonconforming")
    }
    days = np.clip(timing.ordered // DAY, 0, len(site.humidity) - 1)
    site.log.add(
        "inspection", kind=order.kind, ordered=timing.ordered, due=timing.due,
        performed=np.where(timing.skipped, NEVER, timing.performed), known=timing.known, skipped=timing.skipped,
        inspector=order.inspector, truly=order.truly, found=order.found, chosen=order.chosen,
        propensity=order.propensity, humidity=site.humidity[days], named=site.rng.random(size) < 0.8, **subjects,
    )

"""A day's inspections: who is chosen and why, when it is done, what is found, and what inspectors remember."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from training.world.arrays import Flags, Floats, Ints
from training.world.calendar import DAY
from training.world.inspection_log import (
    AUDIT,
    BY_CHANCE,
    BY_PLAN,
    BY_SUSPICION,
    EFFECTIVENESS,
    FINAL,
    FIRST_ARTICLE,
    IN_PROCESS,
    PATROL,
    RANDOM,
    RECORD_REVIEW,
    ROUTINE,
    Order,
    log_orders,
    when,
)
from training.world.inspectors import Inspectors
from training.world.sampling import sample
from training.world.site import Site
from training.world.unit_state import UnitState
from training.world.work import Pieces, weigh

_WORK_SHARE, _WORK_CHANCE_SHARE = 0.095, 0.022
_BATCH_SHARE = 0.45
_OPERATORS_PER_PATROL = 38
_LAG_HOURS = {FIRST_ARTICLE: (1, 8), IN_PROCESS: (3, 40), FINAL: (20, 260), RANDOM: (12, 260)}


@dataclass
class Inspecting:
    """The quality department at work. Orders on people wait in `_waiting` until the day they are done."""

    site: Site
    inspectors: Inspectors
    units: UnitState
    _waiting: dict[int, list[tuple[Ints, ...]]] = field(default_factory=lambda: defaultdict(list))
    _heard: dict[int, list[tuple[Ints, Ints]]] = field(default_factory=lambda: defaultdict(list))

    def remember(self, day: int) -> None:
        """Results that come in today raise suspicion and may send people back to a course; memories fade."""
        self.site.suspicion *= 2.0 ** (-1 / 45)
        heard = self._heard.pop(day, [])
        if heard:
            person, process = map(np.concatenate, zip(*heard, strict=True))
            np.add.at(self.site.suspicion, (person, process), 1.0)
            self.site.teaching.correct(person, process, day)

    def after_work(self, day: int, numbers: Ints, rows: Pieces, failed: Flags) -> None:
        """Choose among the day's pieces, by plan, by suspicion and by chance, and inspect those."""
        site, rng = self.site, self.site.rng
        np.add.at(site.batch_slipped, rows.batch[failed & (rows.batch >= 0)], 1)
        opens = _opens_batch(site, rows)
        np.add.at(site.batch_pieces, rows.batch[rows.batch >= 0], 1)
        doubt = self._doubt(day, rows)
        propensity = np.clip(_WORK_SHARE * np.exp(doubt) + 0.15 * opens, 0, 0.9)
        by_chance = rng.random(len(doubt)) < _WORK_CHANCE_SHARE
        taken = np.flatnonzero(by_chance | (rng.random(len(doubt)) < propensity))
        chosen = np.where(by_chance, BY_CHANCE, np.where(doubt > 0.6, BY_SUSPICION, BY_PLAN))[taken]
        kind = _kinds(opens[taken], by_chance[taken], rng)
        order = rows.finished[taken] + 5
        timing = when(order, order + _lags(kind, rng), rng)
        inspector = self.inspectors.pick(timing.performed // DAY, rng)
        found = self.inspectors.judge(inspector, failed[taken], rng)
        log_orders(site, Order(
            kind, timing, inspector, failed[taken], found, chosen, propensity[taken], work=numbers[taken],
        ))
        caught = found & failed[taken] & (rows.batch[taken] >= 0)
        np.subtract.at(site.batch_slipped, rows.batch[taken][caught], 1)
        self._hear(timing.done(found), timing.performed, rows.person[taken], rows.process[taken])

    def _doubt(self, day: int, rows: Pieces) -> Floats:
        site = self.site
        doubt = 0.8 * np.minimum(site.suspicion[rows.person, rows.process], 2.5)
        doubt += 0.6 * (site.roll.tenure(day)[rows.person] < 90) + 0.4 * (site.changes.fresh[rows.process, day] < 45)
        return np.asarray(doubt + site.rng.normal(0, 0.35, len(doubt)), np.float64)

    def after_batches(self, day: int, ended: Ints) -> None:
        """Final inspection by sampling of some of the batches that ended today."""
        site, rng = self.site, self.site.rng
        worked = ended[site.batch_pieces[ended] > 0]
        batch = worked[rng.random(len(worked)) < _BATCH_SHARE]
        order = (day + 1) * DAY + 690 + rng.integers(0, 120, len(batch))
        timing = when(order, order + rng.integers(DAY, 8 * DAY, len(batch)), rng)
        inspector = self.inspectors.pick(timing.performed // DAY, rng)
        slipped = site.batch_slipped[batch] / site.batch_pieces[batch]
        rate = 0.003 + 0.08 * slipped + 0.008 * site.batches.raw_burden[batch]
        size, bad, found = sample(rate, self.inspectors.share_seen(inspector), rng)
        truly = (site.batch_slipped[batch] >= 2) | (site.batches.raw_burden[batch] > 0.8)
        kind, chosen = np.full(len(batch), FINAL), np.full(len(batch), BY_PLAN)
        log_orders(site, Order(
            kind, timing, inspector, truly, found, chosen, np.full(len(batch), _BATCH_SHARE),
            batch=batch, sample_size=size, nonconforming=bad,
        ))

    def plan_patrols(self, day: int) -> None:
        """Order patrols and record reviews of people, three days to two weeks ahead: the suspected more often."""
        site, rng = self.site, self.site.rng
        held = site.roll.post_on[:, day]
        able = site.active(day) & site.operator_post[held]
        people, processes = np.nonzero(able[:, None] & (site.work_share[held] > 0) & (site.starts <= day)[None, :])
        count = min(int(rng.poisson(able.sum() / _OPERATORS_PER_PATROL)), len(people))
        new = 0.5 * (site.roll.tenure(day)[people] < 90)
        weight = np.exp(0.7 * np.minimum(site.suspicion[people, processes], 3) + new)
        chance = rng.random(count) < 0.1
        suspected = rng.choice(len(people), count, p=weight / weight.sum())
        rows = np.where(chance, rng.integers(0, len(people), count), suspected)
        kind = np.where(chance, RANDOM, np.where(rng.random(count) < 0.7, PATROL, RECORD_REVIEW))
        doubted = np.where(site.suspicion[people[rows], processes[rows]] > 0.5, BY_SUSPICION, BY_PLAN)
        self._order(day, people[rows], processes[rows], kind, np.where(chance, BY_CHANCE, doubted), (3, 15))

    def plan_effectiveness(self, day: int, people: Ints, processes: Ints) -> None:
        """Some weeks after a course, see whether it helped: a fifth of those who passed."""
        taken = self.site.rng.random(len(people)) < 0.2
        kind, chosen = (np.full(int(taken.sum()), code) for code in (EFFECTIVENESS, BY_PLAN))
        self._order(day, people[taken], processes[taken], kind, chosen, (20, 60))

    def _order(
        self, day: int, people: Ints, processes: Ints, kind: Ints, chosen: Ints, ahead: tuple[int, int]
    ) -> None:
        due = day + self.site.rng.integers(*ahead, len(people))
        for after in np.unique(due):
            at = due == after
            ordered = np.full(at.sum(), day)
            self._waiting[int(after)].append((people[at], processes[at], kind[at], chosen[at], ordered, due[at]))

    def visit_people(self, day: int, at: int) -> None:
        """Do the person inspections due on day `at`, in the state of `day` (they differ only at the period's end)."""
        if at not in self._waiting:
            return
        site, rng = self.site, self.site.rng
        people, processes, kind, chosen, ordered, due = map(np.concatenate, zip(*self._waiting.pop(at), strict=True))
        here = ~site.gone(people, day)
        people, processes, kind, chosen, ordered, due = (
            column[here] for column in (people, processes, kind, chosen, ordered, due)
        )
        none = np.full(len(people), -1)
        rows = Pieces(people, processes, site.roll.post_on[people, day], none, none, none, none)
        truly = rng.random(len(people)) < weigh(site, day, rows, np.zeros(len(people), bool)).chance()
        timing = when(ordered * DAY + 900, due * DAY + 480 + rng.integers(0, 480, len(people)), rng)
        inspector = self.inspectors.pick(timing.performed // DAY, rng)
        found = self.inspectors.judge(inspector, truly, rng)
        log_orders(site, Order(
            kind, timing, inspector, truly, found, chosen, np.full(len(people), np.nan),
            person=people, process=processes,
        ))
        self._hear(timing.done(found), timing.performed, people, processes)

    def visit_units(self, day: int) -> None:
        """Order the routine visits and audits of departments that fall due two weeks from now."""
        site, rng = self.site, self.site.rng
        unit, kind = self.units.due(day + 14)
        order, due = np.full(len(unit), day * DAY + 600), (day + 14) * DAY + 480 + rng.integers(0, 480, len(unit))
        timing = when(order, due, rng)
        inspector = self.inspectors.pick(timing.performed // DAY, rng, outside_share=0.15)
        truly = rng.random(len(unit)) < self.units.chance(unit)
        found = self.inspectors.judge(inspector, truly, rng)
        codes = np.where(kind == 1, AUDIT, ROUTINE)
        log_orders(site, Order(
            codes, timing, inspector, truly, found, np.full(len(unit), BY_PLAN), np.ones(len(unit)), unit=unit,
        ))

    def close(self, day: int) -> None:
        """The period ends: orders still waiting get the result they would have had, for the truth only."""
        for at in sorted(self._waiting):
            self.visit_people(day, at)

    def _hear(self, failed: Flags, performed: Ints, person: Ints, process: Ints) -> None:
        days = performed // DAY + 1
        for day in np.unique(days[failed]):
            at = failed & (days == day)
            self._heard[int(day)].append((person[at], process[at]))


def _kinds(opens: Flags, by_chance: Flags, rng: np.random.Generator) -> Ints:
    kind = np.where(rng.random(len(opens)) < 0.55, IN_PROCESS, FINAL)
    kind = np.where(opens, FIRST_ARTICLE, kind)
    return np.where(by_chance, RANDOM, kind)


def _lags(kind: Ints, rng: np.random.Generator) -> Ints:
    """Minutes from an order to its due time."""
    low, high = np.array([_LAG_HOURS[one] for one in kind] or np.zeros((0, 2))).T
    return np.asarray((low + rng.random(len(kind)) * (high - low)) * 60, np.int64)


def _opens_batch(site: Site, rows: Pieces) -> Flags:
    order = np.argsort(rows.started, kind="stable")
    _, first = np.unique(rows.batch[order], return_index=True)
    opens = np.zeros(len(rows.batch), bool)
    opens[order[first]] = True
    return np.asarray(opens & (rows.batch >= 0) & (site.batch_pieces[rows.batch] == 0), bool)

"""The simulation: builds the site, lives its days, and hands over what was logged."""

from dataclasses import dataclass

import numpy as np

from training.world.arrays import Flags, Ints, Log
from training.world.calendar import DAY, Calendar
from training.world.changes import Changes, draw_changes, voided_on
from training.world.courses import catalogue
from training.world.inspecting import Inspecting
from training.world.inspection_log import BY_PLAN, INCOMING, Order, Timing, log_orders, when
from training.world.inspectors import Inspectors, draw_inspectors
from training.world.lots import RawLots, receive, route
from training.world.mastery import draw_mastery
from training.world.people import Roll, enrol
from training.world.qualifying import draw_qualifying
from training.world.roster import draw_roster
from training.world.sampling import sample
from training.world.sector import Sector
from training.world.site import Site
from training.world.snapshots import snapshot
from training.world.spec import WorldSpec
from training.world.teaching import Teaching
from training.world.unit_state import UnitState
from training.world.work import do_work

_STAFF_PER_LINE = 130


@dataclass(frozen=True)
class Lived:
    """A site whose period is over: its final state (with the log), its raw lots and its inspectors."""

    site: Site
    lots: RawLots
    inspectors: Inspectors


def live(sector: Sector, spec: WorldSpec) -> Lived:
    """Simulate the whole period, day by day."""
    site, lots, inspecting, incoming = _build(sector, spec)
    log_orders(site, incoming)
    order = np.argsort(site.batches.ends, kind="stable")
    edges = np.searchsorted(site.batches.ends[order], np.arange(spec.days + 1))
    months = set(site.calendar.month_ends())
    for day in range(spec.days):
        if day in months:
            snapshot(site, day)
        _day(site, inspecting, day, order[edges[day]:edges[day + 1]])
    snapshot(site, spec.days)
    inspecting.close(spec.days - 1)
    site.teaching.close(spec.days)
    return Lived(site, lots, inspecting.inspectors)


def _day(site: Site, inspecting: Inspecting, day: int, ended: Ints) -> None:
    site.mastery.forget()
    for change in voided_on(site.changes, day):
        courses = site.teaching.catalogue.standard == change.process
        prepared = (site.teaching.version[:, courses] >= change.version).any(axis=1)
        site.mastery.void(change.process, change.voided, np.asarray(prepared, bool))
    if (day + site.calendar.start.weekday()) % 7 == 0:
        site.teaching.plan(day)
    people, processes = site.teaching.hold(day, site.mastery)
    inspecting.plan_effectiveness(day, people, processes)
    inspecting.remember(day)
    numbers, rows, failed = do_work(site, day)
    inspecting.units.drift(_unit_of(site)[rows.process], failed)
    inspecting.after_work(day, numbers, rows, failed)
    inspecting.after_batches(day, ended)
    inspecting.plan_patrols(day)
    inspecting.visit_people(day, day)
    inspecting.visit_units(day)


def _unit_of(site: Site) -> Ints:
    codes = [department.code for department in site.sector.departments]
    return np.array([codes.index(process.department) for process in site.sector.processes])


def _build(sector: Sector, spec: WorldSpec) -> tuple[Site, RawLots, Inspecting, Order]:
    streams = [np.random.default_rng([spec.seed, number]) for number in range(9)]
    calendar = Calendar(spec.start, spec.days)
    roll = enrol(sector, spec.staff, spec.days, streams[0])
    roster = draw_roster(sector, roll, calendar, streams[1])
    changes = draw_changes(sector, calendar, streams[2])
    inspectors = draw_inspectors(sector, roll, roster.shift, streams[3])
    lots = receive(sector, calendar, streams[4])
    incoming, rejected, missed = _incoming(lots, inspectors, streams[4])
    lines = max(1, round(spec.staff / _STAFF_PER_LINE))
    batches = route(sector, calendar, lots, rejected, missed, lines, streams[4])
    log = Log()
    teaching = _school(sector, roll, changes, log, streams[5])
    site = Site(
        sector, calendar, roll, roster, changes, batches, draw_mastery(sector, roll, streams[6]), teaching,
        draw_qualifying(sector, roll, spec.days, streams[6]), streams[7], log,
    )
    runs_work = np.isin(np.arange(len(sector.departments)), _unit_of(site))
    return site, lots, Inspecting(site, inspectors, UnitState(runs_work, streams[8])), incoming


def _school(sector: Sector, roll: Roll, changes: Changes, log: Log, rng: np.random.Generator) -> Teaching:
    courses = catalogue(sector, changes, roll.post_on.shape[1])
    trains = np.array([post.role == "trainer" for post in sector.posts])
    trainers = np.flatnonzero(trains[roll.first_post])
    return Teaching(courses, roll, courses.needed_on_post(sector), trainers, log, rng)


def _incoming(lots: RawLots, inspectors: Inspectors, rng: np.random.Generator) -> tuple[Order, Flags, Flags]:
    """Most deliveries are sampled; a rejected lot is used all the same one time in five (a concession)."""
    lot = np.flatnonzero((rng.random(len(lots.day)) < 0.75) & (lots.day >= 0))
    order = lots.day[lot] * DAY + 570
    timing: Timing = when(order, order + rng.integers(6 * 60, 3 * DAY, len(lot)), rng)
    inspector = inspectors.pick(timing.performed // DAY, rng)
    bad = lots.badness[lot] > 0
    rate = np.where(bad, 0.05, 0.002)
    size, nonconforming, found = sample(rate, inspectors.share_seen(inspector), rng)
    rejected, missed = np.zeros(len(lots.day), bool), np.zeros(len(lots.day), bool)
    rejected[lot] = timing.done(found) & (rng.random(len(lot)) < 0.8)
    missed[lot] = timing.done(bad & ~found)
    return Order(
        np.full(len(lot), INCOMING), timing, inspector, bad, found, np.full(len(lot), BY_PLAN),
        np.full(len(lot), 0.75), lot=lot, sample_size=size, nonconforming=nonconforming,
    ), rejected, missed

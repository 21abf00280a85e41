"""Raw lots and production batches: what is made when, from what, and how bad inputs travel downstream."""

from dataclasses import dataclass

import numpy as np

from training.world.arrays import Flags, Floats, Ints, Texts
from training.world.calendar import DAY, Calendar
from training.world.sector import Sector

_LOT_EVERY_DAYS = 9
_BAD_LOTS = 0.07


@dataclass(frozen=True)
class RawLots:
    """Delivered lots: their material, day, true badness (log-odds given to what is made of them, 0 when good)."""

    codes: Texts
    material: Ints
    names: Texts
    day: Ints
    badness: Floats
    quantity: Ints


@dataclass(frozen=True)
class Batches:
    """Production batches. `on[process, line, day]` is the batch being made, or -1.

    `raw_burden` is what the raw lots add to the log-odds of a failure, here and (halved) downstream; `missed_lot`
    is where a bad raw lot had passed its incoming inspection. `parent` is the main upstream batch, or -1.
    """

    codes: Texts
    process: Ints
    products: Texts
    quantity: Ints
    begins: Ints
    ends: Ints
    on: Ints
    parent: Ints
    raw_burden: Floats
    missed_lot: Flags
    inputs: Ints
    raw_inputs: Ints

    def finish_minutes(self) -> Ints:
        """When a batch is closed: the morning after its last shift."""
        return self.ends * DAY + DAY + 660


def receive(sector: Sector, calendar: Calendar, rng: np.random.Generator) -> RawLots:
    """Deliveries of every material, one lot every nine days or so, from a few weeks before the period."""
    materials = [name for process in sector.processes for name in process.materials]
    rows = []
    for number in range(len(materials)):
        day = -30
        while day < calendar.days:
            rows.append((number, day))
            day += _LOT_EVERY_DAYS + int(rng.integers(-3, 4))
    material, days = np.array(rows).T
    names = np.array(materials, dtype=object)[material]
    bad = rng.random(len(rows)) < _BAD_LOTS
    dates = calendar.day(days)
    codes = np.array(
        [f"R{day[2:].replace('-', '')}-{number + 1:02d}" for day, number in zip(dates, material, strict=True)],
        dtype=object,
    )
    badness = np.where(bad, rng.uniform(0.9, 2.2, len(rows)), 0.0)
    return RawLots(codes, material, names, days, badness, rng.integers(2, 40, len(rows)) * 25)


def route(
    sector: Sector, calendar: Calendar, raw: RawLots, rejected: Flags, missed: Flags, lines: int,
    rng: np.random.Generator,
) -> Batches:
    """Lay out every batch of the period, process after process, and link it to its inputs."""
    process, line, begins, ends = _schedule(sector, calendar, lines, rng)
    on = np.full((len(sector.processes), lines, calendar.days), -1)
    for number in range(len(process)):
        on[process[number], line[number], begins[number]:ends[number] + 1] = number
    parent, links = _parents(sector, process, begins, ends, rng)
    raw_links = _lots_used(sector, process, begins, raw, rejected, rng)
    own, fooled = np.zeros(len(process)), np.zeros(len(process), bool)
    np.add.at(own, raw_links[:, 0], raw.badness[raw_links[:, 1]])
    np.logical_or.at(fooled, raw_links[:, 0], missed[raw_links[:, 1]] & (raw.badness[raw_links[:, 1]] > 0))
    burden = _travel(own, parent, begins)
    return Batches(
        codes=_codes(calendar, process, line, begins), process=process,
        products=_products(sector, process, rng), quantity=rng.integers(8, 60, len(process)) * 500,
        begins=begins, ends=ends, on=on, parent=parent,
        raw_burden=burden, missed_lot=fooled, inputs=links, raw_inputs=raw_links,
    )


def _schedule(
    sector: Sector, calendar: Calendar, lines: int, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints, Ints]:
    rows = []
    for number, process in enumerate(sector.processes):
        if not process.products:
            continue
        for line in range(lines):
            day = int(calendar.days * process.starts) + int(rng.integers(0, 3))
            while day < calendar.days:
                end = min(day + process.span_days - 1 + int(rng.integers(0, 2)), calendar.days - 1)
                rows.append((number, line, day, end))
                day = end + 1
    table = np.array(rows)
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3]


def _parents(
    sector: Sector, process: Ints, begins: Ints, ends: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    codes = [item.code for item in sector.processes]
    parent, links = np.full(len(process), -1), [np.zeros((0, 2), np.int64)]
    for number, item in enumerate(sector.processes):
        mine = np.flatnonzero(process == number)
        sources = np.flatnonzero(np.isin(process, [codes.index(code) for code in item.parents]))
        if not len(mine) or not len(sources):
            continue
        sources = sources[np.argsort(ends[sources], kind="stable")]
        last = np.searchsorted(ends[sources], begins[mine]) - 1
        back = last - rng.integers(0, 3, len(mine))
        linked = back >= 0
        parent[mine[linked]] = sources[back[linked]]
        links.append(np.stack([mine[linked], sources[back[linked]]], axis=1))
        second = back - 1 - rng.integers(0, 2, len(mine))
        also = (second >= 0) & (rng.random(len(mine)) < 0.3)
        links.append(np.stack([mine[also], sources[second[also]]], axis=1))
    return parent, np.concatenate(links)


def _lots_used(
    sector: Sector, process: Ints, begins: Ints, raw: RawLots, rejected: Flags, rng: np.random.Generator
) -> Ints:
    links, number = [np.zeros((0, 2), np.int64)], 0
    for at, item in enumerate(sector.processes):
        mine = np.flatnonzero(process == at)
        for _ in item.materials:
            usable = np.flatnonzero((raw.material == number) & ~rejected)
            last = np.searchsorted(raw.day[usable], begins[mine] - 1) - 1 - rng.integers(0, 2, len(mine))
            found = last >= 0
            links.append(np.stack([mine[found], usable[last[found]]], axis=1))
            number += 1
    return np.concatenate(links)


def _travel(own: Floats, parent: Ints, begins: Ints) -> Floats:
    burden = own.copy()
    for batch in np.argsort(begins, kind="stable"):
        if parent[batch] >= 0:
            burden[batch] += 0.5 * burden[parent[batch]]
    return np.asarray(np.minimum(burden, 3.0), np.float64)


def _codes(calendar: Calendar, process: Ints, line: Ints, begins: Ints) -> Texts:
    rows = zip(calendar.day(begins), process, line, strict=True)
    return np.array([f"B{day[2:].replace('-', '')}-{at + 1:02d}{number + 1}" for day, at, number in rows], dtype=object)


def _products(sector: Sector, process: Ints, rng: np.random.Generator) -> Texts:
    products = np.full(len(process), "", dtype=object)
    for number, item in enumerate(sector.processes):
        mine = process == number
        if item.products:
            products[mine] = rng.choice(np.array(item.products, dtype=object), int(mine.sum()))
    return products


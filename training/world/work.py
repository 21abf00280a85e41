"""A day's work: who does what on which batch, how it truly goes, and what people note about it."""

from dataclasses import dataclass

import numpy as np

from training.world.arrays import Flags, Floats, Ints
from training.world.calendar import later
from training.world.chances import Circumstances, Pressures, pressures
from training.world.people import INDUCTION_DAYS
from training.world.roster import OFF
from training.world.site import Site

_PIECES_A_SHIFT = 0.66
_STAND_IN = 0.03
SELF_PASS, SELF_FAIL, SELF_MISSING = 0, 1, 2


@dataclass(frozen=True)
class Pieces:
    """The rows of one day: who (person, post stood on), what (process, batch), when, and under whom (-1: nobody)."""

    person: Ints
    process: Ints
    post: Ints
    batch: Ints
    started: Ints
    finished: Ints
    supervisor: Ints


def allocate(site: Site, day: int) -> Pieces:
    """Give those on shift their pieces: mostly their post's processes, now and then a stand-in elsewhere."""
    rng, held = site.rng, site.roll.post_on[:, day]
    on = np.flatnonzero((site.roster.shift[:, day] > OFF) & (held >= 0) & site.operator_post[held])
    person = np.repeat(on, rng.poisson(_PIECES_A_SHIFT, len(on)))
    post = held[person]
    running = site.starts <= day
    weights = site.work_share[post] * running
    away = rng.random(len(person)) < _STAND_IN
    weights = np.where(away[:, None], site.near_share[post] * running, weights)
    edges = np.cumsum(weights, axis=1)
    process = (rng.random(len(person))[:, None] * edges[:, -1:] >= edges).sum(axis=1)
    stood = np.where(away, site.main_post[process], post)
    line = rng.integers(0, site.batches.on.shape[1], len(person))
    begin, end = site.roster.starts[person, day], site.roster.ends[person, day]
    started = begin + (rng.random(len(person)) * (end - begin - 150)).astype(np.int64)
    minutes = np.clip(rng.lognormal(np.log(75), 0.4, len(person)), 15, 140).astype(np.int64)
    supervisor = _supervisors(site, person, process, post, on, day)
    return Pieces(person, process, stood, site.batches.on[process, line, day], started, started + minutes, supervisor)


def _supervisors(site: Site, person: Ints, process: Ints, post: Ints, on: Ints, day: int) -> Ints:
    """Newcomers mostly work under their mentor or a seasoned colleague of the post who is on shift."""
    rng = site.rng
    new = (site.roll.tenure(day)[person] < INDUCTION_DAYS) & (site.roll.hired[person] > -INDUCTION_DAYS)
    new |= site.qualifying.pieces[person, process] < site.qualifying.pieces_needed[process]
    wanted = np.flatnonzero(new & (rng.random(len(person)) < 0.7))
    supervisor = np.full(len(person), -1)
    seasoned = on[site.roll.tenure(day)[on] > 120]
    for row in wanted:
        able = seasoned[(site.roll.post_on[seasoned, day] == post[row]) & (seasoned != person[row])]
        mentor = site.roll.mentor[person[row]]
        if mentor >= 0 and mentor in able:
            supervisor[row] = mentor
        elif len(able):
            supervisor[row] = rng.choice(able)
    return supervisor


def weigh(site: Site, day: int, rows: Pieces, slip: Flags) -> Pressures:
    """What bears on each piece of the day."""
    person, process, batch = rows.person, rows.process, rows.batch
    burden = np.where(batch >= 0, site.batches.raw_burden[batch] + site.slipped_from_upstream(batch), 0.0)
    return pressures(Circumstances(
        site.mastery.skill[person, process], site.mastery.gap[person, process],
        site.changes.stale[process, day], site.roster.fatigue[person, day], burden, slip,
        rows.supervisor >= 0, site.process_pressure[process, day], site.luck[person],
    ))


def do_work(site: Site, day: int) -> tuple[Ints, Pieces, Flags]:
    """Simulate one day of work; gives the row numbers in the log, the rows, and which truly failed."""
    rng, rows = site.rng, allocate(site, day)
    size = len(rows.person)
    standing = site.qualifying.standing(site.teaching, rows.person, rows.process, rows.post, day)
    fatigue = site.roster.fatigue[rows.person, day]
    slip = rng.random(size) < 0.025 + 0.02 * fatigue + 0.03 * (standing > 0)
    forces = weigh(site, day, rows, slip)
    chance = forces.chance()
    failed = rng.random(size) < chance
    first = site.log.size("work")
    site.log.add(
        "work", person=rows.person, process=rows.process, post=rows.post, batch=rows.batch, started=rows.started,
        finished=rows.finished, supervisor=rows.supervisor, known=rows.finished + later(rng, size, 2.0),
        edition=_edition(site, day, rows.process, slip), self_check=_self_check(rng, slip, failed), chance=chance,
        failed=failed, standing=standing, mastery=site.mastery.effective()[rows.person, rows.process],
        fatigue=fatigue, nights=site.roster.nights[rows.person, day], burden=forces.input, driver=forces.driver(),
        stale=site.changes.stale[rows.process, day], missed_upstream=site.missed_upstream(rows.batch),
        own_post=site.work_share[site.roll.post_on[rows.person, day], rows.process] > 0,
    )
    site.mastery.practise(rows.person, rows.process)
    site.qualifying.note(rows.person, rows.process, day, rows.supervisor >= 0)
    return first + np.arange(size), rows, failed


def _edition(site: Site, day: int, process: Ints, slip: Flags) -> Ints:
    """The process version people worked by: some slips are the use of an old one."""
    edition = site.changes.edition_on[process, day]
    old = slip & (site.rng.random(len(process)) < 0.5) & (edition > 1)
    return np.asarray(np.where(old, edition - 1, edition), np.int64)


def _self_check(rng: np.random.Generator, slip: Flags, failed: Flags) -> Ints:
    draw: Floats = rng.random(len(slip))
    check = np.where(draw < np.where(failed, 0.08, 0.01), SELF_FAIL, SELF_PASS)
    missing = rng.random(len(slip)) < np.where(slip, 0.5, 0.02)
    return np.asarray(np.where(missing, SELF_MISSING, check), np.int64)


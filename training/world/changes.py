"""Standards and processes that change in the period, and how far out of step they do it."""

from dataclasses import dataclass

import numpy as np

from training.world.arrays import Flags, Floats, Ints
from training.world.calendar import Calendar
from training.world.sector import Sector

FIRST_EFFECTIVE = -700


@dataclass(frozen=True)
class Change:
    """A new version of a process's standard: its day, the share of mastery it voids, and how the site followed."""

    process: int
    version: int
    day: int
    voided: float
    process_lag: int | None
    teaching_lag: int
    known_lag: int


@dataclass(frozen=True)
class ProcessEdition:
    """A version of a process: from which day, and the version of its standard it points at."""

    process: int
    version: int
    day: int
    standard_version: int


@dataclass(frozen=True)
class Changes:
    """All changes, and the versions in force on each day.

    `standard_on` and `edition_on` are [process, day]; `stale` marks days on which a process still points at an
    older version of its standard; `fresh` is the days since the last change of either (large when none).
    `common_on` is [common course, day], the version of the standards that belong to no single process.
    """

    standards: tuple[Change, ...]
    editions: tuple[ProcessEdition, ...]
    standard_on: Ints
    edition_on: Ints
    stale: Flags
    fresh: Ints
    common_on: Ints
    common_days: tuple[tuple[int, int], ...]


def draw_changes(sector: Sector, calendar: Calendar, rng: np.random.Generator) -> Changes:
    """Draw the changes of every process's standard, and the process versions that follow them or do not."""
    standards = tuple(_standard_changes(sector, calendar.days, rng))
    editions = tuple(_editions(sector, calendar.days, standards, rng))
    processes, days = len(sector.processes), calendar.days
    standard_on = np.ones((processes, days), np.int64)
    edition_on = np.ones((processes, days), np.int64)
    points_at = np.ones((processes, days), np.int64)
    fresh = np.full((processes, days), 9999)
    for change in standards:
        standard_on[change.process, change.day:] = change.version
        fresh[change.process, change.day:] = np.arange(days - change.day)
    for edition in editions:
        edition_on[edition.process, max(edition.day, 0):] = edition.version
        points_at[edition.process, max(edition.day, 0):] = edition.standard_version
    common = tuple((number, int(days * (0.45 + 0.2 * number))) for number in range(len(sector.courses)))
    common_on = np.ones((len(common), days), np.int64)
    for number, day in common:
        common_on[number, day:] = 2
    return Changes(standards, editions, standard_on, edition_on, points_at < standard_on, fresh, common_on, common)


def _standard_changes(sector: Sector, days: int, rng: np.random.Generator) -> list[Change]:
    changes = []
    for number, process in enumerate(sector.processes):
        count = min(3, int(rng.poisson(days / 400)))
        first = int(days * process.starts) + 60
        moments = sorted(rng.integers(min(first, days - 20), days - 10, count).tolist())
        if process.always_changes and not moments:
            moments = [int(days * rng.uniform(0.4, 0.65))]
        spaced = [day for at, day in enumerate(moments) if not at or day - moments[at - 1] > 90]
        for at, day in enumerate(spaced):
            changes.append(_change(number, at + 2, day, rng))
    return changes


def _change(process: int, version: int, day: int, rng: np.random.Generator) -> Change:
    mood = rng.random()
    lag = None if mood > 0.85 else int(rng.integers(14, 70)) if mood > 0.6 else int(rng.integers(0, 4))
    late = rng.random() < 0.25
    return Change(
        process, version, day, voided=float(rng.uniform(0.25, 0.55)), process_lag=lag,
        teaching_lag=int(rng.integers(20, 70)) if late else int(rng.integers(-7, 10)),
        known_lag=int(rng.integers(1, 6)) if rng.random() < 0.25 else 0,
    )


def _editions(
    sector: Sector, days: int, standards: tuple[Change, ...], rng: np.random.Generator
) -> list[ProcessEdition]:
    editions = []
    for number, process in enumerate(sector.processes):
        start = int(days * process.starts) if process.starts else FIRST_EFFECTIVE
        steps = [
            (change.day + change.process_lag, change.version)
            for change in standards
            if change.process == number and change.process_lag is not None
        ]
        if rng.random() < days / 900:
            day = int(rng.integers(max(start, 0) + 30, max(start, 0) + 60 + days // 4))
            steps.append((day, max([1, *(version for at, version in steps if at <= day)])))
        ordered = sorted({day: version for day, version in steps if day < days - 5}.items())
        reached = 1
        editions.append(ProcessEdition(number, 1, start, 1))
        for at, (day, version) in enumerate(ordered):
            reached = max(reached, version)
            editions.append(ProcessEdition(number, at + 2, day, reached))
    return editions


def voided_on(changes: Changes, day: int) -> list[Change]:
    """The standards that change on this day."""
    return [change for change in changes.standards if change.day == day]


def humidity(calendar: Calendar, rng: np.random.Generator) -> Floats:
    """Relative humidity of each day in percent: a season (wet summers) and weather that lasts some days."""
    noise = np.zeros(calendar.days)
    for day in range(1, calendar.days):
        noise[day] = 0.8 * noise[day - 1] + rng.normal(0, 3.0)
    of_year = np.array([calendar.date(day).timetuple().tm_yday for day in range(calendar.days)])
    percent = 52 + 9 * np.sin((of_year - 105) / 365 * 2 * np.pi) + noise
    return np.asarray(np.clip(percent, 25, 85), np.float64)


def machine_state(processes: int, days: int, rng: np.random.Generator) -> Floats:
    """What nobody records: the condition of machines and surroundings, [process, day], log-odds, lasting a week."""
    state = np.zeros((processes, days))
    state[:, 0] = rng.normal(0, 0.3, processes)
    for day in range(1, days):
        state[:, day] = 0.85 * state[:, day - 1] + rng.normal(0, 0.16, processes)
    return state

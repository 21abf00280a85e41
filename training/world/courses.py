"""The courses of a site: which process each covers, what it teaches on a day, who needs it."""

from dataclasses import dataclass

import numpy as np

from training.world.arrays import Flags, Ints, Texts
from training.world.changes import Changes
from training.world.sector import Sector


@dataclass(frozen=True)
class Catalogue:
    """Courses in a fixed order: one per covered process, the common ones, the practical assessments.

    `process` is the process taught, or -1; `standard` indexes the standards (processes first, then common ones), or
    -1 for an assessment. `for_process[process, course]` and `for_post[post, course]` are the training matrix;
    `offered[course]` is the first day it is given. `in_force[course, day]` is the version the standard has, and
    `taught[course, day]` the one the course teaches, which may run ahead or behind.
    """

    codes: Texts
    titles: Texts
    minutes: Ints
    validity: Ints
    process: Ints
    standard: Ints
    for_process: Flags
    for_post: Flags
    offered: Ints
    in_force: Ints
    taught: Ints

    def needed_on_post(self, sector: Sector) -> Flags:
        """[post, course]: what the holder of a post needs, for the post itself and for its processes."""
        codes = [process.code for process in sector.processes]
        does = np.array([[code in post.processes for code in codes] for post in sector.posts])
        return np.asarray(self.for_post | (does @ self.for_process), bool)


@dataclass(frozen=True)
class _Entry:
    code: str
    title: str
    minutes: int
    validity: int
    process: int
    standard: int


def catalogue(sector: Sector, changes: Changes, days: int) -> Catalogue:
    """The catalogue of a sector, in step with its changes as far as the site keeps step."""
    entries = _entries(sector)
    process = np.array([entry.process for entry in entries])
    standard = np.array([entry.standard for entry in entries])
    for_process = (process[None, :] == np.arange(len(sector.processes))[:, None]) & (process >= 0)
    for_post = np.array([[entry.code in post.courses for entry in entries] for post in sector.posts])
    in_force = np.zeros((len(entries), days), np.int64)
    in_force[standard >= 0] = np.concatenate([changes.standard_on, changes.common_on])[standard[standard >= 0]]
    begins = np.array([int(days * item.starts) - 25 if item.starts else -9999 for item in sector.processes])
    return Catalogue(
        codes=np.array([entry.code for entry in entries], dtype=object),
        titles=np.array([entry.title for entry in entries], dtype=object),
        minutes=np.array([entry.minutes for entry in entries]),
        validity=np.array([entry.validity for entry in entries]),
        process=process, standard=standard, for_process=for_process, for_post=for_post,
        offered=np.where(process >= 0, begins[process], -9999),
        in_force=in_force, taught=_taught(changes, standard, in_force),
    )


def _entries(sector: Sector) -> list[_Entry]:
    entries = []
    for number, process in enumerate(sector.processes):
        if process.covered:
            title = f"{process.name} 操作培训 operator training"
            entries.append(_Entry(f"C-{process.code}", title, 180, process.validity_days, number, number))
    for number, course in enumerate(sector.courses):
        at = len(sector.processes) + number
        entries.append(_Entry(course.code, course.title, course.minutes, course.validity_days, -1, at))
    for number, process in enumerate(sector.processes):
        if process.assessed:
            title = f"{process.name} 实操考核 practical assessment"
            entries.append(_Entry(f"A-{process.code}", title, 45, 730, number, -1))
    return entries


def _taught(changes: Changes, standard: Ints, in_force: Ints) -> Ints:
    """A course switches to a new version some days before or many days after it takes effect."""
    taught = np.minimum(in_force, 1)
    for change in changes.standards:
        taught[standard == change.process, max(change.day + change.teaching_lag, 0):] = change.version
    common = in_force[standard >= len(changes.standard_on)]
    taught[standard >= len(changes.standard_on)] = common
    return taught

"""Who works at the site, when, on which post: hires, leavers, transfers, agency staff, mentors."""

from dataclasses import dataclass

import numpy as np

from training.world.arrays import Flags, Ints, Texts
from training.world.calendar import NEVER
from training.world.sector import Names, Sector

INDUCTION_DAYS = 45
_YEARLY_LEAVERS, _YEARLY_AGENCY_LEAVERS, _YEARLY_TRANSFERS = 0.14, 0.6, 0.08


@dataclass(frozen=True)
class Roll:
    """Everybody who was ever employed, as parallel arrays; days count from the period's start.

    `post_on[person, day]` is the index of the post held, or -1. `moved` is the day of a transfer or `NEVER`;
    `mentor` is a person's index or -1. `left` is `NEVER` for those still here.
    """

    codes: Texts
    names: Texts
    agency: Flags
    hired: Ints
    left: Ints
    moved: Ints
    first_post: Ints
    last_post: Ints
    mentor: Ints
    post_on: Ints

    def tenure(self, day: int) -> Ints:
        """Days on the present post."""
        moved = (self.moved != NEVER) & (self.moved <= day)
        return day - np.where(moved, self.moved, self.hired)


def seats(sector: Sector, staff: int) -> Ints:
    """The post of each seat: every post at least once, the rest by share."""
    shares = np.array([post.share for post in sector.posts])
    counts = np.maximum(1, np.floor(shares / shares.sum() * staff)).astype(np.int64)
    order = np.argsort(-shares, kind="stable")
    while counts.sum() != staff:
        step = 1 if counts.sum() < staff else -1
        at = order[0] if step > 0 else order[np.argmax(counts[order])]
        counts[at] += step
        order = np.roll(order, -1) if step > 0 else order
    return np.repeat(np.arange(len(counts)), counts)


def enrol(sector: Sector, staff: int, days: int, rng: np.random.Generator) -> Roll:
    """Fill every seat through the period, replacing those who leave after a vacancy of some weeks."""
    hired, left, posts, agency = _terms(sector, staff, days, rng)
    size = len(hired)
    moved, last = _transfers(sector, hired, left, posts, days, rng)
    post_on = np.full((size, days), -1, np.int64)
    for person in range(size):
        stop = days if left[person] == NEVER else min(left[person], days)
        post_on[person, max(hired[person], 0):stop] = posts[person]
        if moved[person] != NEVER:
            post_on[person, moved[person]:stop] = last[person]
    return Roll(
        codes=np.array([f"{101 + number:05d}" for number in range(size)], dtype=object),
        names=_names(sector.names, size, rng),
        agency=agency, hired=hired, left=left, moved=moved, first_post=posts, last_post=last,
        mentor=_mentors(hired, left, posts, rng), post_on=post_on,
    )


def _terms(sector: Sector, staff: int, days: int, rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Flags]:
    rows: list[tuple[int, int, int, bool]] = []
    for post in seats(sector, staff):
        operator = sector.posts[post].role == "operator"
        day = -int(rng.integers(20, 3000))
        while day < days:
            temporary = operator and rng.random() < (0.12 if day < 0 else 0.3)
            yearly = _YEARLY_AGENCY_LEAVERS if temporary else _YEARLY_LEAVERS
            leaves = max(day, 0) + 10 + int(rng.exponential(365 / yearly))
            rows.append((day, leaves if leaves < days else NEVER, post, temporary))
            day = leaves + int(rng.integers(0, 30))
    rows.sort(key=lambda row: row[0])
    return (
        np.array([row[0] for row in rows]), np.array([row[1] for row in rows]),
        np.array([row[2] for row in rows]), np.array([row[3] for row in rows]),
    )


def _transfers(
    sector: Sector, hired: Ints, left: Ints, posts: Ints, days: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    moved, last = np.full(len(hired), NEVER), posts.copy()
    operator_posts = np.flatnonzero([post.role == "operator" for post in sector.posts])
    chance = _YEARLY_TRANSFERS * days / 365
    for person in np.flatnonzero(np.isin(posts, operator_posts) & (rng.random(len(posts)) < chance)):
        first = max(hired[person] + 60, 5)
        stop = days if left[person] == NEVER else left[person]
        if first + 10 >= stop:
            continue
        moved[person] = rng.integers(first, stop - 5)
        last[person] = rng.choice(operator_posts[operator_posts != posts[person]])
    return moved, last


def _mentors(hired: Ints, left: Ints, posts: Ints, rng: np.random.Generator) -> Ints:
    mentors = np.full(len(hired), -1)
    for person in np.flatnonzero(hired >= 0):
        day = hired[person]
        stays = (left == NEVER) | (left > day + INDUCTION_DAYS)
        able = np.flatnonzero((posts == posts[person]) & (hired < day - 120) & stays)
        if len(able):
            mentors[person] = rng.choice(able)
    return mentors


def _names(names: Names, size: int, rng: np.random.Generator) -> Texts:
    local = rng.choice(np.array(list(names.surnames), dtype=object), size) + rng.choice(
        np.array(names.given, dtype=object), size
    )
    foreign = (
        rng.choice(np.array(names.foreign_first, dtype=object), size) + " "
        + rng.choice(np.array(names.foreign_last, dtype=object), size)
    )
    return np.asarray(np.where(rng.random(size) < 0.1, foreign, local), object)

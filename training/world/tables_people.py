"""Departments, posts, employees, credentials, assignments and shifts in the folder format."""

import numpy as np
import pandas as pd

from training.world.arrays import Ints, Texts
from training.world.calendar import NEVER
from training.world.frames import blank_unless, frame, looked_up
from training.world.people import INDUCTION_DAYS
from training.world.roster import OFF
from training.world.site import Site

RELEASE = "放行授权 release authorisation"


def people_tables(site: Site, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Who there is, where they belong and when they were on shift."""
    return {
        "departments": frame({
            "code": [item.code for item in site.sector.departments],
            "name": [item.name for item in site.sector.departments],
            "function": [item.function for item in site.sector.departments],
            "parent_code": [item.parent for item in site.sector.departments],
        }),
        "posts": frame({
            "code": [item.code for item in site.sector.posts],
            "name": [item.name for item in site.sector.posts],
            "department_code": [item.department for item in site.sector.posts],
        }),
        "employees": _employees(site, rng),
        "credentials": _credentials(site),
        "assignments": _assignments(site),
        "shifts": _shifts(site),
    }


def post_codes(site: Site) -> Texts:
    """The code of each post."""
    return np.array([post.code for post in site.sector.posts], dtype=object)


def post_departments(site: Site) -> Texts:
    """The department of each post."""
    return np.array([post.department for post in site.sector.posts], dtype=object)


def _employees(site: Site, rng: np.random.Generator) -> pd.DataFrame:
    roll = site.roll
    local = np.array([not name.isascii() for name in roll.names])
    employers = rng.choice(np.array(site.sector.employers, dtype=object), len(roll.codes))
    team = np.array([f"L{number}" for number in rng.integers(1, 5, len(roll.codes))], dtype=object)
    return frame({
        "code": roll.codes,
        "name": roll.names,
        "email": [f"e{code}@linhe-pharma.example" for code in roll.codes],
        "hired_on": site.calendar.day(roll.hired),
        "left_on": site.calendar.day(roll.left),
        "locale": np.where(local, "zh", "en"),
        "employment_type": np.where(roll.agency, "agency", "permanent"),
        "employer": blank_unless(roll.agency, employers),
        "attr_line": blank_unless(site.operator_post[roll.last_post], team),
    })


def _credentials(site: Site) -> pd.DataFrame:
    """Licences, their renewals, and the authorisations of inspectors."""
    roll, held = site.roll, site.qualifying
    licence = np.array([post.licence for post in site.sector.posts], dtype=object)
    kinds = np.where(licence[roll.first_post] != "", licence[roll.first_post], licence[roll.last_post])
    owner = np.flatnonzero(held.licence_until != NEVER)
    renewed = owner[held.licence_until[owner] > held.first_until[owner]]
    release = np.flatnonzero(site.inspector_post[roll.first_post])
    people = np.concatenate([owner, renewed, release])
    issued = np.concatenate([held.licence_from[owner], held.first_until[renewed] - 20, roll.hired[release] + 5])
    never = np.full(len(release), NEVER)
    until = np.concatenate([held.first_until[owner], held.licence_until[renewed], never])
    manager = [post.role for post in site.sector.posts].index("office")
    boss = roll.codes[np.flatnonzero(roll.first_post == manager)[0]]
    is_release = np.arange(len(people)) >= len(owner) + len(renewed)
    return frame({
        "employee_code": roll.codes[people],
        "kind": np.where(is_release, RELEASE, kinds[people]),
        "number": [f"0{31_000 + 7 * number}" for number in range(len(people))],
        "issued_at": site.calendar.day(issued),
        "expires_at": site.calendar.day(until),
        "authorised_by": np.where(is_release, boss, ""),
    })


def _assignments(site: Site) -> pd.DataFrame:
    rows = [row for person in range(len(site.roll.codes)) for row in _terms_of(site, person)]
    table = np.array(rows)
    posts = table[:, 1]
    return frame({
        "employee_code": site.roll.codes[table[:, 0]],
        "department_code": post_departments(site)[posts],
        "post_code": post_codes(site)[posts],
        "from_date": site.calendar.day(table[:, 2]),
        "to_date": site.calendar.day(table[:, 3]),
        "mentor_code": looked_up(site.roll.codes, table[:, 4]),
    })


def _terms_of(site: Site, person: int) -> list[tuple[int, int, int, int, int]]:
    """(person, post, from, to, mentor): induction with a mentor, the post, the post after a transfer."""
    roll = site.roll
    hired, left, moved = int(roll.hired[person]), int(roll.left[person]), int(roll.moved[person])
    first, mentor = int(roll.first_post[person]), int(roll.mentor[person])
    leaves_first = moved if moved != NEVER else left
    rows = []
    if mentor >= 0:
        ends = hired + INDUCTION_DAYS
        whole = ends >= site.calendar.days or (leaves_first != NEVER and ends >= leaves_first)
        rows.append((person, first, hired, leaves_first if whole else ends, mentor))
        if whole:
            return rows
        hired = ends
    rows.append((person, first, hired, leaves_first, -1))
    if moved != NEVER:
        rows.append((person, int(roll.last_post[person]), moved, left, -1))
    return rows


def _shifts(site: Site) -> pd.DataFrame:
    """Shifts of those whose roster matters to the work: operators and inspectors."""
    roster, held = site.roster, site.roll.post_on
    rostered = site.operator_post | site.inspector_post
    days, people = np.nonzero(((roster.shift > OFF) & (held >= 0) & rostered[held]).T)
    post: Ints = held[people, days]
    return frame({
        "employee_code": site.roll.codes[people],
        "starts_at": site.calendar.stamp(roster.starts[people, days]),
        "ends_at": site.calendar.stamp(roster.ends[people, days]),
        "department_code": post_departments(site)[post],
        "post_code": post_codes(site)[post],
    })


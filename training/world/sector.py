"""The shape of a sector: everything a site is, as data. The engine knows no department, product or text by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Pattern = Literal["day", "three", "twelve"]
Role = Literal["operator", "inspector", "trainer", "office"]


@dataclass(frozen=True)
class Department:
    """A department, its function (section 1 of the design) and its parent's code."""

    code: str
    name: str
    function: str
    parent: str = ""


@dataclass(frozen=True)
class Post:
    """A position: its share of the staff, what its holders do, their roster, and what it demands of them."""

    code: str
    name: str
    department: str
    share: float
    role: Role = "operator"
    pattern: Pattern = "day"
    processes: tuple[str, ...] = ()
    courses: tuple[str, ...] = ()
    licence: str = ""


@dataclass(frozen=True)
class Snag:
    """One thing that goes wrong in a process: the clause it concerns, and how people say it in two languages."""

    clause: str
    demand: str
    zh: str
    en: str


@dataclass(frozen=True)
class Process:
    """A process and what is true of it.

    `difficulty` is added to the log-odds of a failure; `teachability` (0..1) is the part of a lack of mastery that
    its course can reach; `humidity` is the log-odds per standard deviation of air humidity; `starts` is the
    part of the period after which it is first run. `parents` are the processes whose batches it consumes.
    """

    code: str
    name: str
    department: str
    standard: str
    title: str
    difficulty: float
    teachability: float
    automation: int
    snags: tuple[Snag, ...]
    parents: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    humidity: float = 0.0
    span_days: int = 3
    starts: float = 0.0
    covered: bool = True
    assessed: bool = False
    practice_days: int = 0
    supervised_pieces: int = 0
    validity_days: int = 365
    always_changes: bool = False


@dataclass(frozen=True)
class Course:
    """A course that belongs to no single process (its standard has one changing text of clauses too)."""

    code: str
    title: str
    standard: str
    standard_title: str
    clauses: tuple[tuple[str, str], ...]
    minutes: int
    validity_days: int


@dataclass(frozen=True)
class Texts:
    """Phrasings. `{p}` is the process, `{s}` the snag; unrelated reports have neither."""

    difficulty_zh: tuple[str, ...]
    difficulty_en: tuple[str, ...]
    bottleneck_zh: tuple[str, ...]
    bottleneck_en: tuple[str, ...]
    unrelated: tuple[str, ...]
    changes: tuple[str, ...]
    issues: Mapping[str, tuple[str, ...]]
    surveys: tuple[str, ...]
    typos: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Names:
    """What people of the site are called."""

    surnames: str
    given: tuple[str, ...]
    foreign_first: tuple[str, ...]
    foreign_last: tuple[str, ...]


@dataclass(frozen=True)
class Sector:
    """A whole sector. `holidays` are (first day, length) where few work."""

    name: str
    departments: tuple[Department, ...]
    posts: tuple[Post, ...]
    processes: tuple[Process, ...]
    courses: tuple[Course, ...]
    texts: Texts
    names: Names
    employers: tuple[str, ...]
    outside_inspectors: tuple[str, ...]
    holidays: tuple[tuple[date, int], ...]

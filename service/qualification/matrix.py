"""The training matrix: what a process and a post demand at a moment."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Row, any_, bindparam, func, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import Session

from service.courses.tables import Course, CourseCover, Requirement
from service.courses.validity import Validity, parse
from service.db.base import Query
from service.qualification.rules import Acceptable, Demand, Version, acceptable
from service.settings import settings
from service.standards.tables import Standard, StandardVersion


@dataclass(frozen=True)
class Taken:
    """What a course teaches of one standard: the version it is bound to, if any, and all that are known."""

    standard: str
    pinned: str | None
    versions: tuple[Version, ...]


@dataclass(frozen=True)
class Line:
    """A line of the matrix as it is written, whenever it is asked."""

    code: str
    kind: str
    courses: tuple[int, ...]
    taken: tuple[Taken, ...]
    credential_kind: str | None
    count: int
    validity: Validity

    def demand(self, at: datetime, grace: timedelta) -> Demand:
        """What it demands at a moment."""
        counting = ((taken, acceptable(taken.versions, at, grace)) for taken in self.taken)
        standards = tuple(
            Acceptable(taken.standard, until, taken.pinned) for taken, until in counting if until is not None
        )
        return Demand(
            self.code, self.kind, self.courses, standards, self.credential_kind, self.count, self.validity
        )


@dataclass(frozen=True)
class Matrix:
    """The lines of some processes and posts."""

    by_process: dict[int, list[Line]]
    by_post: dict[int, list[Line]]
    grace: timedelta
    _asked: dict[tuple[int | None, int | None, datetime], tuple[Demand, ...]] = field(default_factory=dict)

    def demands(self, process: int | None, post: int | None, at: datetime) -> tuple[Demand, ...]:
        """What process and post demand of whoever does it at a moment."""
        asked = (process, post, at)
        if asked not in self._asked:
            lines = [*self.by_process.get(process or 0, ()), *self.by_post.get(post or 0, ())]
            self._asked[asked] = tuple(line.demand(at, self.grace) for line in lines)
        return self._asked[asked]

    @property
    def lines(self) -> Iterable[Line]:
        """All of them."""
        for lines in (*self.by_process.values(), *self.by_post.values()):
            yield from lines

    def without_grace(self) -> "Matrix":
        """The matrix for planning: who must be taught a new version is asked before the grace period ends."""
        return Matrix(self.by_process, self.by_post, timedelta(0))

    def with_version(self, standard: str, version: Version) -> "Matrix":
        """The matrix as if a version of a standard took effect."""

        def told(lines: list[Line]) -> list[Line]:
            return [replace(line, taken=tuple(_with(each, standard, version) for each in line.taken)) for line in lines]

        return Matrix(
            {process: told(lines) for process, lines in self.by_process.items()},
            {post: told(lines) for post, lines in self.by_post.items()}, self.grace,
        )


def _with(taken: Taken, standard: str, version: Version) -> Taken:
    if taken.standard != standard:
        return taken
    others = (known for known in taken.versions if known.name != version.name)
    return replace(taken, versions=tuple(sorted((*others, version), key=lambda known: known.effective_at)))


def load(
    session: Session, processes: Collection[int], posts: Collection[int], known_at: datetime | None = None
) -> Matrix:
    """The matrix of some processes and posts, with the versions of standards known by a moment (None: all)."""
    rows = _rows(session, processes, posts)
    taught = _taught(session, rows, known_at)
    by_process: dict[int, list[Line]] = defaultdict(list)
    by_post: dict[int, list[Line]] = defaultdict(list)
    for row in rows:
        line = _line(row, taught)
        (by_process[row.process_id] if row.process_id is not None else by_post[row.post_id]).append(line)
    for lines in by_process.values():
        _refresh_practice(lines)
    return Matrix(dict(by_process), dict(by_post), timedelta(days=settings().grace_days))


def _rows(session: Session, processes: Collection[int], posts: Collection[int]) -> list[Row[Any]]:
    return list(session.execute(_LINES, {"processes": list(processes), "posts": list(posts)}))


# queries are made once: making one takes longer than asking it
_NUMBERS = ARRAY(BigInteger)
_LINES: Query = (
    select(
        Requirement.code, Requirement.process_id, Requirement.post_id, Requirement.kind, Requirement.course_id,
        Requirement.standard_id, Requirement.credential_kind, Requirement.count.label("pieces"),
        Requirement.attributes,
        func.coalesce(Requirement.validity_days, Course.validity_days).label("validity_days"),
    )
    .outerjoin(Course, Course.id == Requirement.course_id)
    .where(or_(
        Requirement.process_id == any_(bindparam("processes", type_=_NUMBERS)),
        Requirement.post_id == any_(bindparam("posts", type_=_NUMBERS)),
    ))
    .order_by(Requirement.id)
)


@dataclass(frozen=True)
class _Cover:
    course: int
    standard: int
    taken: Taken


def _taught(session: Session, rows: list[Row[Any]], known_at: datetime | None) -> list[_Cover]:
    """What the courses in question teach, each standard with its versions by the moment they take effect."""
    courses = {row.course_id for row in rows if row.course_id is not None}
    standards = {row.standard_id for row in rows if row.course_id is None and row.standard_id is not None}
    if not courses and not standards:
        return []
    given = {"courses": list(courses), "standards": list(standards), "known_at": known_at}
    found = session.execute(_covers(by=known_at is not None), given)
    return [
        _Cover(course, number, Taken(code, pinned, tuple(_version(*each) for each in told or ())))
        for course, number, code, pinned, told in found
    ]


@cache
def _covers(*, by: bool) -> Query:
    """What courses teach, with the versions of each standard; `by`: only those known by a moment."""
    version = StandardVersion
    known = version.known_at <= bindparam("known_at", type_=DateTime(timezone=True)) if by else true()
    listed = func.json_build_array(version.version, version.effective_at)
    versions = (
        select(func.array_agg(aggregate_order_by(listed, version.effective_at, version.id)))
        .where(version.standard_id == CourseCover.standard_id, known)
        .correlate(CourseCover).scalar_subquery()
    )
    return (
        select(CourseCover.course_id, Standard.id, Standard.code, CourseCover.standard_version, versions)
        .join(Standard, Standard.id == CourseCover.standard_id)
        .where(or_(
            CourseCover.course_id == any_(bindparam("courses", type_=_NUMBERS)),
            CourseCover.standard_id == any_(bindparam("standards", type_=_NUMBERS)),
        ))
        .order_by(CourseCover.id)
    )


@lru_cache(maxsize=10_000)
def _version(name: str, effective_at: str) -> Version:
    return Version(name, datetime.fromisoformat(effective_at))


def _line(row: Row[Any], covers: list[_Cover]) -> Line:
    kind = row.kind or _kind(row)
    own = [
        cover for cover in covers
        if (cover.course == row.course_id if row.course_id is not None else True)
        and (cover.standard == row.standard_id if row.standard_id is not None else row.course_id is not None)
    ]
    given = () if row.course_id is None else (row.course_id,)
    offered = tuple(dict.fromkeys(cover.course for cover in own)) if row.standard_id is not None else ()
    validity = parse(row.validity_days, row.attributes, settings().zone)
    one_each = {cover.taken.standard: cover.taken for cover in own}
    return Line(
        row.code, kind, given or offered, tuple(one_each.values()), row.credential_kind, row.pieces or 1, validity
    )


def _kind(row: Row[Any]) -> str:
    """What a line without a kind demands, by what it names."""
    if row.course_id is not None or row.standard_id is not None:
        return "course"
    if row.credential_kind is not None:
        return "licence"
    return "supervised" if row.pieces is not None else "practice"


def _refresh_practice(lines: list[Line]) -> None:
    """Passing a course of the process counts as practice."""
    courses = tuple(dict.fromkeys(course for line in lines if line.kind == "course" for course in line.courses))
    for number, line in enumerate(lines):
        if line.kind == "practice":
            lines[number] = replace(line, courses=courses)

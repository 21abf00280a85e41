"""Whom a change concerns, worked out for all at once: who does the process, in which course, and who knew it before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.orm import Session

from service.clock import now
from service.courses.tables import Course, CourseCover, Requirement
from service.errors import Conflict, NotFound
from service.people.tables import Post
from service.processes.tables import Change, Process, ProcessVersion
from service.qualification.staff import RECENT
from service.settings import settings
from service.standards.tables import Standard, StandardVersion


@dataclass(frozen=True)
class Taught:
    """A course that teaches a change for a process, and the standard version it is to teach then."""

    process_id: int
    course_id: int
    standard_version: str | None
    minutes: int | None


#: Who is concerned, as `concerned(employee_id, process_id, course_id, standard_version, minutes, known)`. Those are who
#: hold a post the change names; else who recently did the process, or holds a post on which it is done or that demands
#: one of its courses; else, for what nobody does yet, the people of its department. Each person takes a course once.
CONCERNED = """
WITH RECURSIVE taught AS (
    SELECT * FROM unnest(CAST(:processes AS bigint[]), CAST(:courses AS bigint[]), CAST(:versions AS text[]),
                         CAST(:minutes AS bigint[])) AS t(process_id, course_id, standard_version, minutes)
), held AS (
    SELECT a.employee_id, a.post_id, a.department_id FROM assignments a JOIN employees e ON e.id = a.employee_id
    WHERE a.from_date <= :until AND (a.to_date IS NULL OR a.to_date >= :today)
      AND (e.left_on IS NULL OR e.left_on > :today) AND (e.hired_on IS NULL OR e.hired_on <= :until)
), recent AS (
    SELECT DISTINCT employee_id, process_id, post_id FROM work_records
    WHERE process_id = ANY (CAST(:processes AS bigint[])) AND started_at BETWEEN :since AND :at
      AND cardinality(CAST(:posts AS bigint[])) = 0
), standing AS (
    SELECT DISTINCT t.process_id, p.post_id FROM taught t, unnest(CAST(:posts AS bigint[])) AS p(post_id)
    UNION SELECT process_id, post_id FROM recent WHERE post_id IS NOT NULL
    UNION SELECT t.process_id, r.post_id FROM taught t JOIN requirements r ON r.course_id = t.course_id
    WHERE r.post_id IS NOT NULL AND cardinality(CAST(:posts AS bigint[])) = 0
), doing AS (
    SELECT h.employee_id, p.process_id FROM held h JOIN standing p ON p.post_id = h.post_id
    UNION SELECT r.employee_id, r.process_id FROM recent r WHERE r.employee_id IN (SELECT employee_id FROM held)
), undone AS (
    SELECT p.id, p.department_id FROM processes p
    WHERE p.id = ANY (CAST(:processes AS bigint[])) AND p.id NOT IN (SELECT process_id FROM standing)
      AND p.id NOT IN (SELECT process_id FROM doing)
), places AS (
    SELECT id AS process_id, department_id FROM undone
    UNION SELECT p.process_id, d.id FROM places p JOIN departments d ON d.parent_id = p.department_id
), people AS (
    SELECT employee_id, process_id FROM doing
    UNION SELECT h.employee_id, p.process_id FROM held h JOIN places p ON p.department_id = h.department_id
), passed AS (
    SELECT r.employee_id, r.course_id, max(r.completed_at) AS last FROM training_records r
    WHERE r.course_id = ANY (CAST(:courses AS bigint[])) AND r.result = 'passed'
      AND NOT EXISTS (SELECT FROM training_records n WHERE n.code = r.code AND n.revision > r.revision)
    GROUP BY r.employee_id, r.course_id
), concerned AS MATERIALIZED (
    SELECT DISTINCT ON (p.employee_id, t.course_id) p.employee_id, t.process_id, t.course_id, t.standard_version,
           t.minutes, k.last
    FROM people p JOIN taught t ON t.process_id = p.process_id
    LEFT JOIN passed k ON k.employee_id = p.employee_id AND k.course_id = t.course_id
    ORDER BY p.employee_id, t.course_id, t.process_id
)
"""



def over(query: str) -> TextClause:
    """A query over `concerned`; it is asked with what `asked` answers."""
    return text(CONCERNED + query)


def asked(session: Session, change: Change, at: datetime | None = None) -> Mapping[str, Any]:
    """What `CONCERNED` is asked with, for a change. Raises `NotFound` for a course nobody has, `Conflict` where none
    teaches it."""
    at = at or now()
    taught = teaching(session, change, at)
    posts = list(session.scalars(select(Post.id).where(Post.code.in_(change.posts or ()))))
    return asked_of(taught, change.effective_at.astimezone(settings().zone).date(), at, posts)


def asked_of(taught: Sequence[Taught], until: date, at: datetime, posts: Sequence[int] = ()) -> Mapping[str, Any]:
    """What `CONCERNED` is asked with, for courses that teach something by a day."""
    today = at.astimezone(settings().zone).date()
    return {
        "processes": [each.process_id for each in taught], "courses": [each.course_id for each in taught],
        "versions": [each.standard_version for each in taught], "minutes": [each.minutes for each in taught],
        "posts": list(posts), "today": today, "until": max(today, until), "since": at - RECENT, "at": at,
    }


def teaching(session: Session, change: Change, at: datetime) -> list[Taught]:
    """The courses that teach a change: those it names; else those that cover what changed. Raises as `asked`."""
    processes = affected(session, change, at)
    if change.courses:
        courses = dict(session.execute(select(Course.code, Course.id).where(Course.code.in_(change.courses))).all())
        for code in change.courses:
            if code not in courses:
                raise NotFound(f"There is no course {code!r}; record it, or name another (courses).")
        pairs = {(process, course) for process in processes for course in courses.values()}
    else:
        pairs = _covering(session, change, processes, at)
    if not pairs and processes:
        raise Conflict(
            f"No course teaches what {change.code} changes: have one recorded that covers it, or name one (courses)."
        )
    minutes = dict(session.execute(select(Course.id, Course.minutes).where(Course.id.in_({c for _, c in pairs}))).all())
    versions = versions_to_teach(session, change, {course for _, course in pairs})
    return [
        Taught(process, course, versions.get(course), minutes.get(course)) for process, course in sorted(pairs)
    ]


def affected(session: Session, change: Change, at: datetime) -> list[int]:
    """The processes a change touches: its own, or those that follow its standard, or whose courses teach it."""
    if change.process_id is not None:
        return [change.process_id]
    code = session.scalars(select(Standard.code).where(Standard.id == change.standard_id)).one()
    rows = session.execute(text(
        "SELECT DISTINCT process_id FROM ("
        "  SELECT DISTINCT ON (process_id) process_id, standards FROM process_versions WHERE effective_at <= :at"
        "  ORDER BY process_id, effective_at DESC, id DESC) v, unnest(v.standards) AS s(code)"
        " JOIN standard_versions sv ON sv.code = s.code WHERE sv.standard_id = :standard"
        " UNION SELECT process_id FROM course_covers WHERE standard_id = :standard AND process_id IS NOT NULL"
    ), {"at": at, "standard": change.standard_id})
    found = sorted(row.process_id for row in rows)
    if not found:
        raise Conflict(f"No process follows standard {code}: there is nobody whom this change could concern yet.")
    return found


def _covering(session: Session, change: Change, processes: Sequence[int], at: datetime) -> set[tuple[int, int]]:
    """Process and course, of the courses that cover what changed."""
    if change.standard_id is not None:
        # a course made for one version of the standard does not teach another
        covers = session.execute(
            select(CourseCover.process_id, CourseCover.course_id).where(
                CourseCover.standard_id == change.standard_id,
                func.coalesce(CourseCover.standard_version, change.version) == change.version,
            )
        ).all()
        return {
            (process, course) for of, course in covers for process in processes if of in {None, process}
        }
    teach = session.execute(
        select(CourseCover.course_id, CourseCover.standard_id).where(CourseCover.process_id.in_(processes))
    ).all()
    required = session.scalars(select(Requirement.course_id).where(
        Requirement.process_id.in_(processes), Requirement.course_id.is_not(None)
    ))
    moved = _moved(session, change, at)
    about = {course for course, standard in teach if standard in moved}
    every = {course for course, _ in teach} | {course for course in required if course is not None}
    return {(process, course) for process in processes for course in about or every}


def _moved(session: Session, change: Change, at: datetime) -> set[int]:
    """The standards of which a process version follows another version than the one before; of a first one: none."""
    before = session.scalar(
        select(ProcessVersion.standards)
        .where(ProcessVersion.process_id == change.process_id, ProcessVersion.effective_at <= at)
        .order_by(ProcessVersion.effective_at.desc(), ProcessVersion.id.desc()).limit(1)
    )
    new = set(change.standards or ()) - set(before or ()) if before is not None else set()
    return set(session.scalars(select(StandardVersion.standard_id).where(StandardVersion.code.in_(new))))


def versions_to_teach(session: Session, change: Change, courses: set[int]) -> dict[int, str]:
    """The standard version each course is to teach for a change, where the change says it."""
    wanted: dict[int, str] = {}
    if change.standard_id is not None:
        wanted[change.standard_id] = change.version
    elif change.standards:
        wanted.update(session.execute(
            select(StandardVersion.standard_id, StandardVersion.version)
            .where(StandardVersion.code.in_(change.standards))
        ).all())
    covers = session.execute(
        select(CourseCover.course_id, CourseCover.standard_id)
        .where(CourseCover.course_id.in_(courses), CourseCover.standard_id.in_(wanted))
    )
    return {course: wanted[standard] for course, standard in covers if standard is not None}


def coverage(session: Session, change: Change, at: datetime | None = None) -> tuple[int, int]:
    """Of the courses the people concerned are to take, how many there are, and how many were passed since approval."""
    given = asked(session, change, at)
    row = session.execute(
        over("SELECT count(*), count(*) FILTER (WHERE last >= :approved) FROM concerned"),
        {**given, "approved": change.approved_at},
    ).one()
    return row[0], row[1]


def named(session: Session, given: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The codes of the processes and of the courses a change touches."""
    processes = session.scalars(select(Process.code).where(Process.id.in_(given["processes"])).order_by(Process.code))
    courses = session.scalars(select(Course.code).where(Course.id.in_(given["courses"])).order_by(Course.code))
    return list(processes), list(courses)


def due_on(change: Change, today: date) -> date:
    """Until when people are to be trained for a change: its own day, or if that is near, when there is time."""
    return max(change.effective_at.astimezone(settings().zone).date(), today)



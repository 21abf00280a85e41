"""Working out everybody's standing anew, and telling what changed: expiry and grace periods pass in silence."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Select, func, select, text, tuple_, union
from sqlalchemy.orm import Session

from service.clock import now
from service.db.base import Query
from service.db.context import everywhere
from service.events.publishing import Event, publish
from service.people.tables import Assignment, Employee
from service.processes.tables import Process
from service.qualification.evidence import Asked, answered
from service.qualification.matrix import load
from service.qualification.rules import QUALIFIED
from service.qualification.staff import RECENT, assigned, employed
from service.qualification.staffing_schemas import KeptAsked, KeptPage, KeptRead
from service.qualification.tables import StandingKept
from service.records.paging import Cursors
from service.records.wiretypes import Id
from service.settings import settings
from service.work.tables import WorkRecord

#: people whose evidence is in memory at once
_AT_ONCE = 4000

_CURSORS = Cursors("standings", Id, Id)

_FRESH = """
CREATE TEMP TABLE fresh (
    employee_id bigint NOT NULL, process_id bigint NOT NULL, outcome text NOT NULL, until timestamptz
) ON COMMIT DROP
"""

_CHANGED = """
SELECT p.code, count(*) FILTER (WHERE f.outcome = :qualified) AS gained,
       count(*) FILTER (WHERE s.outcome = :qualified) AS lost
FROM fresh f JOIN standings s USING (employee_id, process_id) JOIN processes p ON p.id = f.process_id
WHERE s.outcome <> f.outcome AND :qualified IN (s.outcome, f.outcome)
GROUP BY p.code ORDER BY p.code
"""

_KEPT = """
INSERT INTO standings (employee_id, process_id, outcome, until, since)
SELECT employee_id, process_id, outcome, until, :at FROM fresh
ON CONFLICT (employee_id, process_id) DO UPDATE
SET outcome = excluded.outcome, until = excluded.until,
    since = CASE WHEN standings.outcome = excluded.outcome THEN standings.since ELSE excluded.since END
WHERE (standings.outcome, standings.until) IS DISTINCT FROM (excluded.outcome, excluded.until)
"""

_GONE = """
DELETE FROM standings s
WHERE NOT EXISTS (SELECT FROM fresh f WHERE f.employee_id = s.employee_id AND f.process_id = s.process_id)
"""


def requalify(session: Session, at: datetime | None = None) -> int:
    """Work out the standing of everybody for what they do, and publish what changed; how many were worked out.

    Those are all who are assigned today, for the processes of their department and those they recently did.
    """
    at = at or now()
    with everywhere(session):
        session.execute(text(_FRESH))
        total = _work_out(session, at)
        session.execute(text("ANALYZE fresh"))
        changed = session.execute(text(_CHANGED), {"qualified": QUALIFIED}).all()
        session.execute(text(_KEPT), {"at": at})
        session.execute(text(_GONE))
        session.execute(text("DROP TABLE fresh"))
    publish(session, *(
        Event("qualification.changed", f"processes/{row.code}", {"gained": row.gained, "lost": row.lost})
        for row in changed
    ))
    return total


def _work_out(session: Session, at: datetime) -> int:
    pairs = session.execute(_pairs(at)).all()
    processes = {row.process_id for row in pairs}
    matrix = load(session, processes, {row.post_id for row in pairs if row.post_id is not None})
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor:
        for some in _by_people(pairs, at):
            found = answered(session, some, matrix)
            with cursor.copy("COPY fresh FROM STDIN") as copy:
                for each, standing in zip(some, found, strict=True):
                    copy.write_row((each.employee_id, each.process_id, standing.outcome, standing.until))
    return len(pairs)


def _by_people(pairs: Sequence[Any], at: datetime) -> Iterator[list[Asked]]:
    """The questions, by people: so many at once as fit in memory."""
    some: list[Asked] = []
    people = 0
    for _, rows in groupby(pairs, key=lambda row: row.employee_id):
        some += (Asked(row.employee_id, row.process_id, row.post_id, at) for row in rows)
        people += 1
        if people == _AT_ONCE:
            yield some
            some, people = [], 0
    if some:
        yield some


def _pairs(at: datetime) -> Select[Any]:
    """Who may be asked to do what: a person, a process, and the post they hold."""
    today = at.astimezone(settings().zone).date()
    holds = (
        select(Assignment.employee_id, func.max(Assignment.post_id).label("post_id"))
        .join(Employee, Employee.id == Assignment.employee_id)
        .where(*assigned(today), *employed(today))
        .group_by(Assignment.employee_id).cte("holds")
    )
    own = (
        select(Assignment.employee_id, Process.id.label("process_id"))
        .join(Process, Process.department_id == Assignment.department_id)
        .where(*assigned(today))
    )
    recent = select(WorkRecord.employee_id, WorkRecord.process_id).where(
        WorkRecord.started_at.between(at - RECENT, at)
    )
    both = union(own, recent).subquery()
    return (
        select(both.c.employee_id, both.c.process_id, holds.c.post_id)
        .join(holds, holds.c.employee_id == both.c.employee_id)
        .order_by(both.c.employee_id, both.c.process_id)
    )


def kept(session: Session, asked: KeptAsked) -> KeptPage:
    """Standings as they were last worked out. Raises `BadCursor`."""
    query = _kept().order_by(StandingKept.employee_id, StandingKept.process_id).limit(asked.limit)
    if asked.cursor is not None:
        employee, process = _CURSORS.read(asked.cursor)
        query = query.where(tuple_(StandingKept.employee_id, StandingKept.process_id) > (employee, process))
    if asked.updated_since is not None:
        query = query.where(StandingKept.since >= asked.updated_since)
    if asked.employee_code is not None:
        query = query.where(Employee.code == asked.employee_code)
    if asked.process_code is not None:
        query = query.where(Process.code == asked.process_code)
    if asked.outcome is not None:
        query = query.where(StandingKept.outcome == asked.outcome)
    if asked.ends_before is not None:
        query = query.where(StandingKept.until < asked.ends_before)
    found = session.execute(query).all()
    items = [
        KeptRead(
            employee_code=row.employee, process_code=row.process, outcome=row.outcome, until=row.until, since=row.since
        )
        for row in found
    ]
    end = found[-1] if len(found) == asked.limit else None
    return KeptPage(items=items, next=_CURSORS.write(end.employee_id, end.process_id) if end else None)


def _kept() -> Query:
    return (
        select(
            StandingKept.employee_id, StandingKept.process_id, Employee.code.label("employee"),
            Process.code.label("process"), StandingKept.outcome, StandingKept.until, StandingKept.since,
        )
        .join(Employee, Employee.id == StandingKept.employee_id)
        .join(Process, Process.id == StandingKept.process_id)
    )

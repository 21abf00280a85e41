"""What was owed by the responsibility map before something went wrong, and had not been delivered by then."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from service.duties.tables import Duty, Obligation
from service.people.tables import Department
from service.trace.gathering import BEFORE
from service.trace.rules import NEGLECT, Neglected

#: the latest that are looked at
_LATEST = 20


def neglected(
    session: Session, places: Collection[int | None], at: datetime, known_at: datetime | None
) -> tuple[Neglected, ...]:
    """What was owed in the months before and missed: by these departments, those they lie within, and the topmost
    departments of quality and people, which answer for what is theirs."""
    topmost = (
        select(Department.id).where(Department.function.in_(("quality", "people")))
        .ext(distinct_on(Department.function))
        .order_by(Department.function, Department.parent_id.nulls_first(), Department.id)
    )
    line = select(Department.id, Department.parent_id).where(Department.id.in_(
        [place for place in places if place is not None]
    )).cte("line", recursive=True)
    line = line.union(select(Department.id, Department.parent_id).join(line, Department.id == line.c.parent_id))
    until = at if known_at is None else min(at, known_at)
    row = Obligation
    query = (
        select(row.code, Duty.deliverable, Duty.title, Department.code, row.due_on)
        .join(Duty, Duty.id == row.duty_id)
        .join(Department, Department.id == row.department_id)
        .where(
            Duty.deliverable.in_({kind for kinds in NEGLECT.values() for kind in kinds}),
            row.due_at.between(until - BEFORE, until), row.state.in_(("open", "missed")),
            or_(row.settled_at.is_(None), row.settled_at > until),
            or_(Department.id.in_(topmost), Department.id.in_(select(line.c.id))),
        )
        .order_by(row.due_at.desc(), row.id.desc()).limit(_LATEST)
    )
    return tuple(Neglected(*found) for found in session.execute(query))

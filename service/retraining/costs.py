"""What a change touches and what it costs, before anybody approves it."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.db.context import everywhere
from service.errors import NotFound
from service.processes.tables import Change
from service.retraining.concerned import asked, named, over
from service.retraining.rules import DAY, cost
from service.retraining.schemas import Affected
from service.settings import settings
from service.standards.tables import Standard

#: a course that does not say how long it takes, in minutes
_USUAL = 60

_COST = """
, costs AS (
    SELECT employee_id, count(*) FILTER (WHERE last IS NULL) AS new_hires,
           count(*) FILTER (WHERE last IS NOT NULL) AS retrained, count(*) FILTER (WHERE last >= :approved) AS covered,
           sum(CASE WHEN last IS NULL THEN coalesce(minutes, :unknown)
                    ELSE coalesce(CAST(:changed AS bigint), minutes, :unknown) END) AS training
    FROM concerned GROUP BY employee_id
), planned AS (
    SELECT s.employee_id, sum(extract(epoch FROM s.ends_at - s.starts_at) / 60) AS minutes
    FROM shifts s WHERE s.employee_id IN (SELECT employee_id FROM costs)
      AND s.starts_at >= :at AND s.starts_at < :effective_at
      AND NOT EXISTS (SELECT FROM shifts n WHERE n.code = s.code AND n.revision > s.revision)
    GROUP BY s.employee_id
)
SELECT coalesce(sum(c.new_hires), 0) AS new_hires, coalesce(sum(c.retrained), 0) AS retrained,
       coalesce(sum(c.covered), 0) AS covered, coalesce(sum(c.training), 0) AS training,
       coalesce(sum(c.training) FILTER (WHERE p.minutes > 0), 0) AS on_shift,
       coalesce(sum(coalesce(p.minutes, :usual)), 0) AS planned
FROM costs c LEFT JOIN planned p ON p.employee_id = c.employee_id
"""

_POSTS = """
SELECT DISTINCT o.code FROM concerned c JOIN assignments a ON a.employee_id = c.employee_id
JOIN posts o ON o.id = a.post_id
WHERE a.from_date <= :until AND (a.to_date IS NULL OR a.to_date >= :today) ORDER BY o.code
"""


def affected(session: Session, code: str) -> Affected:
    """What a change touches and costs, as things stand now. Raises `NotFound`, `Conflict` where no course teaches it.

    Numbers of people are told whole, whoever asks: a reviewer who sees a part would approve a part.
    """
    change = session.scalar(select(Change).where(Change.code == code))
    if change is None:
        raise NotFound(f"There is no change {code!r}.")
    with everywhere(session):
        at = now()
        given = asked(session, change, at)
        today: date = given["today"]
        until = change.effective_at.astimezone(settings().zone).date()
        row = session.execute(over(_COST), {
            **given, "approved": change.approved_at, "changed": change.minutes, "effective_at": change.effective_at,
            "unknown": _USUAL, "usual": working_days(today, until) * DAY,
        }).one()
        processes, courses = named(session, given)
        found = cost(
            row.new_hires, row.retrained, int(row.training), int(row.on_shift), int(row.planned), today, until
        )
        return Affected(
            change_code=code, process_codes=processes, course_codes=courses, standard_codes=_standards(session, change),
            post_codes=list(session.scalars(over(_POSTS), given)), new_hires=found.new_hires,
            retrained=found.retrained, training_minutes=found.training, cover_minutes=found.cover,
            planned_minutes=found.planned, date_can_be_met=found.can_be_met, earliest_on=found.earliest_on,
            covered=row.covered,
        )


def working_days(since: date, until: date) -> int:
    """Mondays to Fridays from a day on and before another."""
    days = range(max((until - since).days, 0))
    return sum((since + timedelta(days=day)).weekday() < 5 for day in days)


def _standards(session: Session, change: Change) -> list[str]:
    if change.standard_id is None:
        return list(change.standards or ())
    return list(session.scalars(select(Standard.code).where(Standard.id == change.standard_id)))

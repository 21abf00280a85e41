"""The plans that answer reports, and what the inspections before and after them say."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from service.answers.rules import Progress
from service.answers.schemas import Answered

#: each plan that answers one of the reports, with its trainings, the inspections that followed them, and those of the
#: same people on the same processes in the 90 days before it was published (or drafted)
_PLANS = """
WITH answering AS (
    SELECT a.code AS report, p.* FROM plan_answers a JOIN plans p ON p.id = a.plan_id
    WHERE a.kind = 'report' AND a.code = ANY (:codes)
), wanted AS (
    SELECT DISTINCT id, coalesce(published_at, created_at) AS since FROM answering
), items AS (
    SELECT i.*, w.since FROM plan_items i JOIN wanted w ON w.id = i.plan_id WHERE i.status <> 'cancelled'
), after AS (
    SELECT i.plan_id, i.status, i.due_on, i.inspection_id, n.result FROM items i
    LEFT JOIN inspections f ON f.id = i.inspection_id
    LEFT JOIN LATERAL (
        SELECT result FROM inspections l WHERE l.code = f.code ORDER BY l.revision DESC LIMIT 1
    ) n ON true
), trained AS (
    SELECT plan_id, count(*) AS items, count(*) FILTER (WHERE status = 'completed') AS completed, max(due_on) AS due_on,
           count(inspection_id) AS expected, count(result) AS inspected,
           count(*) FILTER (WHERE result = 'fail') AS failed
    FROM after GROUP BY plan_id
), people AS (
    SELECT DISTINCT plan_id, employee_id, process_id, since FROM items
), looked AS (
    SELECT p.plan_id, i.result FROM people p JOIN inspections i
      ON i.employee_id = p.employee_id AND i.process_id = p.process_id
    WHERE i.result IS NOT NULL AND i.performed_at >= p.since - interval '90 days' AND i.performed_at < p.since
      AND NOT EXISTS (SELECT FROM inspections l WHERE l.code = i.code AND l.revision > i.revision)
    UNION ALL
    SELECT p.plan_id, i.result FROM people p JOIN work_records w
      ON w.employee_id = p.employee_id AND w.process_id = p.process_id
     AND w.started_at >= p.since - interval '120 days' AND w.started_at < p.since AND w.revision = 1
    JOIN inspections i ON i.work_id = w.id
    WHERE i.result IS NOT NULL AND i.performed_at >= p.since - interval '90 days' AND i.performed_at < p.since
      AND NOT EXISTS (SELECT FROM inspections l WHERE l.code = i.code AND l.revision > i.revision)
), before AS (
    SELECT plan_id, count(*) AS inspected, count(*) FILTER (WHERE result = 'fail') AS failed
    FROM looked GROUP BY plan_id
)
SELECT a.report, a.code, a.title, a.status, a.closed_reason, a.published_at,
       coalesce(t.items, 0) AS items, coalesce(t.completed, 0) AS completed, t.due_on,
       coalesce(t.expected, 0) AS expected,
       coalesce(t.inspected, 0) AS inspected, coalesce(t.failed, 0) AS failed,
       coalesce(b.inspected, 0) AS inspected_before, coalesce(b.failed, 0) AS failed_before, s.outcome
FROM answering a LEFT JOIN trained t ON t.plan_id = a.id LEFT JOIN before b ON b.plan_id = a.id
LEFT JOIN frequency_steps s ON s.plan_id = a.id
ORDER BY a.report, a.id
"""


def plans_of(session: Session, codes: Collection[str]) -> Mapping[str, list[tuple[Progress, Answered]]]:
    """By report, the plans that answer it, oldest first, in numbers and as they are shown."""
    found: dict[str, list[tuple[Progress, Answered]]] = defaultdict(list)
    for row in session.execute(text(_PLANS), {"codes": list(codes)}):
        progress = Progress(row.status, row.items, row.completed, row.expected, row.inspected)
        found[row.report].append((progress, _shown(row)))
    return found


def _shown(row: Any) -> Answered:
    return Answered(
        plan_code=row.code, title=row.title, status=row.status, closed_reason=row.closed_reason, people=row.items,
        completed=row.completed, published_at=row.published_at, due_on=row.due_on, failed_before=row.failed_before,
        inspected_before=row.inspected_before, failed_after=row.failed, inspected_after=row.inspected,
        outcome=row.outcome,
    )

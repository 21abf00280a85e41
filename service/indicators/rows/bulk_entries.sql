-- what people entered by hand or by API (an import has no account): many in one minute, or long after the fact
WITH entered AS (
    SELECT r.completed_at AS at, NULL::bigint AS department_id, r.employee_id, 'training_records/' || r.code AS record, e.account_id, date_trunc('minute', e.at) AS minute,
           e.at > r.completed_at + make_interval(days => :late) AS late
    FROM training_records r
    JOIN audit.events e ON e.table_name = 'training_records' AND e.code = r.code AND e.row_id = r.id AND e.action = 'insert'
      AND e.account_id IS NOT NULL
    WHERE r.completed_at >= :since AND r.completed_at < :until
      AND NOT EXISTS (SELECT FROM training_records l WHERE l.code = r.code AND l.revision > r.revision)
    UNION ALL
    SELECT r.performed_at AS at, coalesce(r.department_id, (SELECT p.department_id FROM processes p
            WHERE p.id = coalesce(r.process_id, (SELECT w.process_id FROM work_records w WHERE w.id = r.work_id),
                                  (SELECT b.process_id FROM batches b WHERE b.id = r.batch_id)))),
           coalesce(r.employee_id, (SELECT w.employee_id FROM work_records w WHERE w.id = r.work_id)), 'inspections/' || r.code AS record, e.account_id, date_trunc('minute', e.at) AS minute,
           e.at > r.performed_at + make_interval(days => :late) AS late
    FROM inspections r
    JOIN audit.events e ON e.table_name = 'inspections' AND e.code = r.code AND e.row_id = r.id AND e.action = 'insert'
      AND e.account_id IS NOT NULL
    WHERE r.performed_at >= :since AND r.performed_at < :until
      AND NOT EXISTS (SELECT FROM inspections l WHERE l.code = r.code AND l.revision > r.revision)
), counted AS (
    SELECT *, count(*) OVER (PARTITION BY account_id, minute) AS together FROM entered
)
SELECT at, department_id, employee_id, record, NULL::text AS detail,
       CASE WHEN late OR together >= :many THEN 1 END AS numerator, 1 AS denominator
FROM counted

-- looked at: inspected itself, or as part of its batch; only records of the time are visited
WITH finished AS MATERIALIZED (
    SELECT id, code, revision, process_id, employee_id, batch_id, finished_at FROM work_records
    WHERE finished_at >= :since AND finished_at < :until
)
SELECT w.finished_at AS at, (SELECT p.department_id FROM processes p WHERE p.id = w.process_id) AS department_id,
       w.employee_id, 'work_records/' || w.code AS record, NULL::text AS detail,
       CASE WHEN looked.failed IS NOT NULL THEN 1 END AS numerator, 1 AS denominator
FROM finished w
CROSS JOIN LATERAL (
    SELECT CASE WHEN w.revision = 1 THEN w.id
                ELSE (SELECT r.id FROM work_records r WHERE r.code = w.code AND r.revision = 1) END AS id
) f
LEFT JOIN LATERAL (
    SELECT bool_or(i.result = 'fail') AS failed FROM inspections i
    WHERE (i.work_id = f.id OR i.batch_id = w.batch_id) AND i.result IS NOT NULL
      AND NOT EXISTS (SELECT FROM inspections l WHERE l.code = i.code AND l.revision > i.revision)
) looked ON true
WHERE w.revision = (SELECT max(l.revision) FROM work_records l WHERE l.code = w.code)

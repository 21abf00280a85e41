-- looked at: inspected itself, or as part of its batch
SELECT w.finished_at AS at, p.department_id, w.employee_id, 'work_records/' || w.code AS record, NULL::text AS detail,
       CASE WHEN looked.failed IS NOT NULL THEN 1 END AS numerator, 1 AS denominator
FROM work_records w
JOIN processes p ON p.id = w.process_id
JOIN work_records f ON f.code = w.code AND f.revision = 1
LEFT JOIN LATERAL (
    SELECT bool_or(i.result = 'fail') AS failed FROM inspections i
    WHERE (i.work_id = f.id OR i.batch_id = w.batch_id) AND i.result IS NOT NULL
      AND NOT EXISTS (SELECT FROM inspections l WHERE l.code = i.code AND l.revision > i.revision)
) looked ON true
WHERE w.finished_at >= :since AND w.finished_at < :until
  AND NOT EXISTS (SELECT FROM work_records l WHERE l.code = w.code AND l.revision > w.revision)

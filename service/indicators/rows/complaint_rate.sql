SELECT i.occurred_at AS at, coalesce(i.department_id, p.department_id, wp.department_id, bp.department_id) AS department_id,
       w.employee_id, 'issues/' || i.code AS record, NULL::text AS detail, 1 AS numerator, NULL::int AS denominator
FROM issues i
LEFT JOIN processes p ON p.id = i.process_id
LEFT JOIN work_records w ON w.id = i.work_id
LEFT JOIN processes wp ON wp.id = w.process_id
LEFT JOIN batches b ON b.id = i.batch_id
LEFT JOIN processes bp ON bp.id = b.process_id
WHERE i.kind = 'complaint' AND i.occurred_at >= :since AND i.occurred_at < :until
  AND NOT EXISTS (SELECT FROM issues l WHERE l.code = i.code AND l.revision > i.revision)
UNION ALL
SELECT b.finished_at, coalesce(p.department_id, w.department_id), w.employee_id, 'batches/' || b.code, NULL, NULL, 1
FROM batches b
JOIN batches f ON f.code = b.code AND f.revision = 1
LEFT JOIN processes p ON p.id = b.process_id
LEFT JOIN LATERAL (
    SELECT wp.department_id, d.employee_id FROM work_records d JOIN processes wp ON wp.id = d.process_id
    WHERE d.batch_id = f.id ORDER BY d.started_at, d.id LIMIT 1
) w ON true
WHERE b.finished_at >= :since AND b.finished_at < :until
  AND NOT EXISTS (SELECT FROM batches l WHERE l.code = b.code AND l.revision > b.revision)

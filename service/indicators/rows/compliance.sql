SELECT i.performed_at AS at, coalesce(i.department_id, wp.department_id, p.department_id, bp.department_id) AS department_id,
       coalesce(i.employee_id, w.employee_id) AS employee_id, 'inspections/' || i.code AS record,
       NULL::text AS detail, CASE WHEN i.result = 'pass' THEN 1 END AS numerator, 1 AS denominator
FROM inspections i
LEFT JOIN work_records f ON f.id = i.work_id
LEFT JOIN LATERAL (
    SELECT l.process_id, l.employee_id FROM work_records l WHERE l.code = f.code ORDER BY l.revision DESC LIMIT 1
) w ON true
LEFT JOIN processes wp ON wp.id = w.process_id
LEFT JOIN processes p ON p.id = i.process_id
LEFT JOIN batches b ON b.id = i.batch_id
LEFT JOIN processes bp ON bp.id = b.process_id
WHERE i.performed_at >= :since AND i.performed_at < :until AND i.result IS NOT NULL
  AND NOT EXISTS (SELECT FROM inspections l WHERE l.code = i.code AND l.revision > i.revision)

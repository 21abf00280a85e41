SELECT t.completed_at AS at, NULL::bigint AS department_id, t.employee_id, 'training_records/' || t.code AS record,
       NULL::text AS detail, CASE WHEN t.result = 'passed' THEN 1 END AS numerator, 1 AS denominator
FROM training_records t
WHERE t.completed_at >= :since AND t.completed_at < :until AND t.result IN ('passed', 'failed')
  AND NOT EXISTS (SELECT FROM training_records l WHERE l.code = t.code AND l.revision > t.revision)

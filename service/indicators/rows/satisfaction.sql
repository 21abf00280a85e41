SELECT s.occurred_at AS at, s.department_id, NULL::bigint AS employee_id, 'surveys/' || s.code AS record,
       NULL::text AS detail, s.score / s.max_score AS numerator, 1 AS denominator
FROM surveys s
WHERE s.occurred_at >= :since AND s.occurred_at < :until AND s.max_score > 0
  AND NOT EXISTS (SELECT FROM surveys l WHERE l.code = s.code AND l.revision > s.revision)

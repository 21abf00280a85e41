-- the version of a standard: as the record names it, else as the course covers it, else the one in force on that day
WITH covered AS (
    SELECT DISTINCT course_id, standard_id, standard_version FROM course_covers WHERE standard_id IS NOT NULL
)
SELECT DISTINCT ON (t.id, c.id)
       t.completed_at AS at, NULL::bigint AS department_id, t.employee_id, 'training_records/' || t.code AS record,
       c.code AS detail, coalesce(o.score, t.score) AS numerator, 1 AS denominator
FROM training_records t
JOIN covered v ON v.course_id = t.course_id
JOIN standards s ON s.id = v.standard_id
LEFT JOIN LATERAL (
    SELECT n.version FROM standard_versions n
    WHERE n.standard_id = s.id AND (
        n.version = t.standard_version
        OR s.code || '@' || n.version = ANY (regexp_split_to_array(t.standard_version, '\s*;\s*'))
    ) LIMIT 1
) named ON true
LEFT JOIN LATERAL (
    SELECT f.version FROM standard_versions f WHERE f.standard_id = s.id AND f.effective_at <= t.completed_at
    ORDER BY f.effective_at DESC LIMIT 1
) force ON true
JOIN clauses c ON c.standard_id = s.id AND c.version = coalesce(named.version, v.standard_version, force.version)
JOIN training_records first ON first.code = t.code AND first.revision = 1
LEFT JOIN LATERAL (
    SELECT 100 * a.score / a.max_score AS score FROM assessment_results a
    WHERE a.training_id = first.id AND a.clause_code = c.code ORDER BY a.id DESC LIMIT 1
) o ON true
WHERE t.completed_at >= :since AND t.completed_at < :until AND t.result IN ('passed', 'failed')
  -- a training scored by clause says nothing of the clauses it was not scored on
  AND (o.score IS NOT NULL OR (t.score IS NOT NULL AND NOT EXISTS (
      SELECT FROM assessment_results x WHERE x.training_id = first.id)))
  AND NOT EXISTS (SELECT FROM training_records l WHERE l.code = t.code AND l.revision > t.revision)
ORDER BY t.id, c.id

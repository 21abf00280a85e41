-- staff: whoever is placed in a department on the month's last day, or today while the month runs
WITH days AS (
    SELECT least(
               (m + interval '1 month - 1 day')::date, (CAST(:now AS timestamptz) AT TIME ZONE :zone)::date
           ) AS day
    FROM generate_series(
        date_trunc('month', CAST(:since AS timestamptz) AT TIME ZONE :zone),
        (CAST(:until AS timestamptz) AT TIME ZONE :zone) - interval '1 second', interval '1 month'
    ) m
    WHERE m <= CAST(:now AS timestamptz) AT TIME ZONE :zone
)
SELECT t.completed_at AS at, NULL::bigint AS department_id, t.employee_id, 'training_records/' || t.code AS record,
       NULL::text AS detail, c.credits AS numerator, NULL::int AS denominator
FROM training_records t JOIN courses c ON c.id = t.course_id
WHERE t.completed_at >= :since AND t.completed_at < :until AND t.result = 'passed' AND c.credits > 0
  AND NOT EXISTS (SELECT FROM training_records l WHERE l.code = t.code AND l.revision > t.revision)
UNION ALL
SELECT DISTINCT d.day::timestamp AT TIME ZONE :zone, NULL::bigint, e.id, 'employees/' || e.code, NULL, NULL::float, 1
FROM days d
JOIN assignments a ON a.from_date <= d.day AND coalesce(a.to_date, d.day) >= d.day
JOIN employees e ON e.id = a.employee_id AND coalesce(e.left_on, d.day) >= d.day

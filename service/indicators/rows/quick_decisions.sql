-- a decision soon after the one before by the same account; after a pause nobody knows how long it took
WITH decided AS (
    SELECT d.*, extract(epoch FROM d.decided_at - lag(d.decided_at) OVER (
        PARTITION BY d.account_id ORDER BY d.decided_at, d.id
    ))::float AS seconds
    FROM decisions d WHERE d.decided_at >= CAST(:since AS timestamptz) - make_interval(secs => :pause)
      AND d.decided_at < :until
)
SELECT d.decided_at AS at, u.id AS department_id, e.id AS employee_id, 'decisions/' || d.id AS record,
       NULL::text AS detail, CASE WHEN d.seconds < :quick THEN 1 END AS numerator, 1 AS denominator
FROM decided d
JOIN suggestions s ON s.id = d.suggestion_id
LEFT JOIN employees e ON e.code = s.employee_code
LEFT JOIN departments u ON u.code = s.department_code
WHERE d.seconds <= :pause AND d.decided_at >= :since

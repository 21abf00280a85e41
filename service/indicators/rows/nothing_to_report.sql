SELECT o.due_at - interval '1 second' AS at, o.department_id, NULL::bigint AS employee_id,
       'obligations/' || o.code AS record, NULL::text AS detail,
       CASE WHEN o.state = 'nothing_to_report' OR o.reason IS NOT NULL THEN 1 END AS numerator, 1 AS denominator
FROM obligations o
WHERE o.due_at > :since AND o.due_at <= least(CAST(:until AS timestamptz), :now) AND o.settled_at IS NOT NULL

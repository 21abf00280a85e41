-- due when its day is over: a moment before lies within that day
SELECT o.due_at - interval '1 second' AS at, o.department_id, NULL::bigint AS employee_id,
       'obligations/' || o.code AS record, NULL::text AS detail,
       CASE WHEN o.state IN ('met', 'nothing_to_report') THEN 1 END AS numerator, 1 AS denominator
FROM obligations o
WHERE o.due_at > :since AND o.due_at <= least(CAST(:until AS timestamptz), :now)

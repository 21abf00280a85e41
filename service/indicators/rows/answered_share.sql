SELECT i.created_at AS at, NULL::bigint AS department_id, i.employee_id, 'plan_items/' || i.code AS record,
       NULL::text AS detail,
       CASE WHEN p.change_id IS NOT NULL OR EXISTS (SELECT FROM plan_answers a WHERE a.plan_id = p.id) THEN 1 END
           AS numerator,
       1 AS denominator
FROM plan_items i JOIN plans p ON p.id = i.plan_id
WHERE i.created_at >= :since AND i.created_at < :until AND i.status <> 'cancelled'

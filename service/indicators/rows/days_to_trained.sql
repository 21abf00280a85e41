-- the first plan that answers a submission and has trained everybody on it
WITH ended AS (
    SELECT DISTINCT i.plan_id FROM training_records t
    JOIN training_records f ON f.code = t.code AND f.revision = 1
    JOIN plan_items i ON i.training_id = f.id
    WHERE t.completed_at >= :since AND t.completed_at < :until
), answering AS (
    SELECT 'difficulty_reports/' || code AS record, plan_id FROM plan_answers WHERE kind = 'report'
    UNION ALL
    SELECT 'changes/' || c.code, p.id FROM plans p JOIN changes c ON c.id = p.change_id
), wanted AS (
    SELECT a.* FROM answering a WHERE a.record IN (SELECT record FROM answering JOIN ended USING (plan_id))
), trained AS (
    SELECT i.plan_id, max(t.completed_at) AS at
    FROM plan_items i
    LEFT JOIN training_records f ON f.id = i.training_id
    LEFT JOIN training_records t ON t.code = f.code AND t.result = 'passed'
     AND NOT EXISTS (SELECT FROM training_records l WHERE l.code = t.code AND l.revision > t.revision)
    WHERE i.plan_id IN (SELECT plan_id FROM wanted) AND i.status <> 'cancelled'
    GROUP BY i.plan_id HAVING bool_and(i.status = 'completed')
), first AS (
    SELECT w.record, min(t.at) AS at FROM wanted w JOIN trained t USING (plan_id) GROUP BY w.record
), submitted AS (
    SELECT 'difficulty_reports/' || r.code AS record, r.department_id, r.occurred_at AS at FROM difficulty_reports r
    WHERE NOT EXISTS (SELECT FROM difficulty_reports l WHERE l.code = r.code AND l.revision > r.revision)
      AND 'difficulty_reports/' || r.code IN (SELECT record FROM first)
    UNION ALL
    SELECT 'changes/' || c.code, p.department_id, min(s.at)
    FROM changes c JOIN change_steps s ON s.change_id = c.id AND s.step = 'submit'
    LEFT JOIN processes p ON p.id = c.process_id GROUP BY c.id, p.department_id
)
SELECT f.at, s.department_id, NULL::bigint AS employee_id, f.record, NULL::text AS detail,
       extract(epoch FROM f.at - s.at)::float / 86400 AS numerator, 1 AS denominator
FROM first f JOIN submitted s USING (record)
WHERE f.at >= :since AND f.at < :until

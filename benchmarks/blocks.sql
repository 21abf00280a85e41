-- Four blocks of `need`, written by hand for DuckDB: inspections of a pair, practice, shift hours, tenure.
WITH asked AS (SELECT DISTINCT employee_code, process_code, as_of FROM cohort),
people AS (SELECT DISTINCT employee_code, as_of FROM asked),
places AS (SELECT DISTINCT process_code, as_of FROM asked),
dates AS (SELECT DISTINCT as_of FROM asked),
results AS (
    SELECT *, coalesce(occurred_at, known_at) AS done_at FROM inspections WHERE failed IS NOT NULL
),
overall AS (
    SELECT d.as_of, (coalesce(sum(r.failed), 0) + 0.5) / (count(r.failed) + 1) AS rate
    FROM dates d LEFT JOIN results r
        ON r.process_code IS NOT NULL AND r.known_at < d.as_of
        AND (r.superseded_at IS NULL OR r.superseded_at >= d.as_of)
    GROUP BY d.as_of
),
of_place AS (
    SELECT p.process_code, p.as_of, count(r.failed) AS n, coalesce(sum(r.failed), 0) AS failures
    FROM places p LEFT JOIN results r
        ON r.process_code = p.process_code AND r.known_at < p.as_of
        AND (r.superseded_at IS NULL OR r.superseded_at >= p.as_of)
    GROUP BY p.process_code, p.as_of
),
prior AS (
    SELECT process_code, as_of, (failures + 5 * rate) / (n + 5) AS rate FROM of_place JOIN overall USING (as_of)
),
seen AS (
    SELECT a.*, r.failed, r.done_at, r.known_at, r.critical, r.inspection_code,
        (epoch(date_trunc('second', a.as_of)) - epoch(date_trunc('second', r.done_at))) / 86400.0 AS age
    FROM asked a JOIN results r
        ON r.employee_code = a.employee_code AND r.process_code = a.process_code AND r.known_at < a.as_of
        AND (r.superseded_at IS NULL OR r.superseded_at >= a.as_of)
),
weighed AS (
    SELECT *, floor(pow(0.5, greatest(age, 0) / 90) * 1000000)::BIGINT AS w_90,
        floor(pow(0.5, greatest(age, 0) / 365) * 1000000)::BIGINT AS w_365,
        row_number() OVER (PARTITION BY employee_code, process_code, as_of
            ORDER BY done_at DESC, known_at DESC, failed DESC, critical DESC, inspection_code DESC) AS place
    FROM seen
),
pairs AS (
    SELECT employee_code, process_code, as_of, count(*) AS n, sum(failed) AS failures,
        sum(w_90) / 1e6 AS n_90, sum(w_365) / 1e6 AS n_365,
        sum(w_90 * failed) / 1e6 AS failures_90, sum(w_365 * failed) / 1e6 AS failures_365,
        min(age) AS days_since, min(age) FILTER (WHERE failed = 1) AS days_since_failure,
        max(failed) FILTER (WHERE place = 1) AS last_failed,
        sum(failed) FILTER (WHERE place <= 3) / count(*) FILTER (WHERE place <= 3) AS last3_failed
    FROM weighed GROUP BY employee_code, process_code, as_of
),
done AS (
    SELECT a.*, w.occurred_at, w.supervised, w.self_check,
        (epoch(date_trunc('second', a.as_of)) - epoch(date_trunc('second', w.occurred_at))) / 86400.0 AS age
    FROM asked a JOIN work w
        ON w.employee_code = a.employee_code AND w.process_code = a.process_code AND w.known_at < a.as_of
        AND (w.superseded_at IS NULL OR w.superseded_at >= a.as_of)
),
practice AS (
    SELECT employee_code, process_code, as_of,
        count(*) FILTER (WHERE occurred_at >= as_of - INTERVAL 30 DAY AND occurred_at < as_of) AS work_30,
        count(*) FILTER (WHERE occurred_at >= as_of - INTERVAL 90 DAY AND occurred_at < as_of) AS work_90,
        count(*) FILTER (WHERE occurred_at >= as_of - INTERVAL 365 DAY AND occurred_at < as_of) AS work_365,
        sum(floor(pow(0.5, greatest(age, 0) / 30) * 1000000)::BIGINT) / 1e6 AS faded_30,
        sum(floor(pow(0.5, greatest(age, 0) / 180) * 1000000)::BIGINT) / 1e6 AS faded_180,
        min(age) FILTER (WHERE occurred_at < as_of) AS days_since,
        count(*) FILTER (WHERE occurred_at >= as_of - INTERVAL 365 DAY AND occurred_at < as_of
            AND supervised = 1) AS supervised,
        count(*) FILTER (WHERE occurred_at >= as_of - INTERVAL 365 DAY AND occurred_at < as_of
            AND self_check = 'fail') AS failed,
        count(*) FILTER (WHERE occurred_at >= as_of - INTERVAL 365 DAY AND occurred_at < as_of
            AND (self_check = 'missing' OR self_check IS NULL)) AS missing
    FROM done GROUP BY employee_code, process_code, as_of
),
hours AS (
    SELECT p.employee_code, p.as_of,
        sum(epoch(date_trunc('second', s.ends_at)) - epoch(date_trunc('second', s.occurred_at)))
            FILTER (WHERE s.occurred_at >= p.as_of - INTERVAL 7 DAY AND s.occurred_at < p.as_of) AS worked,
        count(*) FILTER (WHERE s.occurred_at >= p.as_of - INTERVAL 28 DAY AND s.occurred_at < p.as_of) AS shifts,
        count(*) FILTER (WHERE s.occurred_at >= p.as_of - INTERVAL 28 DAY AND s.occurred_at < p.as_of
            AND s.night = 1) AS nights
    FROM people p JOIN shifts s
        ON s.employee_code = p.employee_code AND s.known_at < p.as_of
        AND (s.superseded_at IS NULL OR s.superseded_at >= p.as_of)
        AND s.occurred_at >= p.as_of - INTERVAL 91 DAY
    GROUP BY p.employee_code, p.as_of
)
SELECT a.employee_code, a.process_code, a.as_of,
    coalesce(pairs.n, 0)::DOUBLE AS pair_inspections,
    coalesce(pairs.failures, 0)::DOUBLE AS pair_failures,
    (pairs.failures / pairs.n)::DOUBLE AS pair_failure_rate,
    (coalesce(pairs.failures, 0) + 5 * prior.rate) / (coalesce(pairs.n, 0) + 5) AS pair_failure_rate_shrunk,
    (coalesce(pairs.failures_90, 0) + 5 * prior.rate) / (coalesce(pairs.n_90, 0) + 5) AS pair_failure_rate_90,
    (coalesce(pairs.failures_365, 0) + 5 * prior.rate) / (coalesce(pairs.n_365, 0) + 5) AS pair_failure_rate_365,
    pairs.days_since AS pair_days_since_inspection,
    pairs.days_since_failure AS pair_days_since_failure,
    pairs.last_failed::DOUBLE AS pair_last_failed,
    pairs.last3_failed::DOUBLE AS pair_last3_failed,
    coalesce(practice.work_30, 0)::DOUBLE AS work_30,
    coalesce(practice.work_90, 0)::DOUBLE AS work_90,
    coalesce(practice.work_365, 0)::DOUBLE AS work_365,
    coalesce(practice.faded_30, 0) AS work_faded_30,
    coalesce(practice.faded_180, 0) AS work_faded_180,
    practice.days_since AS work_days_since,
    practice.supervised / nullif(practice.work_365, 0) AS work_supervised_share,
    practice.failed / nullif(practice.work_365, 0) AS work_check_failed_share,
    practice.missing / nullif(practice.work_365, 0) AS work_check_missing_share,
    CASE WHEN hours.shifts IS NOT NULL THEN coalesce(hours.worked, 0) / 3600.0 END AS shift_hours_7,
    hours.nights / nullif(hours.shifts, 0) AS shift_night_share_28,
    (epoch(date_trunc('second', a.as_of)) - epoch(employees.hired_at)) / 86400.0 AS tenure_days
FROM asked a
LEFT JOIN prior USING (process_code, as_of)
LEFT JOIN pairs USING (employee_code, process_code, as_of)
LEFT JOIN practice USING (employee_code, process_code, as_of)
LEFT JOIN hours USING (employee_code, as_of)
LEFT JOIN employees ON employees.employee_code = a.employee_code
ORDER BY a.employee_code, a.process_code, a.as_of

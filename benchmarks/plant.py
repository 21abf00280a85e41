"""A plant of any size, made inside the database: what tracing and the gate are measured on.

However large, a process keeps its 5,000 pieces of work and ten people, so that only the size of the tables grows. One
batch, `TRACED`, has some 300 connected records; one person, `BUSY`, does 2,000 pieces of work in the last year.
"""

from collections.abc import Sequence

from sqlalchemy import Engine

from benchmarks.filling import fill

#: pieces of work in a process, by its people, over three years
WORKS, PEOPLE, DAYS = 5_000, 10, 1_095

_TABLES = (
    "departments", "employees", "assignments", "standards", "standard_versions", "processes", "process_versions",
    "courses", "course_covers", "requirements", "training_records", "batches", "batch_inputs", "work_records",
    "inspections", "findings", "shifts", "difficulty_reports",
)

_STATEMENTS = (
    "INSERT INTO departments (code, name, function) VALUES ('HR', 'HR', 'people'), ('QA', 'QA', 'quality')",
    "INSERT INTO departments (code, name, function)"
    " SELECT 'L' || p, 'Line ' || p, 'operations' FROM generate_series(0, :processes - 1) p",
    "INSERT INTO employees (code, name)"
    " SELECT 'E' || e, 'Name ' || e FROM generate_series(0, CAST(:processes AS bigint) * :people - 1) e",
    "INSERT INTO assignments (code, employee_id, department_id, from_date)"
    " SELECT e.code || '@' || d.code, e.id, d.id, current_date - 2000 FROM employees e"
    " JOIN departments d ON d.code = 'L' || (substr(e.code, 2)::bigint / :people)",
    "INSERT INTO standards (code, title) SELECT 'S' || p, 'Standard' FROM generate_series(0, :processes - 1) p",
    "INSERT INTO standard_versions (code, standard_id, version, effective_at, known_at)"
    " SELECT s.code || '@' || v, s.id, v::text, now() - (3 - v) * interval '400 days', now() - interval '1200 days'"
    " FROM standards s, generate_series(1, 2) v",
    "INSERT INTO processes (code, name, department_id) SELECT 'P' || substr(d.code, 2), 'Process', d.id"
    " FROM departments d WHERE d.function = 'operations'",
    "INSERT INTO process_versions (code, process_id, version, effective_at, known_at, standards)"
    " SELECT p.code || '@' || v, p.id, v::text, now() - (3 - v) * interval '400 days', now() - interval '1200 days',"
    " ARRAY['S' || substr(p.code, 2) || '@' || v] FROM processes p, generate_series(1, 2) v",
    "INSERT INTO courses (code, title) SELECT 'C' || p, 'Course' FROM generate_series(0, :processes - 1) p",
    "INSERT INTO course_covers (code, course_id, standard_id, process_id)"
    " SELECT c.code, c.id, s.id, p.id FROM courses c JOIN standards s ON s.code = 'S' || substr(c.code, 2)"
    " JOIN processes p ON p.code = 'P' || substr(c.code, 2)",
    "INSERT INTO requirements (code, process_id, kind, course_id)"
    " SELECT p.code, p.id, 'course', c.id FROM processes p JOIN courses c ON c.code = 'C' || substr(p.code, 2)",
    # of ten people eight were taught the version in force, one the one before, one nothing
    "INSERT INTO training_records (code, employee_id, course_id, completed_at, known_at, result, standard_version)"
    " SELECT e.code || '-' || v, e.id, c.id, now() - (3 - v) * interval '400 days' - interval '10 days',"
    " now() - (3 - v) * interval '400 days' - interval '10 days', 'passed', v::text"
    " FROM employees e JOIN courses c ON c.code = 'C' || (substr(e.code, 2)::bigint / :people),"
    " generate_series(1, 2) v WHERE substr(e.code, 2)::bigint % 10 <= 10 - v",
    # a batch has ten pieces of work; batches are spread over the years
    "INSERT INTO batches (code, process_id, quantity, started_at, known_at)"
    " SELECT 'B' || b, p.id, 100, at, at FROM generate_series(0, :works / 10 - 1) b"
    " JOIN processes p ON p.code = 'P' || (b % :processes)"
    " CROSS JOIN LATERAL (SELECT now() - (b * 10.0 / :works) * :days * interval '1 day' AS at) t",
    # one in ten is made of two that are older
    "INSERT INTO batch_inputs (batch_id, input_id, quantity, revision)"
    " SELECT b.id, i.id, 1, 1 FROM batches b CROSS JOIN generate_series(1, 2) n"
    " JOIN batches i ON i.code = 'B' || (substr(b.code, 2)::bigint * 3 / 2 + n * 7 + 1000)"
    " WHERE substr(b.code, 2)::bigint % 10 = 0",
    "INSERT INTO work_records (code, batch_id, process_id, process_version, employee_id, started_at, finished_at,"
    " known_at, self_check)"
    " SELECT 'W' || (b.n * 10 + w), b.id, b.process_id,"
    " CASE WHEN b.started_at < now() - interval '400 days' THEN '1' ELSE '2' END, e.id, at, at + interval '1 hour',"
    " at + interval '1 hour', CASE WHEN (b.n + w) % 50 = 0 THEN 'missing' ELSE 'pass' END"
    " FROM (SELECT id, process_id, started_at, substr(code, 2)::bigint AS n FROM batches) b"
    " CROSS JOIN generate_series(0, 9) w"
    " JOIN employees e ON e.code = 'E' || (b.n % :processes * :people + (b.n / :processes + w) % :people)"
    " CROSS JOIN LATERAL (SELECT b.started_at + w * interval '1 hour' AS at) t",
    "INSERT INTO inspections (code, kind, batch_id, process_id, performed_at, result, known_at)"
    " SELECT 'I' || b.code, 'final', b.id, b.process_id, b.started_at + interval '1 day',"
    " CASE WHEN substr(b.code, 2)::bigint % 20 = 0 THEN 'fail' ELSE 'pass' END, b.started_at + interval '1 day'"
    " FROM batches b WHERE substr(b.code, 2)::bigint % 2 = 0",
)

#: 60 pieces of work, 60 participants' worth of training, 60 inputs, 40 users, 60 inspections
_TRACED = (
    "INSERT INTO batches (code, process_id, started_at, known_at) SELECT 'TRACED', id, at, at FROM processes,"
    " LATERAL (SELECT now() - interval '3 days' AS at) t WHERE code = 'P0'",
    "INSERT INTO batch_inputs (batch_id, input_id, revision) SELECT t.id, i.id, 1"
    " FROM batches t JOIN batches i ON i.code IN (SELECT 'B' || (:works / 10 - n * 3)"
    " FROM generate_series(1, 60) n) WHERE t.code = 'TRACED'",
    "INSERT INTO batch_inputs (batch_id, input_id, revision) SELECT u.id, t.id, 1"
    " FROM batches t JOIN batches u ON u.code IN (SELECT 'B' || n * 5"
    " FROM generate_series(0, 39) n) WHERE t.code = 'TRACED'",
    "INSERT INTO work_records (code, batch_id, process_id, process_version, employee_id, started_at, known_at,"
    " self_check) SELECT 'WT' || n, b.id, p.id, '2', e.id, at, at, 'pass' FROM generate_series(1, 60) n"
    " JOIN batches b ON b.code = 'TRACED'"
    " JOIN employees e ON e.code = 'E' || ((n % 6) * :people + CASE n WHEN 60 THEN 9 ELSE n % 7 END)"
    " JOIN processes p ON p.code = 'P' || (n % 6)"
    " CROSS JOIN LATERAL (SELECT b.started_at + n * interval '30 minutes' AS at) t",
    "INSERT INTO inspections (code, kind, work_id, performed_at, result, known_at)"
    " SELECT 'IT' || w.code, 'in_process', w.id, w.started_at + interval '20 minutes', 'pass', w.started_at"
    " FROM work_records w WHERE w.code LIKE 'WT%'",
    "INSERT INTO work_records (code, batch_id, process_id, process_version, employee_id, started_at, known_at,"
    " self_check) SELECT 'WB' || n, NULL, p.id, '2', e.id, at, at, 'pass' FROM generate_series(1, 2000) n"
    " JOIN processes p ON p.code = 'P1' JOIN employees e ON e.code = 'E19'"
    " CROSS JOIN LATERAL (SELECT now() - n * interval '4 hours' AS at) t",
)


def build(owner: Engine, works: int, people: int = PEOPLE, more: Sequence[str] = ()) -> None:
    """Fill an empty database with a plant of so many pieces of work; nothing of it is audited.

    `people`: of each process; `more`: statements that add what the question needs besides.
    """
    sizes = {"processes": works // WORKS, "people": people, "works": works, "days": DAYS}
    fill(owner, _TABLES, (*_STATEMENTS, *_TRACED, *more), sizes)

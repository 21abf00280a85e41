"""How long it takes to work out every person's standing anew, for 100,000 people and ten processes each."""

import json
import time

from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.figure import Figure
from benchmarks.filling import fill
from benchmarks.home import fresh_home, run

PEOPLE, EACH = 100_000, 10
#: of the site's processes, each department has ten; 1,000 people share a department
_SITE = (
    "INSERT INTO departments (code, name, function)"
    " SELECT 'L' || d, 'Line', 'operations' FROM generate_series(0, :people / 1000 - 1) d",
    "INSERT INTO employees (code, name) SELECT 'E' || e, 'Name' FROM generate_series(0, :people - 1) e",
    "INSERT INTO assignments (code, employee_id, department_id, from_date)"
    " SELECT e.code, e.id, d.id, current_date - 900 FROM employees e"
    " JOIN departments d ON d.code = 'L' || (substr(e.code, 2)::bigint / 1000)",
    "INSERT INTO processes (code, name, department_id)"
    " SELECT d.code || '-' || n, 'Process', d.id FROM departments d, generate_series(1, :each) n",
    "INSERT INTO standards (code, title) SELECT code, 'Standard' FROM processes",
    "INSERT INTO standard_versions (code, standard_id, version, effective_at, known_at)"
    " SELECT s.code || '@' || v, s.id, v::text, now() - (3 - v) * interval '400 days', now() - interval '900 days'"
    " FROM standards s, generate_series(1, 2) v",
    "INSERT INTO courses (code, title, validity_days) SELECT code, 'Course', 730 FROM processes",
    "INSERT INTO course_covers (code, course_id, standard_id, process_id)"
    " SELECT c.code, c.id, s.id, p.id FROM courses c JOIN standards s USING (code) JOIN processes p USING (code)",
    "INSERT INTO requirements (code, process_id, kind, course_id)"
    " SELECT p.code, p.id, 'course', c.id FROM processes p JOIN courses c USING (code)",
    # nine in ten were taught each course, most on the version in force
    "INSERT INTO training_records (code, employee_id, course_id, completed_at, known_at, result, standard_version)"
    " SELECT e.code || '/' || c.code, e.id, c.id, at, at, 'passed',"
    " CASE WHEN (e.id + c.id) % 7 = 0 THEN '1' ELSE '2' END"
    " FROM assignments a JOIN employees e ON e.id = a.employee_id JOIN processes p ON p.department_id = a.department_id"
    " JOIN courses c ON c.code = p.code"
    " CROSS JOIN LATERAL (SELECT now() - ((e.id * 7 + c.id) % 800) * interval '1 day' AS at) t"
    " WHERE (e.id + c.id) % 10 > 0",
)
_TABLES = (
    "departments", "employees", "assignments", "processes", "standards", "standard_versions", "courses",
    "course_covers", "requirements", "training_records",
)

#: the rows the run must read and write, and nothing decided
_PLAIN = (
    "CREATE TEMP TABLE plain AS SELECT a.employee_id, p.id AS process_id, max(t.completed_at) AS completed_at"
    " FROM assignments a JOIN processes p USING (department_id)"
    " JOIN requirements r ON r.process_id = p.id"
    " LEFT JOIN training_records t ON t.employee_id = a.employee_id AND t.course_id = r.course_id"
    " AND t.result = 'passed' GROUP BY 1, 2"
)


def figures() -> list[Figure]:
    """Seconds of a first run and of one in which nothing changed, beside plain SQL over the same rows."""
    with fresh_home() as home:
        taken: dict[str, float] = json.loads(run(home, "benchmarks.requalifying"))
    what = f"requalifying {PEOPLE:,} people x {EACH} processes"
    return [
        Figure(f"{what}: the first time", taken["first"], "s", "under 60", taken["first"] < 60),
        Figure(f"{what}: the next night", taken["next"], "s", "under 60", taken["next"] < 60),
        Figure("one SQL join over the same rows, nothing decided", taken["plain"], "s"),
    ]


def _main() -> None:
    from service.cli import _database
    from service.db.engine import owner_engine
    from service.qualification.requalify import requalify

    engine = _database()
    fill(owner_engine(), _TABLES, _SITE, {"people": PEOPLE, "each": EACH})

    def timed() -> float:
        began = time.perf_counter()
        with Session(engine) as session, session.begin():
            if requalify(session) != PEOPLE * EACH:
                raise AssertionError("not everybody was looked at")
        return time.perf_counter() - began

    taken = {"first": timed(), "next": timed()}
    with Session(engine) as session:
        began = time.perf_counter()
        session.execute(text(_PLAIN))
        taken["plain"] = time.perf_counter() - began
    print(json.dumps(taken))


if __name__ == "__main__":
    _main()

"""A site of any size as a snapshot's Parquet files, without a database: what features and growth are measured on.

It is the plant of `benchmarks.nightly` over again: for each process 5,000 pieces of work in three years and 80 people.
"""

from datetime import datetime
from pathlib import Path

import duckdb

from features.history import TABLES

WORKS, PEOPLE = 5_000, 80
END = datetime(2026, 10, 1)  # noqa: DTZ001 - UTC without a zone

_QUERIES = {
    "employees": "SELECT 'E' || e AS employee_code, {end} - INTERVAL 2000 DAY AS hired_at FROM range({people}) r(e)",
    "departments": "SELECT 'L' || p AS department_code, 'operations' AS function FROM range({processes}) r(p)",
    "processes": "SELECT 'P' || p AS process_code, 'L' || p AS department_code FROM range({processes}) r(p)",
    "assignments": "SELECT 'E' || e AS employee_code, 'L' || (e // {each}) AS department_code,"
    " {end} - INTERVAL 2000 DAY AS from_at FROM range({people}) r(e)",
    "requirements": "SELECT 'P' || p AS process_code, 'C' || p AS course_code FROM range({processes}) r(p)",
    "course_standards": "SELECT 'C' || p AS course_code, 'S' || p AS standard_code FROM range({processes}) r(p)",
    "standard_changes": "SELECT 'P' || p AS process_code, 'S' || p AS standard_code, v::TEXT AS version,"
    " {end} - to_days(400 * (3 - v::INT)) AS occurred_at, {end} - INTERVAL 1200 DAY AS known_at"
    " FROM range({processes}) r(p), range(1, 3) s(v)",
    "process_changes": "SELECT 'P' || p AS process_code, v::TEXT AS version,"
    " {end} - to_days(400 * (3 - v::INT)) AS occurred_at, {end} - INTERVAL 1200 DAY AS known_at"
    " FROM range({processes}) r(p), range(1, 3) s(v)",
    "process_standards": "SELECT 'P' || p AS process_code, v::TEXT AS version, 'S' || p AS standard_code,"
    " v::TEXT AS standard_version, {end} - to_days(400 * (3 - v::INT)) AS occurred_at,"
    " {end} - INTERVAL 1200 DAY AS known_at FROM range({processes}) r(p), range(1, 3) s(v)",
    "retraining": "SELECT 'T' || e || '-' || n AS record_code, 'E' || e AS employee_code,"
    " 'P' || ((e // {each} + n) % {processes}) AS process_code,"
    " 'C' || ((e // {each} + n) % {processes}) AS course_code, '2' AS standard_version, 'passed' AS result,"
    " moment AS assigned_at, moment AS occurred_at, moment AS known_at FROM (SELECT e, n,"
    " {end} - to_days((90 + e % 700)::INT) AS moment"
    " FROM range({people}) r(e), range(2) s(n))",
    "work": "SELECT 'W' || i AS work_code, 'E' || e AS employee_code, 'P' || p AS process_code,"
    " '2' AS process_version, 'B' || b AS batch_code, 'L' || p AS department_code,"
    " moment + INTERVAL 1 HOUR AS finished_at,"
    " CASE WHEN i % 50 = 0 THEN 'missing' WHEN i % 97 = 0 THEN 'fail' ELSE 'pass' END AS self_check,"
    " (i % 7 = 0)::BIGINT AS supervised, moment AS occurred_at, moment + INTERVAL 2 HOUR AS known_at FROM {pieces}",
    "batches": "SELECT 'B' || b AS batch_code, 'X' || b % 40 AS product, 'P' || p AS process_code,"
    " moment AS occurred_at, moment AS known_at FROM {pieces} WHERE i % 10 = 0",
    "batch_inputs": "SELECT 'B' || b AS batch_code, 'B' || (b * 2 // 3 + n) AS input_code, moment AS occurred_at,"
    " moment AS known_at FROM {pieces}, range(2) s(n) WHERE i % 100 = 0",
    "inspections": "SELECT 'I' || i AS inspection_code, 'in_process' AS kind, 'E' || e AS employee_code,"
    " 'P' || p AS process_code, 'W' || i AS work_code, 'B' || b AS batch_code, 'Q' || i % 40 AS inspector_code,"
    " moment + INTERVAL 5 HOUR AS occurred_at, moment + INTERVAL 6 HOUR AS known_at,"
    " (hash(i) % 100 < 8)::BIGINT AS failed, 0::BIGINT AS critical,"
    " (hash(i) % 100 < 8)::BIGINT AS major, 0::BIGINT AS minor FROM {pieces} WHERE i % 8 = 0"
    " UNION ALL BY NAME SELECT 'O' || i AS inspection_code, 'final' AS kind, 'E' || e AS employee_code,"
    " 'P' || p AS process_code, 'W' || i AS work_code, 'B' || b AS batch_code, {end} AS due_at, moment AS known_at"
    " FROM {pieces} WHERE i % 40 = 3 AND moment > {end} - INTERVAL 20 DAY",
    "findings": "SELECT 'I' || i AS inspection_code, 'E' || e AS employee_code, 'P' || p AS process_code,"
    " 'W' || i AS work_code, 'B' || b AS batch_code, 1::BIGINT AS failed, (i % 30)::TEXT AS clause,"
    " 0::BIGINT AS critical, 1::BIGINT AS major, 0::BIGINT AS minor, moment + INTERVAL 5 HOUR AS occurred_at,"
    " moment + INTERVAL 6 HOUR AS known_at FROM {pieces} WHERE i % 8 = 0 AND hash(i) % 100 < 8",
    "difficulties": "SELECT 'D' || p || '-' || n AS report_code, 'difficulty' AS kind, 'L' || p AS department_code,"
    " 'P' || p AS process_code, 1 + n % 5 AS severity, moment AS occurred_at, moment AS known_at"
    " FROM (SELECT p, n, {end} - to_days(9 * n::INT) AS moment FROM range({processes}) r(p), range(1, 101) s(n))",
    "issues": "SELECT 'Q' || p AS issue_code, 'complaint' AS kind, 'P' || p AS process_code,"
    " {end} - INTERVAL 60 DAY AS occurred_at, {end} - INTERVAL 60 DAY AS known_at FROM range({processes}) r(p)",
    "shifts": "SELECT 'E' || e AS employee_code, 'L' || (e // {each}) AS department_code, moment AS occurred_at,"
    " moment + INTERVAL 8 HOUR AS ends_at, moment AS known_at, (e % 3 = 0)::BIGINT AS night FROM (SELECT e,"
    " {end} - to_days(d::INT) - to_hours(8 * (e % 3)::INT) AS moment FROM range({people}) r(e), range(1, 21) s(d))",
}


_PIECES = (
    "(SELECT i, b, p, p * {each} + (b // {processes} + i % 10) % {each} AS e,"
    " {end} - to_microseconds(({works} - i) * (1095 * 86400000000 // {works})) AS moment FROM"
    " (SELECT i, i // 10 AS b, i // 10 % {processes} AS p FROM range({works}) r(i)))"
)
_TYPES = {"string": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE"}


def write(folder: Path, works: int) -> int:
    """Write the files of a plant of so many pieces of work; how many events they hold."""
    processes, events = works // WORKS, 0
    sizes = {"works": works, "processes": processes, "people": processes * PEOPLE, "each": PEOPLE,
             "end": f"TIMESTAMP '{END}'"}  # fmt: skip
    pieces = _PIECES.format(**sizes)
    with duckdb.connect() as connection:
        for table, columns in TABLES.items():
            file = folder / f"{table}.parquet"
            made = _QUERIES[table].format(**sizes, pieces=pieces)
            blank = ", ".join(f"NULL::{_TYPES.get(str(kind), 'TIMESTAMP')} AS {name}" for name, kind in columns.items())
            whole = f"SELECT {', '.join(columns)} FROM (SELECT {blank} LIMIT 0) UNION ALL BY NAME ({made})"
            connection.execute(f"COPY ({whole}) TO '{file}'")
            if "known_at" in columns:
                events += connection.execute(f"SELECT count(*) FROM '{file}'").fetchall()[0][0]
    return events

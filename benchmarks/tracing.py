"""How long a batch trace and a person's recall take over HTTP, with 100 thousand, 1 and 10 million work records."""

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.figure import Figure
from benchmarks.home import run
from benchmarks.server import Served, served

SIZES = (100_000, 1_000_000, 10_000_000)
TIMES = 60
_BATCH, _PERSON = "/api/v1/trace?batch_code=TRACED", "/api/v1/trace?employee_code=E19"

#: the rows a trace of the batch stands on, fetched and nothing decided
_PLAIN = (
    "SELECT w.*, e.code, p.code FROM work_records w JOIN employees e ON e.id = w.employee_id"
    " JOIN processes p ON p.id = w.process_id WHERE w.batch_id = %(batch)s",
    "SELECT i.* FROM inspections i WHERE i.batch_id = %(batch)s"
    " UNION ALL SELECT i.* FROM inspections i JOIN work_records w ON w.id = i.work_id WHERE w.batch_id = %(batch)s",
    "SELECT b.* FROM batch_inputs i JOIN batches b ON b.id = i.input_id WHERE i.batch_id = %(batch)s",
    "SELECT b.* FROM batch_inputs i JOIN batches b ON b.id = i.batch_id WHERE i.input_id = %(batch)s",
    "SELECT t.* FROM training_records t WHERE t.employee_id IN"
    " (SELECT employee_id FROM work_records WHERE batch_id = %(batch)s)",
    "SELECT v.* FROM process_versions v WHERE v.process_id IN"
    " (SELECT process_id FROM work_records WHERE batch_id = %(batch)s)",
    "SELECT r.* FROM requirements r WHERE r.process_id IN"
    " (SELECT process_id FROM work_records WHERE batch_id = %(batch)s)",
)
_PLAIN_YEAR = (
    "SELECT w.*, b.code FROM work_records w JOIN employees e ON e.id = w.employee_id"
    " LEFT JOIN batches b ON b.id = w.batch_id WHERE e.code = 'E19' AND w.started_at > now() - interval '400 days'"
)


def figures() -> list[Figure]:
    """Milliseconds at each size, beside plain SQL for the same rows."""
    taken = {works: _at(works) for works in SIZES}
    found = []
    for works, each in taken.items():
        of, last = f"of {works:,} work records", works == SIZES[-1]
        p95, recall = each["p95"], each["recall"]
        what = f"tracing a batch with {each['connected']:.0f} connected records {of}"
        found += [
            Figure(what, each["median"], "ms, median"),
            Figure("the same: 95th percentile", p95, "ms", *(("under 100", p95 < 100) if last else ())),
            Figure("the same rows by plain SQL, nothing decided: median", each["plain"], "ms"),
            Figure(f"a person's year, with its exposure, {of}: 95th percentile", recall, "ms",
                   *(("under 1,000", recall < 1000) if last else ())),
            Figure("that year's work by plain SQL: median", each["plain year"], "ms"),
        ]
    growth = taken[SIZES[-1]]["p95"] / taken[SIZES[0]]["p95"]
    what = f"tracing a batch at {SIZES[-1]:,} against {SIZES[0]:,}: 95th percentiles"
    return [*found, Figure(what, growth, "x", "at most 1.5", growth <= 1.5)]


def _at(works: int) -> dict[str, float]:
    with served(works) as server:
        found, year = (json.loads(server.ask("GET", path)) for path in (_BATCH, _PERSON))
        if max((len(each["works"]) for each in year["exposure"]), default=0) < 500:
            raise AssertionError("the person's exposure reached less than a year of work")
        batches, recalls = _asked(server, _BATCH), _asked(server, _PERSON)
        plain: dict[str, float] = json.loads(run(server.home, "benchmarks.tracing"))
    return plain | {
        "connected": _connected(found), "median": statistics.median(batches), "p95": _p95(batches),
        "recall": _p95(recalls),
    }


def _connected(found: Any) -> int:
    """Records that the answer names."""
    lineage = found["genealogy"]
    return len({line["record"] for line in found["timeline"]}) + len(lineage["where_from"]) + len(lineage["where_used"])


def _asked(server: Served, path: str) -> list[float]:
    return _times(lambda: server.ask("GET", path))


def _times(work: Callable[[], object]) -> list[float]:
    """Milliseconds, after a few that are not counted: a connection makes its plans then."""
    taken = []
    for number in range(TIMES + 10):
        began = time.perf_counter()
        work()
        if number >= 10:
            taken.append((time.perf_counter() - began) * 1000)
    return taken


def _p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


def _main() -> None:
    """The plain SQL, in a process of its own."""
    from sqlalchemy.orm import Session

    from service.cli import _database

    with Session(_database()) as session:
        driver: Any = session.connection().connection.driver_connection
        (batch,) = driver.execute("SELECT id FROM batches WHERE code = 'TRACED'").fetchone()

        def rows() -> None:
            for query in _PLAIN:
                driver.execute(query, {"batch": batch}).fetchall()

        year = _times(lambda: driver.execute(_PLAIN_YEAR).fetchall())
        print(json.dumps({"plain": statistics.median(_times(rows)), "plain year": statistics.median(year)}))


if __name__ == "__main__":
    _main()

"""How long a night takes, from records to suggestions, and what memory: 1 and 10 million events, a person per 100."""

import json
import math
import shutil
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figure import Figure
from benchmarks.home import fresh_home, run
from benchmarks.timing import peak, timed

if TYPE_CHECKING:
    from sqlalchemy import Engine

#: pieces of work; with training, shifts, inspections, findings and reports they make 1 and 10 million events
SIZES = (625_000, 6_250_000)
#: of each process
PEOPLE = 80
_COUNTED = ("employees", "work_records", "batches", "batch_inputs", "training_records", "inspections", "findings",
            "shifts", "difficulty_reports")  # fmt: skip

_MORE = (
    # everybody is taught the next line's work too
    "INSERT INTO training_records (code, employee_id, course_id, completed_at, known_at, result, standard_version)"
    " SELECT e.code || '-next', e.id, c.id, now() - interval '90 days', now() - interval '90 days', 'passed', '2'"
    " FROM employees e JOIN courses c ON c.code = 'C' || ((substr(e.code, 2)::bigint / :people + 1) % :processes)",
    "INSERT INTO inspections (code, kind, work_id, performed_at, result, inspector_code, known_at)"
    " SELECT 'IW' || w.id, 'in_process', w.id, at, CASE WHEN w.id * 7919 % 1000 < 60 THEN 'fail' ELSE 'pass' END,"
    " 'Q' || w.id % 40, at FROM work_records w"
    " CROSS JOIN LATERAL (SELECT w.started_at + interval '5 hours' AS at) t WHERE w.id % 10 = 0",
    "INSERT INTO findings (inspection_id, revision, clause, severity, count)"
    " SELECT i.id, 1, (i.id % 30)::text, 'major', 1 FROM inspections i WHERE i.result = 'fail'",
    "INSERT INTO shifts (code, employee_id, department_id, starts_at, ends_at, known_at)"
    " SELECT e.code || '-' || d, a.employee_id, a.department_id, at, at + interval '8 hours', at"
    " FROM employees e JOIN assignments a ON a.employee_id = e.id CROSS JOIN generate_series(1, 20) d"
    " CROSS JOIN LATERAL (SELECT now() - d * interval '1 day' - (e.id % 3) * interval '8 hours' AS at) t",
    "INSERT INTO difficulty_reports (code, department_id, process_id, occurred_at, known_at, severity, text)"
    " SELECT p.code || '-' || n, p.department_id, p.id, at, at, 1 + n % 5, 'It sticks.' FROM processes p"
    " CROSS JOIN generate_series(1, 100) n CROSS JOIN LATERAL (SELECT now() - n * interval '9 days' AS at) t",
    # what waits to be inspected
    "INSERT INTO inspections (code, kind, batch_id, process_id, due_at, known_at)"
    " SELECT 'OPEN' || b.code, 'final', b.id, b.process_id, now(), b.started_at FROM batches b"
    " WHERE b.started_at > now() - interval '20 days' AND b.id % 2 = 1",
    "INSERT INTO inspections (code, kind, department_id, performed_at, result, known_at)"
    " SELECT d.code || '-' || n, 'audit', d.id, at, CASE WHEN (d.id + n) % 9 = 0 THEN 'fail' ELSE 'pass' END, at"
    " FROM departments d CROSS JOIN generate_series(1, 8) n"
    " CROSS JOIN LATERAL (SELECT now() - n * interval '100 days' AS at) t",
)


def figures() -> list[Figure]:
    """Seconds and peak memory of a whole night and of its parts."""
    found, nights = list[Figure](), []
    for works in SIZES:
        with fresh_home() as home:
            night = json.loads(run(home, "benchmarks.nightly", str(works)).splitlines()[-1])
        nights.append(night)
        largest = works == SIZES[-1]
        of = f"a night of {night['people']:,} people and {night['events']:,} events"
        found += [
            Figure(of, night["whole"], "s", "under 240" if largest else "", night["whole"] < 240 if largest else None),
            Figure("the same: peak memory", night["memory"], "GiB", "under 8" if largest else "",
                   night["memory"] < 8 if largest else None),
            Figure("of it, the snapshot", night["snapshot"], "s"),
            *(Figure(f"of it, features of {rows:,} rows for {target}", night["features"][target], "s")
              for target, rows in night["rows"].items()),
        ]
    small, large = nights
    growth = math.log(large["whole"] / small["whole"]) / math.log(large["events"] / small["events"])
    return [*found, Figure("growth exponent of a night between them", growth, "", "at most 1.1", growth <= 1.1)]


def _main(works: int) -> None:
    from sqlalchemy import text

    from benchmarks.champion import crown
    from benchmarks.plant import build
    from service.cli import _database
    from service.db.engine import owner_engine
    from service.scoring.score import TARGETS
    from service.settings import settings

    engine, owner = _database(), owner_engine()
    build(owner, works, PEOPLE, _MORE)
    for target in TARGETS:
        crown(engine, settings().home, target)
    with owner.connect() as connection:
        counts = {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in _COUNTED}
    people = counts.pop("employees")
    print(json.dumps({"people": people, "events": sum(counts.values()), **night(engine, settings().home)}))


def night(engine: "Engine", home: Path) -> dict[str, object]:
    """What a worker does at night, then its parts by themselves; `rows` by target."""
    from service.clock import now
    from service.history.engine import over
    from service.history.snapshot import snapshot
    from service.scoring.score import TARGETS, score

    whole, memory = timed(lambda: score(engine, home)), peak()
    shutil.rmtree(home / "snapshots")
    copied = timed(lambda: snapshot(engine, home))
    features, rows = {}, {}
    with closing(over(snapshot(engine, home).path)) as made:
        for target in TARGETS:
            began = time.perf_counter()
            rows[target] = len(made.eligible(target, now()).keys)
            features[target] = time.perf_counter() - began
    return {"whole": whole, "memory": memory, "snapshot": copied, "features": features, "rows": rows}


if __name__ == "__main__":
    _main(int(sys.argv[1]))

"""How long the score of one arriving work record takes in a warm worker, with 100 thousand and 1 million events."""

import json
import os
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure
from benchmarks.home import fresh_home, run
from benchmarks.server import Served

SIZES = (100_000, 1_000_000)
TIMES = 40


def figures() -> list[Figure]:
    """Milliseconds from a committed inspection order to its committed score, and what they go into."""
    found = []
    for works in SIZES:
        with fresh_home() as home:
            each: dict[str, float] = json.loads(run(home, "benchmarks.live", str(works)).splitlines()[-1])
        of = f"with {each['events']:,.0f} events"
        found += [
            Figure(f"live score of one arriving work record {of}: 95th percentile", each["p95"], "ms", "under 150",
                   each["p95"] < 150),
            Figure("the same: median", each["median"], "ms"),
            Figure("of it, its features by PostgreSQL: median", each["features"], "ms"),
            Figure("CPU of worker and database per score", each["cpu"], "ms"),
            Figure("first score of a process: copy inspections, compile, plan", each["first"], "s"),
        ]
    return found


def _main(works: int) -> None:
    """A plant of so many pieces of work, a champion, and arrivals one by one."""
    from sqlalchemy.orm import Session

    from benchmarks.champion import crown
    from benchmarks.plant import build
    from service.app import connect
    from service.cli import _database
    from service.db.engine import owner_engine
    from service.inspections.reserve import draw_for_all
    from service.scoring.live import Arrivals
    from service.settings import settings
    from service.suggestions.actions import store
    from service.suggestions.tables import Scoring

    connect()
    engine, home = _database(), settings().home
    build(owner_engine(), works)
    crown(engine, home, "risk-work")
    _arrive(engine, TIMES + 10)
    with Session(engine) as session, session.begin():
        store(session, Scoring(target="risk-work", as_of=_now(), model="", fingerprint="", tie_seed=1), [])
        draw_for_all(session, settings().inspection_reserve)
    arrivals = Arrivals(engine, home)
    time.sleep(15)  # what is quite new is looked at again
    _arrive(engine, 0)
    first = _timed(arrivals.score)
    taken, used = [], 0.0
    for number in range(1, TIMES + 10):
        _arrive(engine, number)
        before = _used(home)
        spent = _timed(arrivals.score)
        if number >= 10:
            taken.append(spent * 1000)
            used += _used(home) - before
    asked = [_timed(partial(_features, arrivals, number)) * 1000 for number in range(1, TIMES)]
    print(json.dumps({
        "events": works * 1.15, "median": statistics.median(taken), "p95": statistics.quantiles(taken, n=20)[-1],
        "features": statistics.median(asked), "first": first, "cpu": used / TIMES * 1000,
    }))


def _now() -> datetime:
    return datetime.now(UTC)


def _timed(work: Any) -> float:
    began = time.perf_counter()
    if work() != 1:
        raise AssertionError("one arrival is one score")
    return time.perf_counter() - began


def _used(home: Path) -> float:
    """Seconds of CPU of this process and of the database."""
    return Served(home, os.getpid(), "", None).used()  # type: ignore[arg-type]


def _arrive(engine: Any, number: int) -> None:
    """A piece of work by one of the plant's people, and the order to inspect it."""
    from sqlalchemy.orm import Session

    from service.exchange.layout import FOLDER
    from service.records.actions import put

    process = number * 7 % 20
    person, batch = process * 10 + number % 10, process + 20 * (number % 50)
    at = {"started_at": _now() - timedelta(hours=2), "finished_at": _now() - timedelta(hours=1)}
    work = {"code": f"NEW{number}", "process_code": f"P{process}", "employee_code": f"E{person}",
            "batch_code": f"B{batch}", "process_version": "2", "self_check": "pass"}
    with Session(engine) as session, session.begin():
        put(session, FOLDER["work_records"], [work | at])
        order = {"code": f"ORDER{number}", "kind": "final", "work_code": f"NEW{number}", "due_at": _now()}
        put(session, FOLDER["inspections"], [order])


def _features(arrivals: Any, number: int) -> int:
    live = arrivals._live
    with live.connection.begin():
        return len(live.orders("risk-work", [f"ORDER{number}"], _now()).keys)


if __name__ == "__main__":
    _main(int(sys.argv[1]))

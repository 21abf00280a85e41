"""How long indicators take over a million work records: the start page's two figures, and a month of everything."""

import json
import statistics
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from benchmarks.figure import Figure
from benchmarks.home import fresh_home, run

WORKS = 1_000_000
TIMES = 9

#: the finished work of a month, fetched and nothing decided
_PLAIN = "SELECT id, process_id, finished_at FROM work_records WHERE finished_at >= :since AND finished_at < :until"


def figures() -> list[Figure]:
    """Milliseconds, beside plain SQL for a month's work records."""
    with fresh_home() as home:
        taken: dict[str, float] = json.loads(run(home, "benchmarks.indicators"))
    of = f"of {WORKS:,} work records"
    home_page, month = taken["home"], taken["month"]
    return [
        Figure(f"the start page's coverage in 30 days and days to trained in 90, {of}", home_page, "ms, median",
               "under 200", home_page < 200),
        Figure(f"every indicator and signal of a month, by department, {of}", month, "ms, median", "under 2,000",
               month < 2000),
        Figure("a month's finished work by plain SQL, nothing counted", taken["plain"], "ms, median"),
    ]


def _main() -> None:
    from benchmarks.plant import build
    from service.cli import _database
    from service.clock import now
    from service.db.engine import owner_engine
    from service.indicators import rules
    from service.indicators.catalogue import INDICATORS
    from service.indicators.counting import counted, lately, today
    from service.people.tables import Department
    from service.settings import settings

    engine = _database()
    build(owner_engine(), WORKS)
    month = rules.before(today().replace(day=1))
    period = rules.Period(month, month)
    since, until = period.bounds(settings().zone)
    with Session(engine) as session:
        seen = dict(session.execute(select(Department.id, Department.code)).all())

        def home() -> None:
            at = now()
            lately(session, "inspection_coverage", at - timedelta(days=30), at)
            lately(session, "days_to_trained", at - timedelta(days=90), at)

        def everything() -> None:
            for each in INDICATORS.values():
                counted(session, each, period, seen, whole=True)

        def plain() -> None:
            session.execute(text(_PLAIN), {"since": since, "until": until}).all()

        print(json.dumps({"home": _median(home), "month": _median(everything), "plain": _median(plain)}))


def _median(does: Callable[[], None]) -> float:
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        does()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


if __name__ == "__main__":
    _main()

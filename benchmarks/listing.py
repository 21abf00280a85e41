"""How long one page of a million inspections takes, at the start, in the middle and at the end of the list."""

import json
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.figure import Figure
from benchmarks.home import fresh_home, run
from benchmarks.importing import ROWS, write

PAGE = 1000
TIMES = 15


def figures() -> list[Figure]:
    """Milliseconds a page, and how much longer the last takes than the first."""
    with fresh_home() as home, TemporaryDirectory(prefix="retrace-rows-") as folder:
        write(Path(folder), ROWS)
        taken: dict[str, float] = json.loads(run(home, "benchmarks.listing", folder))
    each = [Figure(f"a page of {PAGE:,} of {ROWS:,} inspections: {place}", ms, "ms") for place, ms in taken.items()]
    ratio = taken["at the end"] / taken["at the start"]
    return [*each, Figure("the last page against the first", ratio, "x", "at most 1.5", ratio <= 1.5)]


def _main(folder: Path) -> None:
    from service.cli import _database
    from service.exchange.importing import import_folder
    from service.inspections.tables import Inspection

    engine = _database()
    with Session(engine) as session, session.begin():
        import_folder(session, folder, progress=lambda line: None)
    with Session(engine) as session:
        last = session.scalar(select(func.max(Inspection.id))) or 0
        places = {"at the start": 0, "in the middle": last // 2, "at the end": last - PAGE}
        print(json.dumps({place: _page(session, after) for place, after in places.items()}))


def _page(session: Session, after: int) -> float:
    """Milliseconds of a page behind an id; the median of some."""
    from service.inspections.tables import Inspection
    from service.records import folder, wire

    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        found = wire.page(session, folder.of(Inspection), after, PAGE)
        taken.append(time.perf_counter() - began)
        if len(found) != PAGE:
            raise AssertionError(f"{len(found)} inspections where {PAGE} were expected")
    return statistics.median(taken) * 1000


if __name__ == "__main__":
    _main(Path(sys.argv[1]))

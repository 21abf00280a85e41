"""How long a warm worker takes from changed records to suggestions, for the demo's 300 staff and 18 months."""

import subprocess
import sys
import time

from sqlalchemy.orm import Session

from benchmarks.figure import Figure
from benchmarks.home import environment, fresh_home, run


def figures() -> list[Figure]:
    """Seconds for snapshot, features and scores of all three targets."""
    with fresh_home() as home:
        demo = [sys.executable, "-c", "from service.cli import main; main()", "demo"]
        began = time.perf_counter()
        subprocess.run(demo, env=environment(home), check=True, capture_output=True)
        first = time.perf_counter() - began
        warm = float(run(home, "benchmarks.scoring"))
    return [
        Figure("first start: simulate, load, train and score 300 staff", first, "s"),
        Figure("snapshot, features and scores of 300 staff, warm", warm, "s", "under 15", warm < 15),
    ]


def _main() -> None:
    from service.cli import _database
    from service.people.tables import Department
    from service.records import folder
    from service.records.actions import put
    from service.scoring.score import score
    from service.settings import settings

    engine, home = _database(), settings().home
    score(engine, home)
    with Session(engine) as session, session.begin():  # so that the snapshot is made anew
        put(session, folder.of(Department), [{"code": "BENCH", "name": "bench", "function": "quality"}])
    began = time.perf_counter()
    score(engine, home)
    print(time.perf_counter() - began)


if __name__ == "__main__":
    _main()

"""What the audit trail and the outbox cost a recorded write, and how long a million events take to verify."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks.figure import Figure
from benchmarks.home import fresh_home, run

EVENTS = 1_000_000
WRITES = 500
ROUNDS = 6


def figures() -> list[Figure]:
    """The ratio of the CPU of a write with and without, and the times to seal and to verify."""
    with fresh_home() as home:
        bare, full, sealing, tenth, whole = map(float, run(home, "benchmarks.auditing").split())
    ratio = full / bare
    return [
        Figure("a recorded write without audit and outbox", bare * 1000, "ms CPU"),
        Figure("the same with them", full * 1000, "ms CPU"),
        Figure("a recorded write with audit and outbox, against without", ratio, "x", "at most 2.5", ratio <= 2.5),
        Figure(f"sealing {EVENTS:,} audit events", sealing, "s"),
        Figure(f"verifying {EVENTS:,} audit events", whole, "s", "under 60", whole < 60),
        Figure("verifying ten times as many events", whole / tenth, "x as long"),
    ]


def _cpu(engine: Engine, work: Callable[[Session], None]) -> float:
    """Seconds of CPU of this process and of the database's behind a session, for a write."""
    with Session(engine) as session:
        backend = session.scalar(text("SELECT pg_backend_pid()"))
        began = _used(backend)
        for _ in range(WRITES):
            work(session)
            session.commit()
        return (_used(backend) - began) / WRITES


def _used(backend: int | None) -> float:
    user, system = Path(f"/proc/{backend}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[11:13]
    return time.process_time() + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _without(owner: Engine, tables: tuple[str, ...]) -> Iterator[None]:
    """No audit, no outbox; what other domains do about a write is done all the same."""
    def triggers(state: str) -> None:
        with owner.begin() as connection:
            for table in tables:
                for event in ("insert", "update", "delete"):
                    connection.execute(text(f"ALTER TABLE {table} {state} TRIGGER audit_{event}"))

    triggers("DISABLE")
    with patch("service.events.publishing._put_out", lambda session, events: None):
        yield
    triggers("ENABLE")


def _main() -> None:
    from service.audit.chain import Checkpoint
    from service.audit.sealing import seal
    from service.audit.verify import verify
    from service.cli import _database
    from service.db.engine import owner_engine
    from service.exchange.layout import FOLDER
    from service.records.actions import put

    engine, owner = _database(), owner_engine()
    count = iter(range(10**9))

    def record(session: Session) -> None:
        put(session, FOLDER["inspections"], [{"code": f"I{next(count)}", "kind": "patrol", "inspector_code": "QA"}])

    _cpu(engine, record)
    bare, full = [], []
    for _ in range(ROUNDS):
        full.append(_cpu(engine, record))
        with _without(owner, ("inspections",)):
            bare.append(_cpu(engine, record))

    def sealed(rows: int, prefix: str) -> tuple[float, list[Checkpoint]]:
        with Session(engine) as session, session.begin():
            session.execute(text(
                "INSERT INTO standards (code, title)"
                " SELECT :prefix || n, 'Standard ' || n FROM generate_series(1, :rows) n"
            ), {"rows": rows, "prefix": prefix})
        began = time.perf_counter()
        with Session(engine) as session, session.begin():
            checkpoint = seal(session)
        assert checkpoint is not None
        return time.perf_counter() - began, [checkpoint]

    def verified(known: list[Checkpoint]) -> float:
        began = time.perf_counter()
        with Session(engine) as session:
            assert verify(session, known).faults == ()
        return time.perf_counter() - began

    already = WRITES * (ROUNDS + 1)
    tenth = verified(sealed(EVENTS // 10 - already, "A")[1])
    sealing, known = sealed(EVENTS - EVENTS // 10, "B")
    print(min(bare), min(full), sealing, tenth, verified(known))


if __name__ == "__main__":
    _main()

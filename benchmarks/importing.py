"""How fast a folder of inspections is imported, beside a bare COPY of the same rows."""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from benchmarks.figure import Figure
from benchmarks.home import fresh_home, run

ROWS = 1_000_000
UNITS = 5_000


def figures() -> list[Figure]:
    """Rows a second at a tenth and at the whole, and the ratios to a bare COPY with and without keys."""
    found = []
    for rows in (ROWS // 10, ROWS):
        with fresh_home() as home, TemporaryDirectory(prefix="retrace-rows-") as folder:
            write(Path(folder), rows)
            full, audited, keyed, plain = map(float, run(home, "benchmarks.importing", folder).split())
        asked = rows == ROWS
        found += [
            Figure(f"import of {rows:,} inspections", rows / full, "rows/s", "at least 15,000" if asked else "",
                   rows / full >= 15_000 if asked else None),
            Figure(f"import of {rows:,}, against a bare COPY of the same rows into the same table", full / audited, "x",
                   "at most 4" if asked else "", full / audited <= 4 if asked else None),
            Figure(f"import of {rows:,}, against a COPY into the same table without its audit", full / keyed, "x"),
            Figure(f"import of {rows:,}, against a COPY into a plain table without key or index", full / plain, "x"),
        ]
    return found


def write(folder: Path, rows: int) -> None:
    """A folder of units and inspections of them, like a city's food inspections."""
    rng = np.random.default_rng(1)
    units = np.array([f"U{number:05}" for number in range(UNITS)])
    departments = pd.DataFrame({"code": units, "name": units, "function": "operations"})
    departments.to_csv(folder / "departments.csv", index=False)
    start = pd.Timestamp("2020-01-01", tz="UTC")
    performed = (start + pd.to_timedelta(np.sort(rng.integers(0, 5 * 365 * 86_400, rows)), unit="s")).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )
    pd.DataFrame({
        "code": np.char.add("I", np.char.zfill(np.arange(rows).astype(str), 8)), "kind": "routine",
        "department_code": units[rng.integers(0, UNITS, rows)],
        "inspector_code": np.char.add("inspector-", rng.integers(0, 40, rows).astype(str)),
        "due_at": performed, "performed_at": performed, "known_at": performed,
        "result": np.where(rng.random(rows) < 0.2, "fail", "pass"),
        "attr_temperature": rng.normal(20, 5, rows).round(1),
    }).to_csv(folder / "inspections.csv", index=False)


def plain_copy(engine: Engine, file: Path) -> float:
    """Seconds to COPY the file into a plain table of the same types: no key, no index, no constraint."""
    with engine.begin() as connection:
        connection.execute(text(
            "CREATE TABLE plain (code text, kind text, department_code text, inspector_code text, due_at timestamptz,"
            " performed_at timestamptz, known_at timestamptz, result text, attr_temperature float8)"
        ))
        return _copy(connection, file, "COPY plain FROM STDIN WITH (FORMAT csv, HEADER)")


def keyed_copy(engine: Engine, folder: Path, *, audited: bool) -> float:
    """Seconds to COPY the stored rows into a table with the inspections' own keys and indexes, without foreign keys.

    `audited`: it keeps an audit event of every row, as the inspections do.
    """
    file = folder / "stored.csv"
    with engine.begin() as connection:
        cursor = connection.connection.cursor()
        with file.open("wb") as given, cursor.copy("COPY inspections TO STDOUT WITH (FORMAT csv)") as copy:
            for block in copy:
                given.write(block)
        connection.execute(text("DROP TABLE IF EXISTS keyed"))
        connection.execute(text("CREATE TABLE keyed (LIKE inspections INCLUDING ALL)"))
        if audited:
            connection.execute(text("SELECT audit.watch('keyed')"))
        return _copy(connection, file, "COPY keyed FROM STDIN WITH (FORMAT csv)")


def _copy(connection: Connection, file: Path, statement: str) -> float:
    cursor = connection.connection.cursor()
    began = time.perf_counter()
    with file.open("rb") as given, cursor.copy(statement) as copy:
        while chunk := given.read(1 << 20):
            copy.write(chunk)
    return time.perf_counter() - began


def _main(folder: Path) -> None:
    from service.cli import _database
    from service.db.engine import owner_engine
    from service.exchange.importing import import_folder

    engine = _database()
    began = time.perf_counter()
    with Session(engine) as session, session.begin():
        import_folder(session, folder, progress=lambda line: None)
    full = time.perf_counter() - began
    copies = (keyed_copy(owner_engine(), folder, audited=audited) for audited in (True, False))
    print(full, *copies, plain_copy(owner_engine(), folder / "inspections.csv"))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))

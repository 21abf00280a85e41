"""A small world in a database of its own, with the odd rows that a simulation never makes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from features import cohort, matrix
from features.history import History
from service.app import connect
from service.difficulties.tables import ReportProcess
from service.exchange.importing import import_folder
from service.exchange.layout import FOLDER
from service.history.snapshot import Snapshot, load, snapshot
from service.processes.tables import Process
from service.records.actions import put
from tests.service.database import Database, migrated
from training.world import WorldSpec, simulate, write

WORLD = WorldSpec(staff=40, months=3, seed=5)
#: when the site is looked at: on an odd moment, and before anything was known
MOMENTS = (datetime(2026, 10, 20, 4, 30, 15, 123456), datetime(2001, 1, 1))  # noqa: DTZ001 - UTC without a zone


@dataclass(frozen=True)
class Site:
    """The world's database and its snapshot."""

    database: Database
    snapshot: Snapshot


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The world, imported through the folder."""
    connect()
    folder = tmp_path_factory.mktemp("world") / "site"
    write(simulate(WORLD), folder)
    with migrated("world") as database:
        with Session(database.app) as session, session.begin():
            import_folder(session, folder, progress=lambda said: None)
        with Session(database.app) as session, session.begin():
            _oddities(session)
        with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
        yield Site(database, snapshot(database.app, tmp_path_factory.mktemp("snapshots")))


def _at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=UTC)


def _oddities(session: Session) -> None:
    """Subjects of which nothing is known, ties, corrections, sets replaced, values that are empty."""

    def given(table: str, *rows: dict[str, Any], reason: str | None = None) -> None:
        put(session, FOLDER[table], rows, reason)

    odd = {"age": 3, "pct%": "ü"}
    given("departments", {"code": "ODD", "name": "Odd", "function": "operations", "attributes": odd})
    given("employees", {"code": "ODD1", "name": "A"}, {"code": "ODD2", "name": "B", "hired_on": "2026-10-19"})
    given("processes", {"code": "ODD", "name": "Odd"})
    for number in (1, 2):
        given("work_records", {"code": f"OW{number}", "process_code": "ODD", "employee_code": "ODD1",
                               "started_at": _at(3), "known_at": _at(4), "self_check": "missing"})
    given("work_records", {"code": "OW1", "process_code": "ODD", "employee_code": "ODD2", "started_at": _at(3),
                           "known_at": _at(9), "self_check": "missing"}, reason="wrong badge")
    given("batches", *({"code": f"OB{n}", "started_at": _at(2), "known_at": _at(2)} for n in range(4)))
    given("batch_inputs", {"batch_code": "OB0", "input_code": "OB1"}, {"batch_code": "OB2", "input_code": "OB1"})
    given("batch_inputs", {"batch_code": "OB0", "input_code": "OB3"}, reason="another drum")
    seen = {"performed_at": _at(5), "known_at": _at(6)}
    given("inspections",
          *({"code": f"OI{n}", "kind": "final", "batch_code": f"OB{n}", "result": result} | seen
            for n, result in enumerate(("pass", "fail", "fail"))),
          *({"code": f"OT{n}", "kind": "patrol", "employee_code": "ODD1", "process_code": "ODD", "result": result,
             "attributes": {"humidity": n}} | seen for n, result in enumerate(("fail", "pass"))),
          {"code": "OD1", "kind": "audit", "department_code": "ODD", "result": "fail", "score": 0.5} | seen,
          {"code": "ODU", "kind": "audit", "department_code": "ODD", "due_at": _at(30)},
          {"code": "ODW", "kind": "final", "work_code": "OW1", "inspector_code": "nobody"},
          {"code": "ODV", "kind": "final", "work_code": "OW2", "due_at": _at(21), "attributes": {"humidity": "wet"}},
          {"code": "ODB", "kind": "incoming", "batch_code": "OB0"})
    given("inspections", {"code": "OT1", "result": "fail", "known_at": _at(8)}, reason="misread")
    given("difficulty_reports", *({"code": f"OR{n}", "department_code": "ODD", "severity": n, "text": "odd",
                                   "occurred_at": _at(7), "known_at": _at(7)} for n in (2, 5)))
    odd_process = session.scalars(select(Process.id).where(Process.code == "ODD")).one()
    session.add(ReportProcess(report_code="OR5", process_id=odd_process, how="confirmed", known_at=_at(8)))
    given("work_participants", {"work_code": "OW2", "employee_code": "ODD2", "role": "nurse", "known_at": _at(7)})


@pytest.fixture(scope="session")
def reference(small_world: Site) -> Callable[[str], matrix.Matrix]:
    """The whole matrix of a target at `MOMENTS` by DuckDB over the snapshot."""
    history = load(small_world.snapshot.path)
    made = {target: matrix.build(history, everyone(history, target), target) for target in cohort.TARGETS}
    return made.__getitem__


def everyone(history: History, target: str) -> ibis.Table:
    """Who is eligible at `MOMENTS`."""
    return cohort.eligible(history, target, ibis.memtable(pa.table({"as_of": pa.array(MOMENTS, pa.timestamp("us"))})))


def same(found: matrix.Matrix, due: matrix.Matrix) -> None:
    """Fail where two matrices differ: codes, times and whole numbers at all, other numbers by more than 1e-9."""
    assert len(due.keys) > 0
    for name in due.keys:
        assert _plain(found.keys[name]) == _plain(due.keys[name]), name
    assert list(found.X) == list(due.X)
    for name in due.X:
        if due.X[name].dtype == "float64":
            np.testing.assert_allclose(found.X[name], due.X[name], rtol=0, atol=1e-9, equal_nan=True, err_msg=name)
            whole = due.X[name].to_numpy() % 1 == 0
            assert (found.X[name].to_numpy()[whole] == due.X[name].to_numpy()[whole]).all(), name
        else:
            assert _plain(found.X[name]) == _plain(due.X[name]), name


def _plain(column: Any) -> list[Any]:
    return [None if missing else value for value, missing in zip(column.astype(object), column.isna(), strict=True)]



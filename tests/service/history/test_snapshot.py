"""Snapshots are named by content and reused while nothing changed. They read what is committed: the tests commit."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from features.history import TABLES
from service.difficulties.tables import ReportProcess
from service.exchange.layout import FOLDER
from service.history.snapshot import KEPT, load, snapshot
from service.processes.tables import Process
from service.records.actions import put
from tests.service.database import migrated

_DAY = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with migrated("snapshots") as database:
        yield database.app


def _rename(engine: Engine, name: str) -> None:
    with Session(engine) as session, session.begin():
        put(session, FOLDER["departments"], [{"code": "SNAPSHOT", "name": name, "function": "quality"}])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_the_same_records_give_the_same_snapshot_and_others_another(engine: Engine, folder: Path) -> None:
    _rename(engine, "one")
    first = snapshot(engine, folder)
    assert snapshot(engine, folder) == first
    elsewhere = snapshot(engine, folder / "elsewhere")
    assert elsewhere.content == first.content
    with Session(engine) as session, session.begin():
        put(session, FOLDER["processes"], [{"code": f"SNAPSHOT-{first.content[:8]}", "name": "p"}])
    assert snapshot(engine, folder).content != first.content


def test_a_process_found_for_a_report_makes_another(folder: Path) -> None:
    told = {"text": "it sticks", "severity": 2, "occurred_at": _DAY}
    with migrated("told") as database:
        with Session(database.app) as session, session.begin():
            put(session, FOLDER["departments"], [{"code": "D", "name": "one", "function": "operations"}])
            put(session, FOLDER["processes"], [{"code": "P", "name": "p"}])
            put(session, FOLDER["difficulty_reports"], [{"code": "R", "department_code": "D", **told}])
        before = snapshot(database.app, folder)
        with Session(database.app) as session, session.begin():
            process = session.scalars(select(Process.id).where(Process.code == "P")).one()
            session.add(ReportProcess(report_code="R", process_id=process, how="matched"))
        after = load(snapshot(database.app, folder).path)
        assert after.content != before.content
        assert sorted(map(str, after["difficulties"].process_code.to_pyarrow().to_pylist())) == ["None", "P"]


def test_an_attribute_may_be_called_anything(engine: Engine, folder: Path) -> None:
    odd = {"pct%": 3, "a:b": "c", "it's": 1.5}
    row = {"code": "SNAPSHOT", "name": "odd", "function": "quality", "attributes": odd}
    with Session(engine) as session, session.begin():
        put(session, FOLDER["departments"], [row])
    departments = load(snapshot(engine, folder).path)["departments"].to_pyarrow().to_pylist()
    found = next(row for row in departments if row["department_code"] == "SNAPSHOT")
    assert (found["attr_pct%_num"], found["attr_a:b_text"], found["attr_it's_num"]) == (3.0, "c", 1.5)


def test_only_the_newest_snapshots_are_kept(engine: Engine, folder: Path) -> None:
    paths = []
    for number in range(KEPT + 2):
        _rename(engine, f"kept {number}")
        with Session(engine) as session, session.begin():
            put(session, FOLDER["processes"], [{"code": f"KEPT-{folder.name}-{number}", "name": "p"}])
        paths.append(snapshot(engine, folder).path)
    assert [path.exists() for path in paths] == [False, False, *[True] * KEPT]


def test_a_snapshot_is_a_history(engine: Engine, folder: Path) -> None:
    _rename(engine, "two")
    history = load(snapshot(engine, folder).path)
    assert set(history.tables) == set(TABLES)
    departments = history["departments"].department_code.to_pyarrow().to_pylist()
    assert "SNAPSHOT" in departments

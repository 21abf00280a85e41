"""Snapshots are named by content and reused while nothing changed. They read committed rows, so the test commits."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from features.history import TABLES
from service.exchange.layout import FOLDER
from service.history.snapshot import load, snapshot
from service.records.actions import put


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


def test_a_snapshot_is_a_history(engine: Engine, folder: Path) -> None:
    _rename(engine, "two")
    history = load(snapshot(engine, folder).path)
    assert set(history.tables) == set(TABLES)
    departments = history["departments"].department_code.to_pyarrow().to_pylist()
    assert "SNAPSHOT" in departments

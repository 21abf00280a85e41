"""A backup is brought back with its trail whole, and what the checkpoints outside know beyond it is not lost unsaid."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service.audit import checkpoints
from service.audit.restoring import after_restore, before_backup, refuse_loss
from service.audit.sealing import seal
from service.audit.tables import AuditEvent
from service.audit.verify import verify
from service.backup import Target, backup, restore
from service.errors import Conflict, RetraceError
from service.people.tables import Department
from service.settings import settings
from tests.service.database import Database, migrated


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database whose checkpoints are kept beside this test."""
    monkeypatch.setenv("RETRACE_CHECKPOINTS", str(tmp_path / "checkpoints.jsonl"))
    settings.cache_clear()
    with migrated("restoring") as made:
        yield made
    monkeypatch.undo()
    settings.cache_clear()


def _write(database: Database, code: str) -> None:
    with Session(database.app) as session, session.begin():
        session.execute(insert(Department).values(code=code, name=code, function="quality"))


def _sealed(database: Database) -> None:
    with Session(database.app) as session, session.begin():
        made = seal(session)
    if made is not None:
        checkpoints.keep(made)


def _bring_back(database: Database, folder: Path, file: Path, reason: str | None) -> None:
    database.app.dispose()
    restore(
        Target(database.owner, folder / "home", database.app.url.username, reason), file,
        lambda told: refuse_loss(told, reason), lambda told: after_restore(database.app, told, file.name, reason),
    )


def _whole(database: Database) -> int:
    with Session(database.app) as session:
        found = verify(session, checkpoints.kept())
        assert found.faults == ()
        return found.chained


def test_what_is_sealed_later_is_given_up_only_for_a_reason(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "taken.zip"
    _write(database, "KEPT")
    backup(database.owner, tmp_path / "home", file, lambda: before_backup(database.app))
    _write(database, "LOST")
    _sealed(database)
    with pytest.raises(Conflict, match=r"lacks 1 audit events.*--force and --reason"):
        _bring_back(database, tmp_path, file, None)
    _bring_back(database, tmp_path, file, "the disk broke")
    with Session(database.app) as session:
        assert session.scalars(select(Department.code)).all() == ["KEPT"]
        last = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert last is not None
        assert (last.action, last.code, last.reason) == ("restore", "taken.zip", "the disk broke")
    assert "the disk broke" in checkpoints.place().read_text()
    before = _whole(database)
    _write(database, "AFTER")
    _sealed(database)
    assert _whole(database) > before


def test_the_same_machine_or_another_goes_on_with_the_trail(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "taken.zip"
    for number in range(30):  # so that the other database's transactions have smaller numbers
        _write(database, f"D{number}")
    backup(database.owner, tmp_path / "home", file, lambda: before_backup(database.app))
    with migrated("elsewhere") as other:
        _bring_back(other, tmp_path, file, None)
        _write(other, "AFTER")
        _sealed(other)
        with Session(other.app) as session:
            found = verify(session, checkpoints.kept())
            assert (found.faults, found.waiting) == ((), 0)


def test_a_trail_that_is_not_ours_is_refused(database: Database, tmp_path: Path) -> None:
    _write(database, "D")
    told = before_backup(database.app)
    with pytest.raises(RetraceError, match="is not the one"):
        refuse_loss(told | {"hash": "00" * 32}, "whatever")

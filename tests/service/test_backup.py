"""A backup brings back what was there, whole or not at all, into this home or another."""

import json
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from service.app import connect
from service.backup import Backup, Target, backup, restore
from service.db.base import Base
from service.db.postgres import ensure_running
from service.errors import Conflict, RetraceError, Unavailable
from service.jobs import defer
from service.migrations import revisions, upgrade
from tests.service.console import site

SEARCH = {
    "connect_args": {"options": "-c timezone=UTC -c search_path=public,jobs -c retrace.scope=*"}, "poolclass": NullPool
}


class Place:
    """A home with a database server of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="retrace-backup-"))
        self.folder.chmod(0o711)  # as root, the server runs as another user
        self.home = self.folder / "home"
        server = ensure_running(self.home)
        self.owner = create_engine(server.owner_url, **SEARCH)
        self.app = create_engine(server.app_url, **SEARCH)

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        with self.app.connect() as connection:
            return {
                name: [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key))]
                for name, table in Base.metadata.tables.items()
            }

    def target(self, reason: str | None = None) -> Target:
        return Target(self.owner, self.home, make_url(str(self.app.url)).username, reason)


@pytest.fixture(scope="module")
def here() -> Iterator[Place]:
    """A site with records, a job and a model."""
    connect()
    place = Place()
    upgrade(place.owner)
    with Session(place.app) as session, session.begin():
        site.found(session)
        defer(session, "scoring.score")
    _make_models(place.home)
    yield place
    shutil.rmtree(place.folder, ignore_errors=True)


@pytest.fixture
def elsewhere() -> Iterator[Place]:
    """A new home where nothing has been migrated yet."""
    place = Place()
    yield place
    shutil.rmtree(place.folder, ignore_errors=True)


def _make_models(home: Path) -> None:
    folder = home / "mlflow"
    (folder / "artifacts" / "m1").mkdir(parents=True)
    (folder / "artifacts" / "m1" / "model.lgb").write_bytes(b"tree")
    (folder / "server.log").write_text("not kept")
    with closing(sqlite3.connect(folder / "mlflow.db")) as database, database:
        database.execute("CREATE TABLE experiments (id INTEGER, artifact_location VARCHAR(256))")
        database.execute("INSERT INTO experiments VALUES (1, ?)", [(folder / "artifacts").as_uri()])


@pytest.fixture(scope="module")
def taken(here: Place) -> Path:
    """A backup of the site."""
    file = here.folder / "taken.zip"
    written = backup(here.owner, here.home, file, lambda: {"head": "abc"})
    assert written.revision == revisions(here.owner)[0]
    return file


@pytest.fixture
def bring_back(taken: Path) -> Callable[..., Backup]:
    return lambda target, file=taken: restore(target, file, lambda told: None, lambda told: None)


def test_the_archive_is_private_and_says_what_it_holds(taken: Path) -> None:
    assert stat.S_IMODE(taken.stat().st_mode) == 0o600
    with ZipFile(taken) as packed:
        told = json.loads(packed.read("manifest.json"))
        assert set(packed.namelist()) == {"manifest.json", "dump", "mlflow/mlflow.db", "mlflow/artifacts/m1/model.lgb"}
    assert told["audit"] == {"head": "abc"}
    assert set(told["sha256"]) == {"dump", "mlflow/mlflow.db", "mlflow/artifacts/m1/model.lgb"}
    assert not [path for path in taken.parent.iterdir() if path.name.startswith(".taken")]


def test_a_file_is_never_overwritten(here: Place, taken: Path) -> None:
    before = taken.read_bytes()
    with pytest.raises(Conflict, match="exists already"):
        backup(here.owner, here.home, taken, dict)
    assert taken.read_bytes() == before
    with pytest.raises(RetraceError, match="There is no folder"):
        backup(here.owner, here.home, taken.parent / "none" / "x.zip", dict)


def test_a_new_home_gets_everything_back(here: Place, elsewhere: Place, taken: Path) -> None:
    heard: list[object] = []
    restore(elsewhere.target(), taken, heard.append, heard.append)
    assert heard == [{"head": "abc"}] * 2
    assert elsewhere.rows() == here.rows()
    assert len(here.rows()["employees"]) == len(site.NAMES)
    assert (elsewhere.home / "mlflow" / "artifacts" / "m1" / "model.lgb").read_bytes() == b"tree"
    with closing(sqlite3.connect(elsewhere.home / "mlflow" / "mlflow.db")) as database:
        (location,) = database.execute("SELECT artifact_location FROM experiments").fetchone()
    assert location == (elsewhere.home / "mlflow" / "artifacts").as_uri()
    _serves(elsewhere)
    assert not [path for path in elsewhere.home.iterdir() if path.name.startswith("restore-")]


def _serves(place: Place) -> None:
    """The serving role reads, writes, queues jobs, and changes no evidence; the owner still owns everything."""
    with Session(place.app) as session:
        waiting = set(session.scalars(text("SELECT task_name FROM jobs.procrastinate_jobs")))
        assert waiting == {"scoring.score", "retraining.follow"}  # the second: people came
        session.execute(text("UPDATE departments SET name = 'Renamed'"))
        session.execute(text("INSERT INTO departments (code, name, function) VALUES ('NEW', 'New', 'quality')"))
        session.execute(text("CREATE TEMPORARY TABLE arriving (id int)"))
        session.execute(text("UPDATE jobs.procrastinate_jobs SET priority = 1"))
        session.rollback()
        for statement in ("UPDATE inspections SET result = 'pass'", "DELETE FROM inspections", "DROP TABLE tokens"):
            with pytest.raises(ProgrammingError):
                session.execute(text(statement))
            session.rollback()
    with place.owner.connect() as connection:
        strangers = connection.execute(text(
            "SELECT relname FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'jobs'::regnamespace)"
            " AND relowner <> 'retrace_owner'::regrole AND relkind IN ('r', 'v', 'S')"
        )).all()
    assert strangers == []


def test_records_are_replaced_only_for_a_reason(elsewhere: Place, bring_back: Callable[..., Backup]) -> None:
    bring_back(elsewhere.target())
    with Session(elsewhere.app) as session, session.begin():
        session.execute(text("INSERT INTO departments (code, name, function) VALUES ('LATER', 'Later', 'quality')"))
    (elsewhere.home / "mlflow" / "artifacts" / "later").write_text("later")
    later = elsewhere.rows()
    with pytest.raises(Conflict, match="holds records already"):
        bring_back(elsewhere.target())
    assert elsewhere.rows() == later
    bring_back(elsewhere.target("the disk broke"))
    assert "LATER" not in {row.code for row in _departments(elsewhere.app)}
    assert not (elsewhere.home / "mlflow" / "artifacts" / "later").exists()
    _serves(elsewhere)


def _departments(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT code FROM departments")))


def test_while_something_is_connected_nothing_is_restored(here: Place, bring_back: Callable[..., Backup]) -> None:
    before = here.rows()
    with here.app.connect(), pytest.raises(Unavailable, match="1 connections of a running server or worker"):
        bring_back(here.target("x"))
    assert here.rows() == before


def test_a_restore_that_fails_half_way_changes_nothing(
    here: Place, bring_back: Callable[..., Backup], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = here.rows()
    monkeypatch.setattr("service.backup.database._EMPTY", "DROP SCHEMA jobs CASCADE;\nSELECT 1 / 0;\n")
    with pytest.raises(Unavailable, match=r"psql did not finish: .*division by zero"):
        bring_back(here.target("x"))
    assert here.rows() == before
    assert (here.home / "mlflow" / "artifacts" / "m1" / "model.lgb").exists()


def _with(taken: Path, folder: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """A copy of the archive with something changed in it."""
    with ZipFile(taken) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    change(files)
    with ZipFile(folder / "changed.zip", "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return folder / "changed.zip"


def _told(files: dict[str, bytes], **more: object) -> None:
    files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) | more).encode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda files: files.update(dump=files["dump"][:-1]), "damaged: dump is not what was written"),
        (lambda files: files.pop("mlflow/mlflow.db"), "damaged: it lacks files"),
        (lambda files: files.update({"more": b""}), "damaged: it lacks files"),
        (lambda files: files.pop("manifest.json"), "damaged or no backup"),
        (lambda files: files.update({"manifest.json": b"[]"}), "damaged or no backup"),
        (lambda files: _told(files, sha256={"dump": "", "mlflow/../../x": ""}), "it holds mlflow/../../x"),
        (lambda files: _told(files, revision="9999"), "is of a newer Retrace .schema 9999."),
        (lambda files: _told(files, format=2), "is of a newer Retrace"),
    ],
)
def test_a_damaged_or_foreign_archive_touches_nothing(
    here: Place, taken: Path, tmp_path: Path, bring_back: Callable[..., Backup],
    change: Callable[[dict[str, bytes]], object], says: str,
) -> None:
    before = here.rows()
    with pytest.raises(RetraceError, match=says):
        bring_back(here.target("x"), _with(taken, tmp_path, change))
    assert here.rows() == before


@pytest.mark.parametrize("content", [None, b"", b"text"])
def test_what_is_no_archive_is_said(
    here: Place, tmp_path: Path, bring_back: Callable[..., Backup], content: bytes | None
) -> None:
    file = tmp_path / "x.zip"
    with suppress(TypeError):
        file.write_bytes(content)  # type: ignore[arg-type]
    with pytest.raises(RetraceError, match=r"There is no file|damaged or no backup"):
        bring_back(here.target("x"), file)

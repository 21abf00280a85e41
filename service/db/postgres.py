"""Retrace's own PostgreSQL server, for when no DATABASE_URL is given.

Everything is in `home/postgres`: `data`, the passwords, the log, and three lock files, each locked with flock:

- `start.lock`: held while the server is looked for, started or stopped;
- `users.lock`: shared by every process that uses the server; whoever ends last stops the server;
- `server.lock`: inherited by the server's processes on purpose, so that it is free exactly when none of them lives.
"""

import atexit
import fcntl
import json
import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from service.db.binaries import Place, prepare
from service.errors import Unavailable

START_TIMEOUT = 120.0
_STOP_TIMEOUT = 60.0

_SUPERUSER, _OWNER, _APP = "postgres", "retrace_owner", "retrace_app"
_DATABASE = "retrace"
_PORT = 5432  # only names the socket's file: the server does not listen on the network

_SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # errors only, and without the statements and values that caused them: those hold personal data
    "log_min_messages": "error",
    "log_checkpoints": "off",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

#: folder -> our open, locked users.lock, kept until the process ends
_uses: dict[Path, int] = {}
#: the servers this process started, kept because Popen warns when it is dropped before its process ends
_children: dict[Path, "subprocess.Popen[bytes]"] = {}


@dataclass(frozen=True)
class Server:
    """A running server, as SQLAlchemy URLs with passwords in them: do not log them."""

    owner_url: str
    app_url: str


def ensure_running(home: Path) -> Server:
    """Start the server of `home` unless it runs, and keep it running until this process ends.

    Raises Unavailable when `home` cannot be used or the server does not start.
    """
    home = home.absolute()
    try:
        place = prepare(home)
        with _locked(place.folder / "start.lock"):
            cluster = _Cluster(place, _passwords(place.folder), _socket_folder(place))
            running = cluster.answers(_APP)
            if not running:
                cluster.start()
            _use(cluster)
            if not running:
                cluster.create_roles_and_database()
    except OSError as error:
        raise Unavailable(
            f"Retrace cannot keep its database in {home} ({error}): "
            "set RETRACE_HOME to a folder it may write to, or DATABASE_URL to a PostgreSQL server"
        ) from error
    except psycopg.Error as error:
        raise Unavailable(f"The database server of {home} refused to serve ({error}): see {cluster.log}") from error
    return Server(owner_url=cluster.url(_OWNER), app_url=cluster.url(_APP))


@dataclass(frozen=True)
class _Cluster:
    place: Place
    passwords: dict[str, str]
    sockets: Path

    @property
    def folder(self) -> Path:
        return self.place.folder

    @property
    def data(self) -> Path:
        return self.place.data

    @property
    def socket(self) -> Path:
        return self.sockets / f".s.PGSQL.{_PORT}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def url(self, role: str) -> str:
        return f"postgresql+psycopg://{role}:{self.passwords[role]}@/{_DATABASE}?host={self.sockets}&port={_PORT}"

    def connect(self, role: str, database: str = _DATABASE) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host=str(self.sockets), port=_PORT, dbname=database, user=role, password=self.passwords[role],
            autocommit=True, connect_timeout=3,
        )

    def answers(self, role: str, database: str = _DATABASE) -> bool:
        try:
            self.connect(role, database).close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Return once the superuser can connect. Raises Unavailable when that takes too long or fails."""
        if not self.data.exists():
            self._initialise()
        deadline = time.monotonic() + START_TIMEOUT
        server: subprocess.Popen[bytes] | None = None
        while not self.answers(_SUPERUSER, "postgres"):
            if server is None:
                server = self._launched()
            elif server.poll() is not None:
                raise self._failure("did not start")
            if time.monotonic() > deadline:
                # It may be replaying a long log: left alone, it can be ready at the next attempt.
                raise self._failure(f"did not answer within {START_TIMEOUT:.0f} seconds")
            time.sleep(0.05)

    def create_roles_and_database(self) -> None:
        """All that needs the superuser; harmless to repeat, so an interrupted first start heals."""
        database, owner, app = sql.Identifier(_DATABASE), sql.Identifier(_OWNER), sql.Identifier(_APP)
        with self.connect(_SUPERUSER, "postgres") as connection:
            for role in (_OWNER, _APP):
                if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchall():
                    # a verifier, so that the password itself is in no log and no activity view
                    verifier = connection.pgconn.encrypt_password(
                        self.passwords[role].encode(), role.encode(), b"scram-sha-256"
                    )
                    create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                    connection.execute(create.format(sql.Identifier(role), sql.Literal(verifier.decode())))
            if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [_DATABASE]).fetchall():
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, app))
        with self.connect(_SUPERUSER) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        self.connect(_APP).close()

    def stop(self) -> None:
        """Stop the server, if it runs, and wait for its last process."""
        postmaster = self._postmaster()
        if postmaster is None:
            return
        os.kill(postmaster, signal.SIGINT)  # what pg_ctl calls a fast stop
        deadline = time.monotonic() + _STOP_TIMEOUT
        while time.monotonic() < deadline:
            with _free(self.folder / "server.lock") as lock:
                if lock is not None:
                    break
            time.sleep(0.02)

    def _initialise(self) -> None:
        """Make `data` with initdb, which holds server.lock too: it outlives us if we are killed."""
        draft = self.folder / "data.new"  # renamed when complete: an interrupted initdb leaves no half a cluster
        with _locked(self.folder / "server.lock") as lock, self._password_file() as password, self._open_log() as log:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(mode=0o700)
            self.place.account.own(draft)
            options = [f"--username={_SUPERUSER}", f"--pwfile={password}", "--auth=scram-sha-256"]
            options += ["--encoding=UTF8", "--locale=C.UTF-8"]
            command: list[str | Path] = [self.place.programs / "initdb", "-D", draft, *options]
            if self.place.account.run(command, log, keep=[lock]) != 0:
                raise self._failure("could not be created")
            draft.rename(self.data)

    @contextmanager
    def _password_file(self) -> Iterator[Path]:
        """The superuser's password where initdb can read it, for as long as initdb runs."""
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as file:
            file.write(self.passwords[_SUPERUSER])
            file.flush()
            self.place.account.own(Path(file.name))
            yield Path(file.name)

    def _launched(self) -> "subprocess.Popen[bytes] | None":
        """Start the server; None while processes of an earlier one live on.

        `postgres` is started directly: pg_ctl puts its options and paths through a shell, and says less of a failure.
        """
        with _free(self.folder / "server.lock") as lock:
            if lock is None:
                if not self.socket.exists():
                    self.stop()  # somebody cleaned /tmp: nobody can reach that server any more
                return None
            if self._postmaster() is None:
                # Left by a killed server; PostgreSQL would believe them if the process id in them is in use again.
                for leftover in (self.data / "postmaster.pid", self.socket.with_name(f"{self.socket.name}.lock")):
                    leftover.unlink(missing_ok=True)
            settings = _SETTINGS | {"unix_socket_directories": str(self.sockets)}
            options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
            with self._open_log() as log:
                command: list[str | Path] = [self.place.programs / "postgres", "-D", self.data, *options]
                server = self.place.account.spawn(command, log, keep=[lock])
        if self.folder in _children:
            _children[self.folder].poll()
        _children[self.folder] = server
        return server

    def _postmaster(self) -> int | None:
        """The process id in postmaster.pid if that process is at work in our data, else None: it is a stranger's."""
        try:
            recorded = (self.data / "postmaster.pid").read_text().split("\n", 1)[0]
        except FileNotFoundError:
            return None
        # asked as the server's user: root in a container may not look into another user's process
        ours = recorded.isdigit() and self.place.account.finds(f"/proc/{recorded}/cwd", "-ef", self.data)
        return int(recorded) if ours else None

    @contextmanager
    def _open_log(self) -> Iterator[int]:
        log = _open(self.log, os.O_WRONLY | os.O_APPEND)
        try:
            yield log
        finally:
            os.close(log)

    def _failure(self, what: str) -> Unavailable:
        lines = self.log.read_text(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "it is empty")
        return Unavailable(f"The PostgreSQL server in {self.folder} {what}: see {self.log}, which ends: {last}")


def _passwords(folder: Path) -> dict[str, str]:
    """Role -> password, made up at the first start. Raises Unavailable when they are lost."""
    path = folder / "passwords.json"
    if not path.exists():
        if (folder / "data").exists():
            raise Unavailable(f"{path} is missing, without it the data in {folder} cannot be opened: restore it")
        _write(path, json.dumps({role: secrets.token_hex(32) for role in (_SUPERUSER, _OWNER, _APP)}))
    passwords: dict[str, str] = json.loads(path.read_text())
    return passwords


def _socket_folder(place: Place) -> Path:
    """A folder only the server's user can enter, its path short enough for a socket (107 bytes) wherever `home` is."""
    record = place.folder / "sockets"
    if record.exists():
        sockets = Path(record.read_text())
        with suppress(FileNotFoundError):
            status = sockets.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == place.account.uid and status.st_mode & 0o777 == 0o700:
                return sockets
    sockets = Path(tempfile.mkdtemp(prefix="retrace-", dir="/tmp"))  # not TMPDIR, which may be long
    place.account.own(sockets)
    _write(record, str(sockets))
    return sockets


def _use(cluster: _Cluster) -> None:
    """Keep the server running until this process ends."""
    if cluster.folder not in _uses:
        lock = _open(cluster.folder / "users.lock", os.O_RDWR)
        fcntl.flock(lock, fcntl.LOCK_SH)
        _uses[cluster.folder] = lock
        atexit.register(_leave, cluster)


def _leave(cluster: _Cluster) -> None:
    """Stop the server unless another process uses it."""
    with suppress(FileNotFoundError), _locked(cluster.folder / "start.lock"):
        os.close(_uses.pop(cluster.folder))
        # opened anew: in a forked child our descriptor is also our parent's, whose lock it would convert
        with _free(cluster.folder / "users.lock") as lock:
            if lock is not None:
                cluster.stop()
                with suppress(OSError):  # the next start makes another one
                    Path((cluster.folder / "sockets").read_text()).rmdir()
    started = _children.pop(cluster.folder, None)
    if started is not None and started.poll() is None:
        started.returncode = 0  # it works on for others, on purpose: Popen need not warn of it


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The open, locked file, as soon as nobody else has it locked."""
    lock = _open(path, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


@contextmanager
def _free(path: Path) -> Iterator[int | None]:
    """The open, locked file, or None when somebody else has it locked."""
    lock = _open(path, os.O_RDWR)
    try:
        yield lock if _lock_at_once(lock) else None
    finally:
        os.close(lock)


def _lock_at_once(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path, flags: int) -> int:
    """Open a file of ours, created private; it belongs to whom the folder belongs to."""
    opened = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    os.fchown(opened, path.parent.stat().st_uid, -1)
    return opened


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.new")
    with open(_open(draft, os.O_WRONLY | os.O_TRUNC), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)

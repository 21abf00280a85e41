"""The archive: a zip of the dump, the models' files, and a manifest with the hash of each."""

import json
import os
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from service.errors import Conflict, RetraceError

DUMP, MODELS = "dump", "mlflow"
_MANIFEST = "manifest.json"
_FORMAT = 1
_PIECE = 2**20


def write(folder: Path, told: Mapping[str, Any], file: Path) -> None:
    """Pack the files of `folder` and what is told of them; only a complete archive gets its name.

    Raises `Conflict` when somebody else took the name meanwhile.
    """
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    manifest = {"format": _FORMAT, **told, "sha256": {name: _hash(folder / name) for name in names}}
    draft = folder / "archive.new"
    with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as opened:  # noqa: PTH123
        with ZipFile(opened, "w") as packed:
            packed.writestr(_MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1), ZIP_DEFLATED)
            for name in names:
                # PostgreSQL has compressed its dump already
                packed.write(folder / name, name, ZIP_STORED if name == DUMP else ZIP_DEFLATED)
        opened.flush()
        os.fsync(opened.fileno())
    try:
        os.link(draft, file)  # unlike a rename, never over another file
    except FileExistsError as error:
        raise Conflict(f"{file} exists already and is not overwritten; choose another name.") from error
    except OSError:  # a file system without links, as on many a stick or share
        draft.rename(file)


def read(file: Path, folder: Path) -> dict[str, Any]:
    """Unpack the archive into `folder` and return its manifest.

    Raises `RetraceError` when it is no backup, or any file in it is not what was written.
    """
    try:
        with ZipFile(file) as packed:
            manifest: dict[str, Any] = json.loads(packed.read(_MANIFEST))
            _check_format(file, manifest)
            hashes: dict[str, str] = manifest["sha256"]
            _check_names(file, packed.namelist(), hashes)
            for name, expected in hashes.items():
                if _unpacked(packed, packed.getinfo(name), folder / name) != expected:
                    raise RetraceError(f"{file} is damaged: {name} is not what was written; take another backup.")
    except FileNotFoundError as error:
        raise RetraceError(f"There is no file {file}.") from error
    except (BadZipFile, EOFError, KeyError, TypeError, ValueError) as error:
        raise RetraceError(f"{file} is damaged or no backup of Retrace; take another one.") from error
    return manifest


def _check_format(file: Path, manifest: Mapping[str, Any]) -> None:
    if manifest["format"] != _FORMAT:
        raise RetraceError(f"{file} is of a newer Retrace; install that version, then restore.")
    if not {"revision", "created_at", "home", "audit"} <= manifest.keys():
        raise KeyError(_MANIFEST)


def _check_names(file: Path, found: list[str], hashes: Mapping[str, str]) -> None:
    """Only what the manifest names, and nothing that would leave the folder."""
    for name in hashes:
        parts = PurePosixPath(name).parts
        if ".." in parts or not (name == DUMP or parts[0] == MODELS):
            raise RetraceError(f"{file} is no backup of Retrace: it holds {name}; take another one.")
    if sorted(found) != sorted([_MANIFEST, *hashes]) or DUMP not in hashes:
        raise RetraceError(f"{file} is damaged: it lacks files or holds others than it names; take another backup.")


def _unpacked(packed: ZipFile, member: ZipInfo, target: Path) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(member) as source, target.open("xb") as written:
        shutil.copyfileobj(source, written, _PIECE)
    return _hash(target)


def _hash(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as opened:
        while piece := opened.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()

"""Small folders, written and loaded."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.exchange.exporting import export_folder
from service.exchange.importing import Report, import_folder
from service.exchange.layout import FOLDER

#: a site small enough to read, with every kind of reference
SITE = {
    "departments.csv": "code,name,function\nD1,一车间,operations\n",
    "employees.csv": "code,name\n007,李雷\n008,韩梅梅\n",
    "processes.csv": "code,name,department_code\nP1,灌装,D1\n",
    "courses.csv": "code,title\nC1,灌装基础\n",
}

Write = Callable[..., Path]
Load = Callable[..., Report]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files of the given names and contents into a new folder."""

    def write(files: dict[str, str | bytes], name: str = "folder") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for file, content in files.items():
            (folder / file).write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return write


@pytest.fixture
def load(session: Session) -> Load:
    """Import a folder into the test's transaction."""

    def load(folder: Path, **options: object) -> Report:
        return import_folder(session, folder, progress=lambda _: None, **options)

    return load


@pytest.fixture
def unload(session: Session, tmp_path: Path) -> Callable[[str], dict[str, bytes]]:
    """Export into a new folder; its files and their contents."""

    def unload(name: str) -> dict[str, bytes]:
        export_folder(session, tmp_path / name, progress=lambda _: None)
        return {file.name: file.read_bytes() for file in sorted((tmp_path / name).iterdir())}

    return unload


@pytest.fixture
def count(session: Session) -> Callable[[], int]:
    """How many rows all folder tables hold together."""
    return lambda: sum(session.scalar(select(func.count()).select_from(table.table)) or 0 for table in FOLDER.values())


@pytest.fixture
def site() -> dict[str, str]:
    return dict(SITE)

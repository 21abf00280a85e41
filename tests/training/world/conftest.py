from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from service.exchange.importing import import_folder
from tests.service.database import Database, migrated
from training.world import World, WorldSpec, simulate, write

SMALL = WorldSpec(staff=60, months=8, seed=3)


@pytest.fixture(scope="session")
def world() -> World:
    return simulate(SMALL)


@pytest.fixture(scope="session")
def written(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "import"
    write(world, folder)
    return folder


@pytest.fixture(scope="session")
def folder(written: Path) -> dict[str, pd.DataFrame]:
    """The import folder as an importer reads it: all text, blanks as empty strings."""
    return {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(written.glob("*.csv"))}


@pytest.fixture(scope="session")
def work(world: World) -> pd.DataFrame:
    """The truth of each work record beside what its inspections said."""
    return world.truth["work"]


@pytest.fixture(scope="session")
def moments() -> Callable[[pd.Series], pd.Series]:
    """Times as instants; a bare date is that day's start in the site's zone; blanks stay out."""

    def parse(column: pd.Series) -> pd.Series:
        filled = column[column != ""]
        full = filled.where(filled.str.contains("T"), filled + "T00:00:00+08:00")
        assert full.str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00").all()
        return pd.to_datetime(full, utc=True)

    return parse


@pytest.fixture(scope="session")
def plant() -> World:
    """A plant that lasts long enough to learn from and to trace, drawn before anything was looked at."""
    return simulate(WorldSpec(staff=200, months=14, seed=7))


@pytest.fixture(scope="session")
def plant_records(plant: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The plant's folder, imported."""
    folder = tmp_path_factory.mktemp("plant")
    write(plant, folder)
    with migrated("plant") as database:
        with Session(database.app) as session, session.begin():
            import_folder(session, folder, progress=lambda line: None)
        with database.owner.begin() as connection:
            connection.execute(text("ANALYZE"))
        yield database

from pathlib import Path

import pandas as pd
import pytest

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

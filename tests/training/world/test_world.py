"""The surface of the world: its spec, its determinism, and the truth kept apart."""

from datetime import date
from pathlib import Path

import pytest

from training.world import World, WorldSpec, simulate, write

TINY = WorldSpec(staff=45, months=3, seed=5)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.csv"))}


def test_same_seed_same_bytes_and_another_seed_another_world(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write(simulate(WorldSpec(staff=TINY.staff, months=TINY.months, seed=seed)), tmp_path / name / "import")
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")
    assert bytes_of(tmp_path / "a") != bytes_of(tmp_path / "c")


def test_the_period_ends_on_the_given_day() -> None:
    spec = WorldSpec(months=18, until=date(2026, 8, 31))
    assert spec.start == date(2025, 2, 28)
    assert spec.days == (spec.until - spec.start).days


def test_a_world_too_small_or_of_an_unknown_sector_is_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        WorldSpec(staff=5)
    with pytest.raises(ValueError, match="there is: factory"):
        simulate(WorldSpec(sector="casino"))


def test_the_truth_is_apart(world: World, written: Path) -> None:
    assert not set(world.tables) & {"work", "mastery", "inspectors"}
    hidden = {"chance", "failed", "cause", "driver", "mastery", "fatigue", "badness", "truly_failed", "propensity",
              "benefit", "standing", "qualified", "skill", "chosen_by"}
    assert not hidden & {column for table in world.tables.values() for column in table}
    assert {path.stem for path in (written.parent / "truth").glob("*.csv")} == set(world.truth)


def test_the_truth_is_refused_inside_the_import_folder(world: World, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"):
        write(world, tmp_path, tmp_path / "truth")


def test_truth_speaks_of_codes_in_the_folder(world: World) -> None:
    pairs = (
        ("work", "work_code", "work_records"), ("inspections", "inspection_code", "inspections"),
        ("difficulty_topics", "report_code", "difficulty_reports"),
    )
    for name, column, table in pairs:
        assert set(world.truth[name][column]) == set(world.tables[table]["code"])
    assert world.tables["employees"]["name"].nunique() > 40

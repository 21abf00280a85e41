"""The way in: a spec becomes a world, and a world becomes two folders."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from training.world.engine import Lived, live
from training.world.factory import FACTORY
from training.world.reporting import difficulty_tables, issue_tables, survey_table
from training.world.sector import Sector
from training.world.spec import World, WorldSpec
from training.world.tables_people import people_tables
from training.world.tables_quality import findings_table, inspection_table, name_inspections
from training.world.tables_rules import rules_tables
from training.world.tables_work import batch_tables, name_rows, training_table, work_tables
from training.world.truth import truth_tables, work_causes

SECTORS: Mapping[str, Sector] = {FACTORY.name: FACTORY}


def simulate(spec: WorldSpec) -> World:
    """Simulate a site. Raises `ValueError` for a sector nobody has described yet."""
    if spec.sector not in SECTORS:
        raise ValueError(f"no simulated sector {spec.sector!r}; there is: {', '.join(sorted(SECTORS))}")
    return _written_down(spec, live(SECTORS[spec.sector], spec))


def _written_down(spec: WorldSpec, lived: Lived) -> World:
    site, rng = lived.site, np.random.default_rng([spec.seed, 100])
    named = name_rows(lived)
    inspected = name_inspections(lived, named, rng)
    causes = work_causes(site)
    difficulties, topics = difficulty_tables(site, spec.staff, rng)
    issues, issue_truth = issue_tables(lived, named, causes, rng)
    tables = {
        **people_tables(site, rng),
        **rules_tables(site),
        "difficulty_reports": difficulties,
        "training_records": training_table(site, rng),
        **batch_tables(lived, named, rng),
        **work_tables(site, named, rng),
        "inspections": inspection_table(lived, named, inspected, rng),
        "findings": findings_table(lived, named, inspected, rng),
        "issues": issues,
        "surveys": survey_table(site, rng),
    }
    truth = truth_tables(lived, named, inspected, causes)
    return World(spec, tables, {**truth, "difficulty_topics": topics, "issues": issue_truth})


def write(world: World, folder: Path, truth: Path | None = None) -> None:
    """Write the import folder, and the truth beside it (`truth`, by default a sibling of that name).

    Raises `ValueError` if the truth would land inside the import folder.
    """
    truth = truth or folder.parent / "truth"
    if truth.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"the truth must not be inside the import folder: {truth}")
    for target, tables in ((folder, world.tables), (truth, world.truth)):
        target.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            table.to_csv(target / f"{name}.csv", index=False, lineterminator="\n")

"""What no site would know, for judging models and policies. Written apart from the folder; nothing imports it."""

import numpy as np
import pandas as pd

from training.world.arrays import Texts
from training.world.chances import DRIVERS, causes
from training.world.engine import Lived
from training.world.frames import looked_up
from training.world.inspection_log import CHOSEN
from training.world.qualifying import QUALIFIED, reason_names
from training.world.site import Site
from training.world.tables_quality import Inspected, inspector_codes
from training.world.tables_work import Named


def work_causes(site: Site) -> Texts:
    """The dominant cause of every work record, meaningful where it failed."""
    rows = site.log.columns("work")
    return causes(
        rows["driver"], rows["standing"], rows["stale"], rows["own_post"], site.covered[rows["process"]],
        rows["missed_upstream"],
    )


def truth_tables(lived: Lived, named: Named, inspected: Inspected, causes_of: Texts) -> dict[str, pd.DataFrame]:
    """The truth about work, people, inspectors, inspections, lots and changes, by the codes of the folder."""
    site = lived.site
    work = _work(site, named, causes_of)
    inspections = _inspections(lived, named, inspected)
    missed = inspections["truly_failed"] & (inspections["result"] == "pass") & (inspections["performed"])
    unqualified = (work["standing"] != "qualified") & ~work["supervised"]
    return {
        "work": work,
        "unqualified_work": work.loc[unqualified, ["work_code", "employee_code", "process_code", "standing"]],
        "mastery": _mastery(site),
        "inspections": inspections,
        "missed_failures": inspections.loc[missed, ["inspection_code", "inspector_code", "work_code"]],
        "inspectors": pd.DataFrame({
            "inspector_code": inspector_codes(site), "severity": lived.inspectors.severity.round(4),
        })[np.append(lived.inspectors.on_duty.any(axis=1), [True] * len(lived.inspectors.outside))],
        "lots": pd.DataFrame({"batch_code": lived.lots.codes, "badness": lived.lots.badness.round(4)}),
        "changes": _changes(site),
    }


def _work(site: Site, named: Named, causes_of: Texts) -> pd.DataFrame:
    rows = site.log.columns("work")
    drivers = np.array([*DRIVERS, "none"], dtype=object)
    processes = np.array([item.code for item in site.sector.processes], dtype=object)
    table = pd.DataFrame({
        "work_code": named.work,
        "employee_code": site.roll.codes[rows["person"]],
        "process_code": processes[rows["process"]],
        "chance": rows["chance"].round(5),
        "failed": rows["failed"],
        "cause": np.where(rows["failed"], causes_of, ""),
        "driver": drivers[rows["driver"]],
        "mastery": rows["mastery"].round(4),
        "fatigue": rows["fatigue"].round(3),
        "nights": rows["nights"],
        "input_burden": rows["burden"].round(3),
        "standing": reason_names(rows["standing"]),
        "qualified": rows["standing"] == QUALIFIED,
        "supervised": rows["supervisor"] >= 0,
    })
    return table[named.work_known].sort_values("work_code", ignore_index=True)


def _mastery(site: Site) -> pd.DataFrame:
    rows = site.log.columns("snapshot")
    processes = np.array([item.code for item in site.sector.processes], dtype=object)
    return pd.DataFrame({
        "as_of": site.calendar.day(rows["day"]),
        "employee_code": site.roll.codes[rows["person"]],
        "process_code": processes[rows["process"]],
        "mastery": rows["mastery"].round(4),
        "skill": rows["skill"].round(4),
        "voided": rows["gap"].round(4),
        "chance_next_60_days": rows["chance"].round(5),
        "chance_if_trained": rows["chance_if_trained"].round(5),
        "benefit": (rows["chance"] - rows["chance_if_trained"]).round(5),
    })


def _inspections(lived: Lived, named: Named, inspected: Inspected) -> pd.DataFrame:
    """Every ordered inspection: for those without a result, `result` is the one it would have had."""
    rows = lived.site.log.columns("inspection")
    table = pd.DataFrame({
        "inspection_code": inspected.code,
        "work_code": looked_up(named.work, rows["work"]),
        "inspector_code": inspector_codes(lived.site)[rows["inspector"]],
        "truly_failed": rows["truly"],
        "result": np.where(rows["found"] | inspected.overturned, "fail", "pass"),
        "performed": inspected.resulted,
        "skipped": rows["skipped"],
        "chosen_by": np.array(CHOSEN, dtype=object)[rows["chosen"]],
        "propensity": rows["propensity"].round(4),
    })
    return table[inspected.ordered].sort_values("inspection_code", ignore_index=True)


def _changes(site: Site) -> pd.DataFrame:
    changes = site.changes.standards
    return pd.DataFrame({
        "process_code": [site.sector.processes[change.process].code for change in changes],
        "standard_code": [site.sector.processes[change.process].standard for change in changes],
        "version": [change.version for change in changes],
        "effective_on": site.calendar.day(np.array([change.day for change in changes], np.int64)),
        "voided": [round(change.voided, 4) for change in changes],
        "process_lag_days": ["" if change.process_lag is None else str(change.process_lag) for change in changes],
        "teaching_lag_days": [change.teaching_lag for change in changes],
    })

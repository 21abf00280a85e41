"""Inspections, as orders and then as results, and their findings, in the folder format."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.world.arrays import Flags, Ints, Texts
from training.world.calendar import NEVER, later
from training.world.engine import Lived
from training.world.frames import blank_unless, frame, looked_up, numbered, revisions
from training.world.inspection_log import AUDIT, KINDS, ROUTINE
from training.world.site import Site
from training.world.tables_work import Named

_SECOND_LOOK = "复检不合格 failed on a second look"


@dataclass(frozen=True)
class Inspected:
    """The inspections the site knows of: code, whether ordered, whether the result is in, and what it is by then.

    `overturned` passes were corrected to fails on a second look.
    """

    code: Texts
    ordered: Flags
    resulted: Flags
    overturned: Flags
    fixed_at: Ints

    def failed(self, found: Flags) -> Flags:
        """Those with a failed result in the latest revision."""
        return np.asarray(self.resulted & (found | self.overturned), bool)


def name_inspections(lived: Lived, named: Named, rng: np.random.Generator) -> Inspected:
    """Decide what of the inspections is in the folder: subjects known, orders placed before the end."""
    site, rows = lived.site, lived.site.log.columns("inspection")
    end, size = site.calendar.end, len(rows["kind"])
    has_subject = np.where(rows["work"] >= 0, named.work_known[rows["work"]], True)
    has_subject &= np.where(rows["batch"] >= 0, named.batches_used[rows["batch"]], True)
    ordered = has_subject & (rows["ordered"] < end)
    done = ordered & ~rows["skipped"] & (rows["performed"] < end) & (rows["known"] < end)
    fixed_at = rows["known"] + later(rng, size, 90.0)
    missed = done & rows["truly"] & ~rows["found"] & (fixed_at < end) & (rows["sample_size"] < 0)
    return Inspected(
        numbered("QI-", rows["ordered"], 6), ordered, done, missed & (rng.random(size) < 0.05), fixed_at,
    )


def inspection_table(lived: Lived, named: Named, inspected: Inspected, rng: np.random.Generator) -> pd.DataFrame:
    """Every inspection as its order, its completion, and its correction where there is one."""
    rows = lived.site.log.columns("inspection")
    score = _scores(rows, rng)
    corrected = inspected.overturned
    parts = [
        _rows(lived, named, inspected, inspected.ordered, None, rows["ordered"], score, ""),
        _rows(lived, named, inspected, inspected.resulted, rows["found"], rows["known"], score, ""),
        _rows(lived, named, inspected, corrected, corrected, inspected.fixed_at, score, _SECOND_LOOK),
    ]
    return revisions(parts)


def _rows(
    lived: Lived, named: Named, inspected: Inspected, kept: Flags, found: Flags | None, known: Ints, score: Texts,
    reason: str,
) -> tuple[pd.DataFrame, Ints]:
    site, at = lived.site, np.flatnonzero(kept)
    rows = {name: values[at] for name, values in site.log.columns("inspection").items()}
    done = np.full(len(at), found is not None)
    result = np.full(len(at), "", dtype=object) if found is None else np.where(found[at], "fail", "pass")
    sampled = done & (rows["sample_size"] >= 0)
    processes = np.array([item.code for item in site.sector.processes], dtype=object)
    departments = np.array([item.code for item in site.sector.departments], dtype=object)
    batch = looked_up(lived.lots.codes, rows["lot"]) + looked_up(site.batches.codes, rows["batch"])
    of_batch = np.where(rows["batch"] >= 0, site.batches.process[rows["batch"]], rows["process"])
    table = frame({
        "code": inspected.code[at],
        "kind": np.array(KINDS, dtype=object)[rows["kind"]],
        "batch_code": batch,
        "work_code": looked_up(named.work, rows["work"]),
        "employee_code": looked_up(site.roll.codes, rows["person"]),
        "process_code": looked_up(processes, of_batch),
        "department_code": looked_up(departments, rows["unit"]),
        "inspector_code": blank_unless(done | rows["named"], inspector_codes(site)[rows["inspector"]]),
        "due_at": site.calendar.stamp(rows["due"]),
        "performed_at": site.calendar.stamp(np.where(done, rows["performed"], NEVER)),
        "known_at": site.calendar.stamp(known[at]),
        "result": result,
        "sample_size": blank_unless(sampled, rows["sample_size"]),
        "nonconforming": blank_unless(sampled, rows["nonconforming"]),
        "score": np.where(done, score[at], ""),
        "attr_humidity": rows["humidity"].round(1),
        "reason": np.full(len(at), reason, dtype=object),
    })
    return table, known[at]


def inspector_codes(site: Site) -> Texts:
    """The code of every inspector: the staff first, then those from outside."""
    return np.concatenate([site.roll.codes, np.array(site.sector.outside_inspectors, dtype=object)])


def _scores(rows: dict[str, Ints], rng: np.random.Generator) -> Texts:
    size = len(rows["kind"])
    points = np.where(rows["found"], rng.normal(71, 6, size), rng.normal(91, 4, size))
    unit = np.isin(rows["kind"], (AUDIT, ROUTINE))
    return blank_unless(unit, np.clip(points, 30, 100).round().astype(np.int64))


def findings_table(lived: Lived, named: Named, inspected: Inspected, rng: np.random.Generator) -> pd.DataFrame:
    """One to three findings for every failed inspection, on clauses of the standard it is held against."""
    site, rows = lived.site, lived.site.log.columns("inspection")
    failed = np.flatnonzero(inspected.failed(rows["found"]))
    at = np.repeat(failed, 1 + rng.binomial(2, 0.2, len(failed)))
    work = site.log.column("work", "process")
    process = np.where(rows["work"] >= 0, work[rows["work"]], rows["process"])[at]
    process = np.where(rows["batch"][at] >= 0, site.batches.process[rows["batch"][at]], process)
    clauses, texts = _clause_table(site)
    column = rng.integers(0, 2, len(at)) + (np.arange(len(at)) % 2)
    count = np.where(rows["nonconforming"][at] > 0, rows["nonconforming"][at], rng.integers(1, 4, len(at)))
    severity = rng.choice(np.array(["minor", "major", "critical"], dtype=object), len(at), p=[0.6, 0.34, 0.06])
    table = frame({
        "inspection_code": inspected.code[at],
        "clause": clauses[process, column],
        "severity": severity,
        "count": count,
        "text": texts[process, column],
    })
    return table.drop_duplicates(["inspection_code", "clause"]).sort_values(
        ["inspection_code", "clause"], kind="stable", ignore_index=True
    )


def _clause_table(site: Site) -> tuple[Texts, Texts]:
    """Clause numbers and texts by process, and in the last row those of the common standard."""
    common = [(clause, text) for clause, text in site.sector.courses[0].clauses]
    rows = [[(snag.clause, snag.zh) for snag in item.snags] for item in site.sector.processes] + [common]
    clauses = np.array([[clause for clause, _ in row[:3]] for row in rows], dtype=object)
    texts = np.array([[text for _, text in row[:3]] for row in rows], dtype=object)
    return clauses, texts

"""Training records, batches, genealogy, work records and who took part, in the folder format."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.world.arrays import Flags, Ints, Texts
from training.world.calendar import DAY, NEVER, later
from training.world.engine import Lived
from training.world.frames import blank_unless, frame, looked_up, numbered, revisions
from training.world.site import Site
from training.world.tables_people import post_codes
from training.world.teaching import ABSENT, OPEN, PASSED
from training.world.work import SELF_MISSING, SELF_PASS

_RESULTS = np.array(["passed", "failed", "absent", "open"], dtype=object)
_CHECKS = np.array(["pass", "fail", "missing"], dtype=object)


@dataclass(frozen=True)
class Named:
    """The codes of what the log counts; `work_known` marks work records known before the period ended."""

    work: Texts
    work_known: Flags
    batches_used: Flags


def name_rows(lived: Lived) -> Named:
    """Give codes, and see which work and batches the site knows of."""
    site = lived.site
    work = site.log.columns("work")
    known = work["known"] < site.calendar.end
    used = np.zeros(len(site.batches.codes), bool)
    used[work["batch"][(work["batch"] >= 0) & known]] = True
    return Named(numbered("W", work["started"], 7), known, used)


def training_table(site: Site, rng: np.random.Generator) -> pd.DataFrame:
    """Training records: an open row when assigned, a completion when held, corrected scores for a few."""
    rows, end = site.log.columns("teaching"), site.calendar.end
    code, size = numbered("T", rows["assigned"], 6), len(rows["person"])
    final = (rows["result"] != OPEN) & (rows["known"] < end)
    assigned_known = rows["assigned"] + 30
    opened = (~final | (rng.random(size) < 0.7)) & (assigned_known < end) & (assigned_known < rows["known"])
    scored = final & np.isin(rows["result"], (PASSED, PASSED + 1))
    wrong = scored & (rng.random(size) < 0.008) & (rows["known"] + 9 * DAY < end)
    entered = np.where(wrong, np.maximum(rows["score"] - 10, 0), rows["score"])
    fixed_at = rows["known"] + later(rng, size, 48.0)
    wrong &= fixed_at < end
    entered = np.where(wrong, entered, rows["score"])
    parts = [
        _training_rows(site, rows, code, opened, None, assigned_known, ""),
        _training_rows(site, rows, code, final, entered, rows["known"], ""),
        _training_rows(site, rows, code, wrong, rows["score"], fixed_at, "成绩录入错误 score mistyped"),
    ]
    return revisions(parts)


def _training_rows(
    site: Site, rows: dict[str, Ints], code: Texts, kept: Flags, score: Ints | None, known: Ints, reason: str
) -> tuple[pd.DataFrame, Ints]:
    held = np.full(len(code), score is not None)
    done = held & (rows["result"] != ABSENT)
    catalogue = site.teaching.catalogue
    taught = catalogue.taught[rows["course"], np.clip(rows["assigned"] // DAY, 0, site.calendar.days - 1)]
    sure = (catalogue.standard[rows["course"]] >= 0) & (held | (taught == rows["version"]))
    values = rows["score"] if score is None else score
    table = frame({
        "code": code,
        "employee_code": site.roll.codes[rows["person"]],
        "course_code": catalogue.codes[rows["course"]],
        "standard_version": blank_unless(sure, rows["version"]),
        "assigned_at": site.calendar.stamp(rows["assigned"]),
        "completed_at": site.calendar.stamp(np.where(done, rows["done"], NEVER)),
        "known_at": site.calendar.stamp(known),
        "result": np.where(held, _RESULTS[rows["result"]], "open"),
        "score": blank_unless(done, values),
        "trainer_code": blank_unless(done, site.roll.codes[rows["trainer"]]),
        "minutes": blank_unless(done, rows["minutes"]),
        "reason": np.full(len(code), reason, dtype=object),
    })
    return table[kept], known[kept]


def batch_tables(lived: Lived, named: Named, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Batches (started, then finished) and what went into them."""
    site, lots, batches = lived.site, lived.lots, lived.site.batches
    begun, finish = batches.begins * DAY + 400, batches.finish_minutes()
    known = finish + later(rng, len(finish), 2.0)
    processes = np.array([item.code for item in site.sector.processes], dtype=object)
    common = {"code": batches.codes, "product": batches.products, "process_code": processes[batches.process]}
    size = len(batches.codes)

    def made(kept: Flags, finished: Ints, known_at: Ints, quantity: Texts) -> tuple[pd.DataFrame, Ints]:
        table = frame({
            **common, "quantity": quantity, "started_at": site.calendar.stamp(begun),
            "finished_at": site.calendar.stamp(finished), "known_at": site.calendar.stamp(known_at),
        })
        return table[kept], known_at[kept]

    closed = named.batches_used & (known < site.calendar.end)
    raw = frame({
        "code": lots.codes, "product": lots.names, "process_code": [""] * len(lots.codes), "quantity": lots.quantity,
        "started_at": site.calendar.stamp(lots.day * DAY + 540),
        "finished_at": [""] * len(lots.codes), "known_at": site.calendar.stamp(lots.day * DAY + 555),
    })
    parts = [
        (raw, lots.day * DAY + 555),
        made(named.batches_used, np.full(size, NEVER), begun + 20, np.full(size, "", dtype=object)),
        made(closed, finish, known, batches.quantity.astype(str).astype(object)),
    ]
    return {"batches": revisions(parts), "batch_inputs": _inputs(lived, named, rng)}


def _inputs(lived: Lived, named: Named, rng: np.random.Generator) -> pd.DataFrame:
    batches, lots = lived.site.batches, lived.lots
    links = np.unique(batches.inputs, axis=0)
    links = links[named.batches_used[links[:, 0]] & named.batches_used[links[:, 1]]]
    raw = np.unique(batches.raw_inputs, axis=0)
    raw = raw[named.batches_used[raw[:, 0]]]
    return frame({
        "batch_code": np.concatenate([batches.codes[links[:, 0]], batches.codes[raw[:, 0]]]),
        "input_code": np.concatenate([batches.codes[links[:, 1]], lots.codes[raw[:, 1]]]),
        "quantity": rng.integers(1, 40, len(links) + len(raw)) * 25,
    })


def work_tables(site: Site, named: Named, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Work records (a few first seen unfinished, a few corrected) and the others who took part."""
    rows, size, end = site.log.columns("work"), len(named.work), site.calendar.end
    begun = np.minimum(rows["started"] + 3, rows["known"] - 1)
    early = (rng.random(size) < 0.03) & (begun >= rows["started"]) & (begun < end)
    late_check = named.work_known & (rows["self_check"] == SELF_MISSING) & (rng.random(size) < 0.06)
    fixed_at = rows["known"] + later(rng, size, 72.0)
    late_check &= fixed_at < end
    found = np.where(late_check, SELF_PASS, rows["self_check"])
    parts = [
        _work_rows(site, rows, named, early & named.work_known, None, begun, ""),
        _work_rows(site, rows, named, named.work_known, rows["self_check"], rows["known"], ""),
        _work_rows(site, rows, named, late_check, found, fixed_at, "补交纸质自检单 paper self-check handed in"),
    ]
    return {"work_records": revisions(parts), "work_participants": _participants(site, rows, named, rng)}


def _work_rows(
    site: Site, rows: dict[str, Ints], named: Named, kept: Flags, check: Ints | None, known: Ints, reason: str
) -> tuple[pd.DataFrame, Ints]:
    at = np.flatnonzero(kept)
    finished = np.full(len(at), NEVER) if check is None else rows["finished"][at]
    processes = np.array([item.code for item in site.sector.processes], dtype=object)
    table = frame({
        "code": named.work[at],
        "batch_code": looked_up(site.batches.codes, rows["batch"][at]),
        "process_code": processes[rows["process"][at]],
        "process_version": rows["edition"][at],
        "post_code": post_codes(site)[rows["post"][at]],
        "employee_code": site.roll.codes[rows["person"][at]],
        "started_at": site.calendar.stamp(rows["started"][at]),
        "finished_at": site.calendar.stamp(finished),
        "known_at": site.calendar.stamp(known[at]),
        "self_check": _CHECKS[(rows["self_check"] if check is None else check)[at]],
        "supervised_by": looked_up(site.roll.codes, rows["supervisor"][at]),
        "reason": np.full(len(at), reason, dtype=object),
    })
    return table, known[at]


def _participants(site: Site, rows: dict[str, Ints], named: Named, rng: np.random.Generator) -> pd.DataFrame:
    taken = np.flatnonzero(named.work_known & (rng.random(len(named.work)) < 0.03))
    kept, others = [], []
    for row in taken:
        day = min(max(rows["started"][row] // DAY, 0), site.calendar.days - 1)
        same = (site.roll.post_on[:, day] == rows["post"][row]) & (site.roster.shift[:, day] > 0)
        same[rows["person"][row]] = False
        pool = np.flatnonzero(same)
        if len(pool):
            kept.append(row)
            others.append(rng.choice(pool))
    roles = rng.choice(np.array(["assistant", "checker"], dtype=object), len(kept))
    at, who = np.array(kept, np.int64), np.array(others, np.int64)
    return frame({"work_code": named.work[at], "employee_code": site.roll.codes[who], "role": roles})

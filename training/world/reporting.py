"""What people report: difficulties where work is hard or has just changed, issues that got through, survey answers."""

import numpy as np
import pandas as pd

from training.world.arrays import Flags, Floats, Ints, Texts
from training.world.calendar import DAY, later
from training.world.engine import Lived
from training.world.frames import blank_unless, codes, frame, looked_up
from training.world.site import Site
from training.world.tables_people import post_departments
from training.world.tables_work import Named
from training.world.wording import Said, difficulty_text, issue_text
from training.world.work import SELF_FAIL

_REPORTS_PER_DAY = 0.0075
_UNRELATED, _NO_PROCESS, _ANONYMOUS, _BOTTLENECK = 0.06, 0.07, 0.25, 0.2
_ISSUE_KINDS = ("nonconformity", "deviation", "complaint", "near_miss", "audit_finding", "recall")
_ISSUE_SHARES = (0.36, 0.27, 0.24, 0.07, 0.05, 0.01)


def report_rates(site: Site, staff: int) -> Floats:
    """Expected reports by process and day: more where it is hard, about twice as many just after a change."""
    hard = np.array([process.difficulty for process in site.sector.processes])
    fresh = np.exp(-site.changes.fresh / 30)
    running = np.arange(site.calendar.days)[None, :] >= site.starts[:, None]
    open_days = (site.roster.shift > 0).sum(axis=0) > 0.2 * staff
    lately = np.exp(0.8 * (site.process_pressure - 0.7 * hard[:, None]))
    return np.asarray(
        _REPORTS_PER_DAY * staff / 15 * np.exp(1.4 * hard[:, None]) * (1 + 1.5 * fresh) * lately * running * open_days
    )


def difficulty_tables(site: Site, staff: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The reports, and the truth of each: what it is about (or nothing to do with the work), and how it is worded."""
    days, processes = np.nonzero(np.ones((site.calendar.days, len(site.sector.processes)), bool))
    counts = rng.poisson(report_rates(site, staff).T).ravel()
    day, process = np.repeat(days, counts), np.repeat(processes, counts)
    minute = day * DAY + rng.integers(0, DAY - 60, len(day))
    known = minute + later(rng, len(day), 5.0)
    seen = known < site.calendar.end
    day, process, minute, known = day[seen], process[seen], minute[seen], known[seen]
    size = len(day)
    unrelated = rng.random(size) < _UNRELATED
    bottleneck = (rng.random(size) < _BOTTLENECK) & ~unrelated
    snag = rng.choice(3, size, p=[0.5, 0.3, 0.2])
    names = np.array([item.code for item in site.sector.processes], dtype=object)
    departments = np.array([item.department for item in site.sector.processes], dtype=object)
    table = frame({
        "code": codes("D-", size, 5),
        "kind": np.where(bottleneck, "bottleneck", "difficulty"),
        "department_code": departments[process],
        "process_code": blank_unless(~unrelated & (rng.random(size) >= _NO_PROCESS), names[process]),
        "reported_by": blank_unless(rng.random(size) >= _ANONYMOUS, _authors(site, day, process, rng)),
        "occurred_at": site.calendar.stamp(minute),
        "known_at": site.calendar.stamp(known),
        "severity": _severity(site, process, day, rng),
    })
    said = _texts(site, process, snag, bottleneck, unrelated, rng)
    return table.assign(text=[one.text for one in said]), _topics(site, process, snag, unrelated, said)


def _severity(site: Site, process: Ints, day: Ints, rng: np.random.Generator) -> Ints:
    hard = site.process_pressure[process, day]
    return np.clip(np.round(2.6 + 1.0 * hard + rng.normal(0, 0.8, len(process))), 1, 5).astype(np.int64)


def _authors(site: Site, day: Ints, process: Ints, rng: np.random.Generator) -> Texts:
    """Somebody who does the process and was employed that day; anybody where there was nobody."""
    people = np.zeros(len(day), np.int64)
    for row, (on, what) in enumerate(zip(day, process, strict=True)):
        held = site.roll.post_on[:, on]
        able = np.flatnonzero((held >= 0) & (site.work_share[held, what] > 0))
        people[row] = rng.choice(able if len(able) else np.flatnonzero(held >= 0))
    return site.roll.codes[people]


def _texts(
    site: Site, process: Ints, snag: Ints, bottleneck: Flags, unrelated: Flags, rng: np.random.Generator
) -> list[Said]:
    texts, written = site.sector.texts, []
    for what, which, piles, other in zip(process, snag, bottleneck, unrelated, strict=True):
        if other:
            written.append(Said(texts.unrelated[int(rng.integers(len(texts.unrelated)))]))
            continue
        item = site.sector.processes[what]
        written.append(difficulty_text(texts, item, item.snags[which], bool(piles), rng))
    return written


def _topics(site: Site, process: Ints, snag: Ints, unrelated: Flags, said: list[Said]) -> pd.DataFrame:
    items = [site.sector.processes[what] for what in process]
    course = np.array([f"C-{item.code}" if item.covered else "" for item in items], dtype=object)
    return pd.DataFrame({
        "report_code": codes("D-", len(process), 5),
        "unrelated": unrelated,
        "process_code": np.where(unrelated, "", [item.code for item in items]),
        "standard_code": np.where(unrelated, "", [item.standard for item in items]),
        "clause": np.where(unrelated, "", [item.snags[at].clause for item, at in zip(items, snag, strict=True)]),
        "course_code": np.where(unrelated, "", course),
        "template": [one.template for one in said],
        "wording": [one.wording for one in said],
    })


def issue_tables(
    lived: Lived, named: Named, causes: Texts, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Issues that grow out of true failures no inspection caught, and the true cause of each."""
    site, work = lived.site, lived.site.log.columns("work")
    rows = _got_through(site, named, rng)
    kind = rng.choice(len(_ISSUE_KINDS), len(rows), p=_ISSUE_SHARES)
    slow = np.isin(kind, (2, 5))
    occurred = work["finished"][rows] + later(rng, len(rows), 6.0) + slow * later(rng, len(rows), 400.0)
    known = occurred + later(rng, len(rows), 10.0)
    seen = known < site.calendar.end
    rows, kind, occurred, known = rows[seen], kind[seen], occurred[seen], known[seen]
    snag = rng.integers(0, 3, len(rows))
    items = [site.sector.processes[at] for at in work["process"][rows]]
    names = [_ISSUE_KINDS[at] for at in kind]
    told = ~np.isin(kind, (2, 3, 5)) & (rng.random(len(rows)) < 0.6)
    table = frame({
        "code": codes("IS-", len(rows), 4),
        "kind": names,
        "batch_code": blank_unless(kind != 3, looked_up(site.batches.codes, work["batch"][rows])),
        "work_code": blank_unless(told, named.work[rows]),
        "process_code": [item.code for item in items],
        "department_code": [item.department for item in items],
        "occurred_at": site.calendar.stamp(occurred),
        "known_at": site.calendar.stamp(known),
        "severity": np.clip(rng.poisson(1.6, len(rows)) + 1 + 2 * (kind == 5), 1, 5),
        "text": [
            issue_text(site.sector.texts, name, item, item.snags[at], rng)
            for name, item, at in zip(names, items, snag, strict=True)
        ],
    })
    truth = pd.DataFrame({"issue_code": table["code"], "work_code": named.work[rows], "cause": causes[rows]})
    return table, truth


def _got_through(site: Site, named: Named, rng: np.random.Generator) -> Ints:
    """The true failures that surface later: those people doubted themselves more often."""
    work, inspections = site.log.columns("work"), site.log.columns("inspection")
    caught = inspections["work"][inspections["found"] & (inspections["work"] >= 0)]
    loose = work["failed"] & named.work_known
    loose[caught] = False
    surfaces = np.where(work["self_check"] == SELF_FAIL, 0.25, 0.05)
    return np.flatnonzero(loose & (rng.random(len(loose)) < surfaces))


def survey_table(site: Site, rng: np.random.Generator) -> pd.DataFrame:
    """Answers after courses (better where the course reaches the work), none with a name."""
    rows = site.log.columns("teaching")
    asked = np.flatnonzero((rows["result"] == 0) & (rows["done"] > 0) & (rng.random(len(rows["done"])) < 0.25))
    occurred = rows["done"][asked] + rng.integers(DAY // 4, 9 * DAY, len(asked))
    asked, occurred = asked[occurred < site.calendar.end], occurred[occurred < site.calendar.end]
    order = np.argsort(occurred, kind="stable")
    asked, occurred = asked[order], occurred[order]
    process = site.teaching.catalogue.process[rows["course"][asked]]
    reach = np.where(process >= 0, site.mastery.teachable[process], 0.5)
    day = np.clip(rows["done"][asked] // DAY, 0, site.calendar.days - 1)
    remarks = np.array(site.sector.texts.surveys, dtype=object)
    return frame({
        "code": codes("S-", len(asked), 5),
        "department_code": post_departments(site)[site.roll.post_on[rows["person"][asked], day]],
        "course_code": site.teaching.catalogue.codes[rows["course"][asked]],
        "occurred_at": site.calendar.stamp(occurred),
        "score": np.clip(np.round(2.2 + 2 * reach + rng.normal(0, 0.8, len(asked))), 1, 5).astype(np.int64),
        "max_score": np.full(len(asked), 5),
        "text": rng.choice(remarks, len(asked)),
    })

"""The simulated site as a test of matching: earlier reports with confirmed links, later ones in words never seen.

What a person would have confirmed of an earlier report is taken from the truth. A later report is asked about only if
it says what goes wrong, and neither that wording nor its template occurs in any report that is learned from. Templates
and wordings are divided by a seed of their own; what goes wrong is divided into parts, each held out once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.text_records import Link, Records, Report, Target
from training.text import fit
from training.text_judge import questions, table
from training.world import World

#: parts into which what goes wrong is divided
FOLDS = 3
#: the share of reports, earliest first, that is learned from
EARLIER = 0.6


@dataclass(frozen=True)
class Trial:
    """What may be learned from, and the links to be found; neither shares a wording or a template with the other."""

    learned: Records
    asked: Records


def judged(world: World, model: str | None = None) -> list[dict[str, Any]]:
    """The table of `text_judge` over all trials of a world, each fitted on what it may learn from."""
    asked = []
    for trial in trials(world):
        until = max(report.known_at for report in trial.learned.reports) + timedelta(seconds=1)
        matcher = fit(trial.learned, until, model).matcher
        found = questions(trial.asked, trial.asked.all_links(), matcher.embedder)
        asked += [(question, matcher.weights) for question in found]
    return table(asked)


def trials(world: World) -> Iterator[Trial]:
    """The trials of a world, one per part of what goes wrong."""
    told = _told(world)
    rng = np.random.default_rng([world.spec.seed, 200])
    template = _divided(told["template"], lambda size: rng.permutation(size) % 2)
    part = _divided(told["clause_of"], lambda size: rng.permutation(size) % FOLDS)
    early = (told["known"] < told["known"].quantile(EARLIER)).to_numpy()
    targets, names = _targets(world), _names(world)
    for held in range(FOLDS):
        learn = told[early & (template == 0) & (part != held)]
        ask = told[~early & (template == 1) & (part == held) & (told["wording"] != "").to_numpy()]
        yield Trial(*(Records(targets, _reports(rows), _links(world, rows), names) for rows in (learn, ask)))


def _told(world: World) -> pd.DataFrame:
    """The reports about the work, each with the truth of it, in the order they were known (UTC, no zone)."""
    reports, truth = world.tables["difficulty_reports"], world.truth["difficulty_topics"]
    about = truth.rename(columns={"process_code": "true_process"})
    told = reports.merge(about, left_on="code", right_on="report_code")
    known = pd.to_datetime(told["known_at"], utc=True).dt.tz_localize(None)
    clause_of = told["standard_code"] + "/" + told["clause"]
    told = told.assign(known=known, clause_of=clause_of)
    return told[~told["unrelated"]].sort_values(["known", "code"], ignore_index=True)


def _divided(values: pd.Series, draw: Callable[[int], npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """The part each value belongs to; equal values to the same."""
    known = sorted(set(values))
    part = dict(zip(known, draw(len(known)), strict=True))
    return np.array([part[value] for value in values])


def _reports(rows: pd.DataFrame) -> tuple[Report, ...]:
    return tuple(
        Report(row["code"], row["text"], row["known"].to_pydatetime(), row["process_code"] or None)
        for row in rows.to_dict("records")
    )


def _links(world: World, rows: pd.DataFrame) -> tuple[Link, ...]:
    """The clause of each report that says what goes wrong, and every course that covers its process."""
    covers = world.tables["course_covers"]
    courses = covers[covers["process_code"] != ""].groupby("process_code")["course_code"].unique()
    found = []
    for row in rows.to_dict("records"):
        code, at = row["code"], row["known"].to_pydatetime()
        found += [Link(code, "clause", row["clause_of"], at)] if row["wording"] else []
        found += [Link(code, "course", course, at) for course in courses.get(row["true_process"], ())]
    return tuple(found)


def _targets(world: World) -> tuple[Target, ...]:
    """Clauses (the first version's words) with their standard's title, courses with what they cover, processes."""
    titles, processes = (
        dict(zip(world.tables[name]["code"], world.tables[name][column], strict=True))
        for name, column in (("standards", "title"), ("processes", "name"))
    )
    clauses = world.tables["clauses"].drop_duplicates(["standard_code", "clause"])
    found = [
        Target("clause", f"{row['standard_code']}/{row['clause']}", f"{titles[row['standard_code']]} {row['text']}")
        for row in clauses.to_dict("records")
    ]
    courses = world.tables["courses"].merge(world.tables["course_covers"], left_on="code", right_on="course_code")
    for row in courses.to_dict("records"):
        told = (row["title"], processes.get(row["process_code"], ""), titles.get(row["standard_code"], ""))
        found.append(Target("course", row["code"], " ".join(filter(None, told))))
    return tuple(found + [Target("process", code, name) for code, name in processes.items()])


def _names(world: World) -> tuple[str, ...]:
    """Further names that a site gives in two languages."""
    tables = (("departments", "name"), ("posts", "name"), ("standards", "title"), ("clauses", "text"))
    return tuple(dict.fromkeys(name for table_name, column in tables for name in world.tables[table_name][column]))

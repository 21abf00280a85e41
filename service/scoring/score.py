"""One scoring: everyone eligible at one moment, for each target."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from features import matrix
from features.history import History
from service.clock import now
from service.courses.actions import course_for_process
from service.history.engine import over
from service.history.snapshot import snapshot
from service.inspections.floors import propensities
from service.inspections.reserve import draw_for_all
from service.qualification.actions import gaps
from service.qualification.rules import GRAVITY
from service.scoring.judge import Judged, judge
from service.scoring.shadow import shadow
from service.settings import settings
from service.suggestions import actions as suggestions
from service.suggestions import shadows, stopping
from service.suggestions.rules import ENOUGH_INSPECTIONS
from service.suggestions.tables import Scoring

TARGETS = ("need", "risk-work", "risk-unit")

_SUBJECT = {
    "need": ("employee_code", "process_code"),
    "risk-work": ("employee_code", "process_code", "work_code", "batch_code", "department_code", "inspection_code"),
    "risk-unit": ("department_code", "inspection_code"),
}


def score(
    engine: Engine, home: Path, targets: Iterable[str] = TARGETS, at: datetime | None = None
) -> dict[str, int]:
    """Score every target on the records as they stand, and keep the suggestions; how many per target.

    Before, the random reserve is drawn from what waits. `at`: stand at an earlier moment, to rehearse on records that
    are there; nothing known at or after it is used, and nothing is drawn.
    """
    counts = {}
    if at is None:
        with Session(engine) as session, session.begin():
            draw_for_all(session, settings().inspection_reserve)
    with closing(over(snapshot(engine, home).path)) as features:
        as_of = at or now()
        known = _data_known(features.history, as_of)
        for target in targets:
            built = features.eligible(target, as_of)
            scoring = Scoring(
                target=target, as_of=as_of, fingerprint=built.fingerprint, tie_seed=int(as_of.timestamp()),
                data_known_at=known,
            )
            with Session(engine) as session, session.begin():
                counts[target] = _keep(session, home, scoring, built)
    return counts


def _keep(session: Session, home: Path, scoring: Scoring, built: matrix.Matrix) -> int:
    if not len(built.keys):
        scoring.model, scoring.fallback = "none", "nobody and nothing is eligible yet"
        suggestions.store(session, scoring, [])
        return 0
    why = stopping.stopped(session)
    judged = judge(home, scoring.target, built.X, scoring.tie_seed, why and stopping.says(why))
    scoring.model, scoring.fallback, scoring.usual = judged.model, judged.fallback, judged.usual
    rows = _rows(scoring.target, built, judged)
    if scoring.target == "need":
        rows = _with_rules(session, rows, built, scoring.as_of)
    else:
        rows = with_propensities(session, rows)
    suggestions.store(session, scoring, rows)
    _keep_shadow(session, home, scoring, built)
    return len(rows)


def _keep_shadow(session: Session, home: Path, scoring: Scoring, built: matrix.Matrix) -> None:
    """Let the challenger score whoever the list gives a score."""
    keys, table = built.keys, built.X
    if scoring.target == "need":
        scored = _inspected_enough(built)
        keys, table = keys[scored], table[scored]
    shadowed = shadow(home, scoring.target, keys, table)
    if shadowed is not None:
        shadows.store(session, scoring, shadowed.model, shadowed.problem, shadowed.rows)


def _inspected_enough(built: matrix.Matrix) -> npt.NDArray[np.bool_]:
    """Of each row of `need`, whether enough was inspected of the person for a score."""
    return built.X["person_inspections"].fillna(0).to_numpy() >= ENOUGH_INSPECTIONS


def _data_known(history: History, as_of: datetime) -> datetime | None:
    """When the latest event that a scoring could see became known."""
    events = (history[name].select("known_at") for name in ("inspections", "work", "retraining", "difficulties"))
    known = ibis.union(*events).known_at
    latest = known.max(where=known < as_of.astimezone(UTC).replace(tzinfo=None)).to_pyarrow().as_py()
    return latest.replace(tzinfo=UTC) if latest else None


def subjects(target: str, built: matrix.Matrix) -> list[dict[str, Any]]:
    """The codes that name each row's subject, as a suggestion has them."""
    names = _SUBJECT[target]
    codes = built.keys[list(names)].astype(object).where(lambda column: column.notna(), None)
    return [dict(zip(names, row, strict=True)) for row in codes.itertuples(index=False, name=None)]


def _rows(target: str, built: matrix.Matrix, judged: Judged) -> list[dict[str, Any]]:
    chances = judged.probability if judged.probability is not None else [None] * len(judged.score)
    return [
        {
            **subject, "score": float(score), "rank": int(rank), "baseline_rank": int(baseline), "reasons": said,
            "probability": None if chance is None else float(chance), **ends(low, high),
        }
        for subject, score, chance, low, high, rank, baseline, said in zip(
            subjects(target, built), judged.score, chances, *judged.band, judged.rank, judged.baseline_rank,
            judged.reasons, strict=True,
        )
    ]


def ends(low: float, high: float) -> dict[str, float | None]:
    """The ends of a chance's band as a suggestion has them; empty where there is none."""
    named = {"probability_low": float(low), "probability_high": float(high)}
    return {name: None if np.isnan(value) else value for name, value in named.items()}


def with_propensities(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add how likely chance was to choose each inspection, for estimates over what was not chosen."""
    known = propensities(session, [row["inspection_code"] for row in rows if row["inspection_code"]])
    return [{**row, "propensity": known.get(row["inspection_code"])} for row in rows]


def _with_rules(
    session: Session, rows: list[dict[str, Any]], built: matrix.Matrix, as_of: datetime
) -> list[dict[str, Any]]:
    """Add what rules ask for and which course answers; where too little was inspected, take the score away."""
    courses = course_for_process(session)
    gravest_last = sorted(gaps(session, as_of), key=lambda gap: GRAVITY.index(gap.reason), reverse=True)
    found = {(gap.employee_code, gap.process_code): gap for gap in gravest_last}
    answered = []
    for row, enough in zip(rows, _inspected_enough(built), strict=True):
        gap = found.get((row["employee_code"], row["process_code"]))
        course = gap.course_code if gap else courses.get(row["process_code"])
        known = row if enough else {**row, **_UNSCORED}
        if gap or known["score"] is not None:
            answered.append({**known, "course_code": course, "rule_gap": gap.reason if gap else None})
    return answered


_UNSCORED: Mapping[str, Any] = {
    "score": None, "probability": None, **ends(np.nan, np.nan), "rank": None, "reasons": []
}

"""Champion against reality: what moved since training, and what came of what lists said.

The cohort of the training cut and that of the last list are built anew from the records, each as known then: nothing
has to be kept for a comparison. By rule it asks for a fit; it never promotes.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from features import cohort, matrix
from features.history import History
from models.registry import Registered, Registry
from service.clock import now
from service.scoring.renewing import rests
from service.suggestions import refits
from service.suggestions.rules import ENOUGH_INSPECTIONS
from service.suggestions.tables import Scoring
from training import candidates, findings, plots
from training.days import day
from training.drift import Shift, shift, shifts
from training.findings import Finding
from training.live import SUBJECT, Live, lists_of, matured, plain, scores

#: Where lists are short, all of so many days are taken together, each subject once.
_SPAN, _STEP = timedelta(days=30), timedelta(days=3)
#: Moves with the date itself.
_CALENDAR = "season_"


@dataclass(frozen=True)
class Report:
    """What was found of one target. `asked`: why a fit was asked for, if one was."""

    target: str
    model: str
    findings: tuple[Finding, ...]
    shifts: tuple[Shift, ...] = ()
    asked: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON: times in ISO 8601, NaN as null."""
        plain_values: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str), parse_constant=lambda _: None)
        return plain_values


def watch(history: History, registry: Registry, engine: Engine, target: str) -> Report:
    """Look at one target now, and ask for a fit where the findings give a reason. Raises `ModelError`."""
    at = now()
    with Session(engine) as session, session.begin():
        report = monitor(history, registry, session, target, plain(at))
        return replace(report, asked=ask(session, report, at))


def monitor(history: History, registry: Registry, session: Session, target: str, at: datetime) -> Report:
    """Look at one target as of `at` (UTC without a zone). Raises `ModelError` where its champion cannot be read."""
    if registry.champion_version(target) is None:
        return _without_champion(history, registry, session, target, at)
    champion = registry.load_champion(target)
    name = f"{target} v{champion.version}"
    lists = lists_of(session, target, name)
    if not lists:
        said = Finding("lists", "too little data", f"No list was made with {name} yet.")
        return Report(target, name, (said, *_refit(session, target)))
    live = matured(session, history, target, name, timedelta(days=champion.card.horizon_days), at)
    moved, score_shift = _drift(history, session, champion, lists)
    promised = champion.card.metrics.get(candidates.MODEL, {}).get(findings.PROMISE)
    found = (
        findings.features_moved(moved), findings.scores_moved(score_shift), findings.calibrated(live),
        findings.recalled(live, promised), _age(lists[-1], at), *_challenger(registry, target, live),
        *_refit(session, target),
    )
    _log(registry, champion, Report(target, name, found, tuple(moved)), live)
    return Report(target, name, found, tuple(moved))


def ask(session: Session, report: Report, at: datetime) -> str | None:
    """Ask for a fit where the findings give a reason and none was asked for lately; the reason."""
    why = reason(report.findings)
    if why is None or rests(session, report.target, at):
        return None
    return why if refits.ask(session, report.target, why) else None


def reason(found: tuple[Finding, ...]) -> str | None:
    """Why a model should be fitted anew: whatever is off, in one sentence; None where nothing is."""
    off = [finding.sentence for finding in found if finding.state == "off"]
    return " ".join(off) or None


def _without_champion(history: History, registry: Registry, session: Session, target: str, at: datetime) -> Report:
    """Only what a challenger would have said beside today's rule."""
    said = Finding("champion", "told", f"No {target} model is champion: lists follow today's rule.")
    version = registry.challenger_version(target)
    if version is None:
        return Report(target, "none", (said, *_refit(session, target)))
    horizon = timedelta(days=registry.load(target, version).card.horizon_days)
    live = matured(session, history, target, None, horizon, at)
    return Report(target, "none", (said, *_challenger(registry, target, live), *_refit(session, target)))


def _challenger(registry: Registry, target: str, live: Live) -> tuple[Finding, ...]:
    version = registry.challenger_version(target)
    if version is None:
        return ()
    name = f"{target} v{version}"
    return (findings.challenged(live.beside(name), name),)


def _age(last: Scoring, at: datetime) -> Finding:
    known = plain(last.data_known_at) if last.data_known_at else None
    return findings.data_age(known, plain(last.as_of), at)


def _refit(session: Session, target: str) -> tuple[Finding, ...]:
    """What came of the last fit that was asked for."""
    last = refits.last(session, target)
    if last is None:
        return ()
    came = {None: "waits or runs", "failed": f"failed: {last.message}"}.get(last.outcome, f"is done: {last.message}")
    return (Finding("refit", "told", f"The fit asked for on {day(last.opened_at)} {came}"),)


def _drift(
    history: History, session: Session, champion: Registered, lists: list[Scoring]
) -> tuple[list[Shift], Shift]:
    """How the features moved between training and the last list, and the scores that lists showed."""
    then, now = (
        _cohort(history, champion.target, moment)
        for moment in (datetime.fromisoformat(champion.card.trained_until), plain(lists[-1].as_of))
    )
    names = [name for name in champion.ranker.feature_names if not name.startswith(_CALENDAR)]
    lately = [each for each in lists if lists[-1].as_of - each.as_of <= _SPAN]
    shown = scores(session, champion.target, lately[-1:] if champion.target == "need" else lately)
    shown = shown.drop_duplicates(SUBJECT[champion.target], keep="last")
    scored = then[1][_scored(champion.target, *then)]
    said = pd.Series(champion.ranker.score(scored) if len(scored) else np.empty(0))
    return shifts(then[1], now[1], names), shift("score", said, shown["score"])


def _scored(target: str, keys: pd.DataFrame, X: pd.DataFrame) -> "pd.Series[bool]":  # noqa: N803
    """Whom a list gives a score, of a cohort."""
    if target == "need":
        return X["person_inspections"].fillna(0) >= ENOUGH_INSPECTIONS
    return keys["inspection_code"].notna()


def _cohort(history: History, target: str, moment: datetime) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keys and features of everyone who was eligible then; where lists are short, of the days before as well."""
    span = timedelta() if target == "need" else _SPAN
    dates = [moment - _STEP * step for step in range(span // _STEP + 1)]
    rows = cohort.eligible(history, target, ibis.memtable(pa.table({"as_of": dates})))
    built = matrix.build(history, rows, target)
    last = ~built.keys.sort_values("as_of").duplicated(list(cohort.IDENTITY[target]), keep="last").sort_index()
    return built.keys[last].reset_index(drop=True), built.X[last].reset_index(drop=True)


def _log(registry: Registry, champion: Registered, report: Report, live: Live) -> None:
    """Keep the latest look beside the champion's own run."""
    files = {
        "monitor/report.json": json.dumps(report.to_json(), indent=2).encode(),
        "monitor/drift.png": plots.png(plots.drift(report.shifts)),
    }
    if len(live):
        said = live.rows["probability"].to_numpy(np.float64)
        files["monitor/calibration.png"] = plots.png(plots.calibration(said, live.failed))
        files["monitor/gain.png"] = plots.png(plots.gain(live.rows["score"].to_numpy(np.float64), live.failed))
    registry.annotate(champion.target, champion.version, {}, files)


def lines(report: Report) -> list[str]:
    """The report for a terminal."""
    head = f"{report.target} ({report.model})"
    told = [f"  {finding.about:12} {finding.state:16} {finding.sentence}" for finding in report.findings]
    asked = [f"  A fit was asked for; the new version will challenge: {report.asked}"] if report.asked else []
    return [head, *told, *asked]

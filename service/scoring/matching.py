"""What difficulty reports are about: worked out in a job, so that whoever asks only reads rows.

Of every report whose text, or anything it is compared with, changed since it was last read, the best clauses, courses
and other reports are kept. A report that came in later does not change what earlier ones are like.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from models.contract import ModelError, Reals
from models.text import Lexicon, Matcher, Weights, fused, ranked
from models.text_records import Records, Report, Target
from models.text_registry import TextRegistry
from service.clock import now
from service.difficulties.tables import LINKED, ReportMatch, ReportReading
from service.scoring import processes_of_reports
from service.scoring.texts import read
from service.scoring.vectors import digest, keep, nearness

log = logging.getLogger(__name__)

#: matches kept of each kind
KEPT = 5
_AT_ONCE = 100
_NGRAMS = "n-grams"


@dataclass(frozen=True)
class Voices:
    """The matcher that serves, by name, and what it compares with."""

    name: str
    matcher: Matcher
    records: Records
    compared: Mapping[str, Sequence[Target]]
    lexicons: Mapping[str, Lexicon]


def match(session: Session, home: Path) -> int:
    """Read every report that is not read yet, or not as things stand; how many were read."""
    voices = _voices(session, *_serving(home))
    if voices.matcher.embedder is not None:
        texts = [target for kind in LINKED for target in voices.compared[kind]]
        keep(session, voices.matcher.embedder, voices.name, texts)
    waiting = _waiting(session, voices)
    for some in _chunks(waiting):
        _read(session, voices, some)
    processes_of_reports.keep(session, voices.records, [report for report, _ in waiting])
    return len(waiting)


def _serving(home: Path) -> tuple[str, Matcher]:
    """The matcher that serves, by name; n-grams alone where none was fitted or it cannot be trusted."""
    alone = _NGRAMS, Matcher(None, Weights())
    try:
        found = TextRegistry(home).load_champion()
        if found is None or found.matcher.embedder is None:
            return alone
        found.matcher.embedder.encode(["a text"])  # a model of another maker is only loaded when it is used
    except ModelError as error:
        log.warning("texts are matched by n-grams alone: %s", error)
        return alone
    return f"text v{found.version}", found.matcher


def _voices(session: Session, name: str, matcher: Matcher) -> Voices:
    records = read(session, now())
    compared = {kind: records.among(kind) for kind in ("clause", "course")}
    compared["report"] = [Target("report", report.code, report.text) for report in records.reports]
    written = [report.text for report in records.reports]
    lexicons = {kind: Lexicon([target.text for target in targets], written) for kind, targets in compared.items()}
    return Voices(name, matcher, records, compared, lexicons)


def _waiting(session: Session, voices: Voices) -> list[tuple[Report, str]]:
    """The reports to read, each with what its reading will be based on."""
    told = [f"{text.kind} {text.code} {digest(text.text)}" for kind in ("clause", "course")
            for text in voices.compared[kind]]
    common = digest("\n".join([voices.name, *told]))
    known = dict(session.execute(select(ReportReading.report_code, ReportReading.basis)).all())
    bases = [(report, digest(common + report.text)) for report in voices.records.reports]
    return [(report, basis) for report, basis in bases if known.get(report.code) != basis]


def _chunks(waiting: Sequence[tuple[Report, str]]) -> Iterator[Sequence[tuple[Report, str]]]:
    return (waiting[start:start + _AT_ONCE] for start in range(0, len(waiting), _AT_ONCE))


def _read(session: Session, voices: Voices, some: Sequence[tuple[Report, str]]) -> None:
    """Replace what is kept of these reports."""
    reports = [report for report, _ in some]
    codes = [report.code for report in reports]
    session.execute(delete(ReportMatch).where(ReportMatch.report_code.in_(codes)))
    session.execute(delete(ReportReading).where(ReportReading.report_code.in_(codes)))
    readings = [
        {"report_code": report.code, "model": voices.name, "basis": basis, "read_at": func.clock_timestamp()}
        for report, basis in some
    ]
    session.execute(insert(ReportReading).values(readings))
    rows = [row for kind in LINKED for row in _best(session, voices, reports, kind)]
    if rows:
        session.execute(insert(ReportMatch), rows)


def _best(session: Session, voices: Voices, reports: Sequence[Report], kind: str) -> list[dict[str, Any]]:
    """The best targets of a kind for each report."""
    targets = voices.compared[kind]
    if not targets:
        return []
    said, told = [report.text for report in reports], [target.text for target in targets]
    codes = [target.code for target in targets]
    shared = voices.lexicons[kind].similarity(said)
    if kind == "report":
        shared[np.array([[code == report.code for code in codes] for report in reports])] = 0.0
    near = np.zeros_like(shared)
    if voices.matcher.embedder is not None:
        near = nearness(session, [report.code for report in reports], kind, codes)
    scores = fused(shared, near, voices.matcher.weights.of(said, told))
    return [
        {"report_code": report.code, "kind": kind, "rank": rank, "target_code": codes[at], "score": float(row[at])}
        for report, row in zip(reports, scores, strict=True) for rank, at in enumerate(_order(row), 1)
    ]


def _order(scores: Reals) -> list[int]:
    """Where the best stand, best first; what nothing speaks for is none."""
    rank = ranked(scores[None, :])[0]
    return [int(at) for at in np.argsort(rank, kind="stable")[:KEPT] if scores[at] > 0]

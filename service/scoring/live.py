"""Scores what arrives, so that the queue shows it in its place before the night: few inspections, by the champion."""

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from features.matrix import Matrix
from models.contract import ModelError
from models.registry import Registered
from service import jobs
from service.clock import now
from service.history.live import Live
from service.inspections.actions import Arrived, unscored
from service.inspections.reserve import draw_for_arrivals
from service.scoring.champions import Champions
from service.scoring.judge import scored
from service.scoring.score import ends, subjects, with_propensities
from service.settings import settings
from service.suggestions import actions as suggestions
from service.suggestions import stopping
from service.suggestions.tables import Scoring

log = logging.getLogger(__name__)

#: more that arrive at once than this are scored with everyone
FEW = 200


class Arrivals:
    """Scores on a connection of its own, kept from one time to the next."""

    def __init__(self, engine: Engine, home: Path) -> None:
        self._engine = engine
        self._champions = Champions(home)
        self._live: Live | None = None

    def score(self) -> int:
        """Score the open inspections that arrived since everyone was scored; how many were.

        Without a champion, or while the models are stopped, none is: today's rule ranks whole lists. Beyond `FEW`
        everyone is scored anew instead.
        """
        live = self._live = self._live or Live(self._engine)
        try:
            with live.connection.begin(), Session(live.connection) as session:
                draw_for_arrivals(session, settings().inspection_reserve)
                found = [] if stopping.stopped(session) else unscored(session, FEW + 1)
                if len(found) > FEW:
                    jobs.defer(session, "scoring.score")
                    found = []
                kept = sum(self._keep(session, live, target, found) for target in {each.target for each in found})
                session.flush()
                return kept
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Let the connection go."""
        if self._live is not None:
            self._live.close()
            self._live = None

    def _keep(self, session: Session, live: Live, target: str, found: Sequence[Arrived]) -> int:
        champion, last = self._champions.known(target), suggestions.latest_scoring(session, target)
        if champion is None or last is None:
            return 0
        as_of = now()
        built = live.orders(target, [each.code for each in found if each.target == target], as_of)
        try:
            rows = _rows(session, champion, last, built)
        except ModelError as error:
            log.warning("what arrived is not scored until tonight: %s", error)
            return 0
        suggestions.store(session, _scoring(champion, built, as_of), rows)
        return len(rows)


def _scoring(champion: Registered, built: Matrix, as_of: datetime) -> Scoring:
    return Scoring(
        target=champion.target, as_of=as_of, live=True, model=f"{champion.target} v{champion.version}",
        fingerprint=built.fingerprint, tie_seed=int(as_of.timestamp()), usual=champion.card.usual,
    )


def _rows(session: Session, champion: Registered, last: Scoring, built: Matrix) -> list[dict[str, Any]]:
    """One suggestion per inspection, each with the place it takes in the last list of everyone."""
    found = scored(champion, built.X, last.tie_seed)
    rows = [
        {**subject, "score": float(score), "probability": float(chance), **ends(low, high), "reasons": said,
         "rank": suggestions.place_of(session, last, float(score))}
        for subject, score, chance, low, high, said in zip(
            subjects(champion.target, built), found.score, found.probability, *found.band, found.reasons, strict=True
        )
    ]
    return with_propensities(session, rows)


_arrivals: dict[Engine, Arrivals] = {}


def arrivals(engine: Engine, home: Path) -> Arrivals:
    """This process's own, made with the first arrival."""
    if engine not in _arrivals:
        _arrivals[engine] = Arrivals(engine, home)
    return _arrivals[engine]

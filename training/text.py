"""Fitting the matcher of texts, and choosing how much its embedder counts.

The weight is chosen on links held out twice: they are later than those learned from, and about targets of which none
was learned. Who words a difficulty in a new way tells of it for the first time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from models.contract import ModelError
from models.text import Matcher, Weights
from models.text_embedding import Embedder, SentenceEmbedder
from models.text_records import Link, Records
from training.text_fit import fit_embedder
from training.text_judge import Question, questions, table
from training.text_pairs import pairs

#: weights tried for the embedder, beside 1 for the n-grams
_TRIED = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
#: too little to overrule any n-gram, enough to fill in where none is shared
_FILL = 0.01
#: what is tried within a language for the site's own embedder: it knows only what the n-grams know, and links
_OWN_WITHIN = (0.0, _FILL)
#: parts the targets are divided into, each held out once
_FOLDS = 3
#: the share of links, earliest first, that may be learned from while the weight is chosen
_EARLIER = 0.6
#: how clear a win must be: wins less losses, in standard deviations of an even game (one side, 95%)
_CLEAR = 1.64


@dataclass(frozen=True)
class FittedText:
    """A matcher, and what it was made from and chosen on, as plain values."""

    matcher: Matcher
    card: dict[str, Any]


def fit(records: Records, until: datetime, model: str | None = None, seed: int = 1) -> FittedText:
    """The matcher of a site as of `until`: nothing known at or after it is used.

    `model`: another embedder, by path or hub name, used as it is. Raises `ModelError` where there is too little to
    learn from, or the model cannot be loaded.
    """
    known = before(records, until)
    links = known.all_links()
    asked = held_out(known, links, model, seed)
    weights = choose(asked, own=model is None)
    embedder = _embedder(known, links, model)
    card = {
        "trained_until": until.isoformat(), "embedder": embedder.name, "within": weights.within,
        "across": weights.across, "reports": len(known.reports), "targets": len(known.targets),
        "confirmed_links": len(known.links), "named_processes": len(links) - len(known.links), "seed": seed,
        "held_out": table((question, weights) for question in asked),
    }
    return FittedText(Matcher(embedder, weights), card)


def before(records: Records, until: datetime) -> Records:
    """The records without the reports and links known at or after a moment (UTC, no zone)."""
    reports = tuple(report for report in records.reports if report.known_at < until)
    links = tuple(link for link in records.links if link.known_at < until)
    return Records(records.targets, reports, links, records.names)


def _embedder(records: Records, learned: Sequence[Link], model: str | None) -> Embedder:
    return SentenceEmbedder(model) if model else fit_embedder(pairs(records, learned))


def held_out(records: Records, links: Sequence[Link], model: str | None, seed: int) -> list[Question]:
    """The later links of each part of the targets, asked of an embedder that saw only earlier links of the others."""
    numbers = {about: at for at, about in enumerate(sorted({(link.kind, link.target) for link in links}))}
    fold = np.random.default_rng(seed).permutation(len(numbers)) % _FOLDS
    cut = int(len(links) * _EARLIER)
    said = {report.code: report.text for report in records.reports}
    asked: list[Question] = []
    for part in range(_FOLDS):
        of_part = [fold[numbers[link.kind, link.target]] == part for link in links]
        learned = [link for link, out in zip(links[:cut], of_part[:cut], strict=True) if not out]
        texts = {said.get(link.report) for link in learned}
        later = [link for link, out in zip(links[cut:], of_part[cut:], strict=True) if out]
        asked += _asked(records, learned, [link for link in later if said.get(link.report) not in texts], model)
    return asked


def _asked(records: Records, learned: Sequence[Link], later: Sequence[Link], model: str | None) -> list[Question]:
    if not later:
        return []
    try:
        return questions(records, later, _embedder(records, learned, model))
    except ModelError:
        if model:
            raise
        return []  # too little to learn from without the links held out


def choose(asked: Iterable[Question], *, own: bool) -> Weights:
    """The weights that put the right answer first most often; zero where that is not clearly better than n-grams.

    `own`: whether the embedder is the site's own, which within a language only fills in for the n-grams.
    """
    every = list(asked)
    within, across = ([one for one in every if one.across is beyond] for beyond in (False, True))
    return Weights(_weight(within, _OWN_WITHIN if own else _TRIED), _weight(across, _TRIED))


def _weight(asked: Sequence[Question], tried: Sequence[float]) -> float:
    """The best weight for some questions; zero unless the embedder helps beyond doubt, and harms in no direction."""
    best, most = 0.0, 0
    for weight in tried:
        ahead = [_ahead(question, weight) for question in asked]
        wins, losses = sum(won for won, _ in ahead), sum(lost for _, lost in ahead)
        harms = any(lost > won for won, lost in _by_direction(asked, ahead))
        clear = wins - losses > _CLEAR * np.sqrt(wins + losses)
        if clear and not harms and wins - losses > most:
            best, most = weight, wins - losses
    return best


def _by_direction(asked: Sequence[Question], ahead: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Wins and losses summed by kind and direction."""
    total: dict[tuple[str, str, str], tuple[int, int]] = {}
    for question, (won, lost) in zip(asked, ahead, strict=True):
        key = (question.kind, question.spoken, question.wanted)
        before_it = total.get(key, (0, 0))
        total[key] = (before_it[0] + won, before_it[1] + lost)
    return list(total.values())


def _ahead(question: Question, weight: float) -> tuple[int, int]:
    """For how many reports the right answer comes first by both voices but not by n-grams alone, and the reverse."""
    weights = Weights(weight, weight)
    alone = question.place(question.voice("tf-idf", weights)) == 1
    both = question.place(question.voice("hybrid", weights)) == 1
    return int((both & ~alone).sum()), int((alone & ~both).sum())

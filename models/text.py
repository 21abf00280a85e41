"""The matcher of texts: shared n-grams and nearness of vectors, fused by rank.

Each voice puts the targets in order for each report; a target's score is the sum over the voices of
weight / (K + rank). A voice that finds nothing in a target says nothing about it: across languages the n-grams mostly
abstain. The embedder's weight was chosen on held-out links, one within a language and one across, and is zero where it
did not beat the n-grams alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer

from models.contract import Reals
from models.text_embedding import Embedder
from models.text_grams import grams, halves

#: how much less the second rank counts than the first
RANK_OFFSET = 10


@dataclass(frozen=True)
class Weights:
    """How much the embedder's ranks count beside those of the n-grams (1): within a language, and across."""

    within: float = 0.0
    across: float = 0.0

    def of(self, reports: Sequence[str], targets: Sequence[str]) -> Reals:
        """The weight for each pair [report, target]: `within` where they have a language in common."""
        spoken, wanted = _languages(reports), _languages(targets)
        return np.where(spoken @ wanted.T > 0, self.within, self.across)


@dataclass(frozen=True)
class Matcher:
    """An embedder (None: n-grams alone) and how much it counts."""

    embedder: Embedder | None
    weights: Weights

    def scores(self, reports: Sequence[str], targets: Sequence[str]) -> Reals:
        """How well each target fits each report, [report, target]; 0 where nothing speaks for it."""
        nearness = similarity(self.embedder, reports, targets)
        return fused(lexical(reports, targets), nearness, self.weights.of(reports, targets))


class Lexicon:
    """Targets by their n-grams; what is rare is learned from them and from `others`, texts as they are written here."""

    def __init__(self, targets: Sequence[str], others: Iterable[str] = ()) -> None:
        self._size = len(targets)
        self._vectorizer = TfidfVectorizer(analyzer=grams, sublinear_tf=True)
        try:
            self._vectorizer.fit([*targets, *dict.fromkeys(others)])
            self._told = self._vectorizer.transform(targets).T.tocsr() if targets else None
        except ValueError:  # not one n-gram anywhere
            self._told = None

    def similarity(self, reports: Sequence[str]) -> Reals:
        """The cosine of TF-IDF over character n-grams, [report, target]; 0 where no n-gram is shared."""
        if self._told is None or not len(reports):
            return np.zeros((len(reports), self._size))
        return np.asarray((self._vectorizer.transform(reports) @ self._told).toarray(), np.float64)


def lexical(reports: Sequence[str], targets: Sequence[str]) -> Reals:
    """The cosine of TF-IDF over character n-grams, [report, target]; what is rare is learned from both."""
    return Lexicon(targets, reports).similarity(reports)


def similarity(embedder: Embedder | None, reports: Sequence[str], targets: Sequence[str]) -> Reals:
    """The cosine of the embedder's vectors, [report, target]; zeros without an embedder."""
    if embedder is None or not (len(reports) and len(targets)):
        return np.zeros((len(reports), len(targets)))
    return np.asarray(embedder.encode(reports) @ embedder.encode(targets).T, np.float64)


def fused(shared: Reals, near: Reals, weight: Reals | float) -> Reals:
    """The two voices by rank, [report, target]; what a voice gives 0 or less gets nothing from it."""
    return _by_rank(shared) + weight * _by_rank(near)


def _by_rank(similar: Reals) -> Reals:
    rank = ranked(similar)
    return np.where(similar > 0, 1.0 / (RANK_OFFSET + rank), 0.0)


def ranked(scores: Reals) -> npt.NDArray[np.int64]:
    """The rank of each target for each report from 1, best first; ties go to the earlier target."""
    order = np.argsort(-scores, axis=1, kind="stable")
    return np.asarray(np.argsort(order, axis=1, kind="stable") + 1, np.int64)


def _languages(texts: Sequence[str]) -> npt.NDArray[Any]:
    """Which languages each text has, [text, language]."""
    return np.array([_spoken(text) for text in texts], int).reshape(-1, 2)


@lru_cache(maxsize=200_000)
def _spoken(text: str) -> tuple[bool, bool]:
    found = halves(text)
    return "zh" in found, "en" in found

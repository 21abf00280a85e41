"""Who scores: the champion, or, where it cannot, the baseline in its place."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features import catalog
from models.bands import holding
from models.baseline import baselines
from models.contract import ModelError
from models.ranking import ranks
from models.reasons import reasons
from models.registry import Registered, Registry

#: explaining is a thousand times slower than scoring: only the rows somebody will look at
EXPLAINED = 200

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """One cohort scored: by which model, why not by a better one, and each row's score, chance and ranks from 1.

    `band`: the ends that each chance lies between, NaN where there is no band. `usual`: how often what the model
    learned from failed.
    """

    model: str
    fallback: str | None
    score: Reals
    probability: Reals | None
    band: tuple[Reals, Reals]
    usual: float | None
    rank: npt.NDArray[np.int64]
    baseline_rank: npt.NDArray[np.int64]
    reasons: list[list[dict[str, str]]]


@dataclass(frozen=True)
class Scored:
    """Some rows scored by a champion: each one's score, chance and reasons; `band` and `usual` as in `Judged`."""

    model: str
    score: Reals
    probability: Reals
    band: tuple[Reals, Reals]
    usual: float
    reasons: list[list[dict[str, str]]]


def judge(home: Path, target: str, X: pd.DataFrame, seed: int, stopped: str | None = None) -> Judged:  # noqa: N803
    """Score a cohort's features with the champion; with today's rule where there is none that fits.

    `stopped`: why no model may score now.
    """
    rule = baselines(target)[0].fitted_on(X)
    by_rule = rule.score(X)
    baseline_rank = ranks(by_rule, seed)
    try:
        if stopped is not None:
            raise ModelError(stopped)
        found = scored(Registry(home).load_champion(target), X, seed)
    except ModelError as error:
        none = np.full(len(X), np.nan)
        return Judged(
            f"baseline: {rule.name}", str(error), by_rule, None, (none, none), None, baseline_rank, baseline_rank,
            [[]] * len(X),
        )
    ranked = ranks(found.score, seed)
    return Judged(
        found.model, None, found.score, found.probability, found.band, found.usual, ranked, baseline_rank,
        found.reasons,
    )


def scored(champion: Registered, X: pd.DataFrame, seed: int) -> Scored:  # noqa: N803
    """Score rows with a champion. Raises `ModelError` where they lack what it looks at."""
    score = champion.ranker.score(X)
    shown = np.argsort(ranks(score, seed), kind="stable")[:EXPLAINED]
    said = _sentences(champion.ranker, X, shown)
    probability = champion.ranker.chance(score)
    band = holding(probability, champion.ranker.bands.of(score, X))
    return Scored(f"{champion.target} v{champion.version}", score, probability, band, champion.card.usual, said)


def _sentences(ranker: Any, X: pd.DataFrame, shown: npt.NDArray[np.int64]) -> list[list[dict[str, str]]]:  # noqa: N803
    """For each row of X its reasons in both languages; empty for rows that are not explained."""
    said: list[list[dict[str, str]]] = [[] for _ in range(len(X))]
    hidden = [name for name in X.columns if catalog.feature(name).nuisance]
    found = reasons(
        ranker, X.iloc[shown], catalog.explain, "en", tells=catalog.tells, hidden=hidden, topic=catalog.topic
    )
    for position, row in zip(shown, found, strict=True):
        said[position] = [
            {"en": reason.sentence, "zh": catalog.explain(reason.feature, reason.value, "zh")} for reason in row
        ]
    return said

"""Why a score is high, in sentences a planner understands.

Contributions are log-odds added against an average row: TreeSHAP for the trees, weight times value for the linear
part. Only for rows that are shown: explaining is a thousand times slower than scoring.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import pandas as pd

from models.blend import BlendRanker

#: (feature, value, locale) -> one sentence; the catalog's.
Explain = Callable[[str, Any, str], str]
#: (feature, value) -> whether it can be a reason at all; the catalog's.
Tells = Callable[[str, Any], bool]
#: feature -> what it is about; of one topic only the strongest reason is shown, in the place of all of them.
Topic = Callable[[str], str]

#: A reason must raise the odds of failure by at least 2%.
SMALLEST = 0.02


@dataclass(frozen=True)
class Reason:
    """One feature that raises a score: by how much (log-odds), its value, and the sentence that says so."""

    feature: str
    value: Any
    contribution: float
    sentence: str


def reasons(
    ranker: BlendRanker,
    X: pd.DataFrame,  # noqa: N803
    explain: Explain,
    locale: str,
    *,
    tells: Tells = lambda feature, value: True,
    hidden: Collection[str] = (),
    topic: Topic = str,
    limit: int = 3,
) -> list[list[Reason]]:
    """Per row of X up to `limit` reasons why its score is high, one per topic and sentence.

    The topic that raises the score most in all stands first, by its strongest feature: of features that say the same,
    each gets a share of what they add together, and none alone would show it.
    `hidden` names features that are never shown (nuisances); `tells` keeps back values that explain nothing.
    """
    table = ranker.contributions(X).drop(columns=[name for name in hidden if name in ranker.feature_names])
    answers = []
    for position in range(len(table)):
        row = table.iloc[position]
        raising = row[row >= SMALLEST].sort_values(ascending=False, kind="stable")
        values = X.iloc[position]
        telling = raising[[tells(str(feature), values[str(feature)]) for feature in raising.index]]
        answers.append(_distinct(telling, values, explain, locale, topic, limit))
    return answers


def _distinct(
    raising: "pd.Series[float]", values: "pd.Series[Any]", explain: Explain, locale: str, topic: Topic, limit: int
) -> list[Reason]:
    chosen: dict[str, Reason] = {}
    together: dict[str, float] = {}
    said: set[str] = set()
    for feature, contribution in zip(map(str, raising.index), map(float, raising), strict=True):
        about = topic(feature)
        together[about] = together.get(about, 0.0) + contribution
        if about in chosen:
            continue
        sentence = explain(feature, values[feature], locale)
        if sentence not in said:
            chosen[about] = Reason(feature, values[feature], contribution, sentence)
            said.add(sentence)
    return sorted(chosen.values(), key=lambda reason: -together[topic(reason.feature)])[:limit]

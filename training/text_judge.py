"""How well texts are matched: recall at 1 and 5 of n-grams, embedder and both, by language of report and target.

A target in both languages is asked for twice, by each of its halves alone: that is what tells matching across
languages from matching within one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.contract import Reals
from models.text import Weights, fused, lexical, ranked, similarity
from models.text_embedding import Embedder
from models.text_grams import halves, language
from models.text_records import Link, Records

#: (language of the report, language of the target)
DIRECTIONS = (("zh", "zh"), ("en", "en"), ("zh", "en"), ("en", "zh"))
VOICES = ("tf-idf", "embedding", "hybrid")


@dataclass(frozen=True)
class Question:
    """Reports of one language, targets of one kind in one language, and which target each report is about.

    `shared` and `near` are the similarities [report, target] by n-grams and by the embedder; `right` marks the targets
    that are right answers.
    """

    kind: str
    spoken: str
    wanted: str
    shared: Reals
    near: Reals
    right: Reals

    @property
    def across(self) -> bool:
        """Whether report and target have different languages."""
        return self.spoken != self.wanted

    def place(self, scores: Reals) -> Reals:
        """The rank of the best right answer for each report; infinite where nothing speaks for one."""
        return np.asarray(np.where((self.right > 0) & (scores > 0), ranked(scores), np.inf).min(axis=1))

    def voice(self, name: str, weights: Weights) -> Reals:
        """The scores of one of `VOICES`."""
        if name == "tf-idf":
            return self.shared
        return self.near if name == "embedding" else fused(self.shared, self.near, self.weight(weights))

    def weight(self, weights: Weights) -> float:
        """How much the embedder counts in this question."""
        return weights.across if self.across else weights.within


def questions(records: Records, links: Iterable[Link], embedder: Embedder | None) -> list[Question]:
    """The links as questions, by kind and direction; those without reports or targets are left out."""
    asked = list(links)
    found = []
    for kind in sorted({link.kind for link in asked}):
        for spoken, wanted in DIRECTIONS:
            question = _question(records, [link for link in asked if link.kind == kind], embedder, spoken, wanted)
            found += [question] if question else []
    return found


def _question(
    records: Records, links: Sequence[Link], embedder: Embedder | None, spoken: str, wanted: str
) -> Question | None:
    texts = {report.code: report.text for report in records.reports if language(report.text) == spoken}
    answers: dict[str, set[str]] = {}
    for link in links:
        if link.report in texts:
            answers.setdefault(link.report, set()).add(link.target)
    parts = {target.code: halves(target.text).get(wanted) for target in records.among(links[0].kind)}
    codes = [code for code, part in parts.items() if part]
    reports = [code for code, right in answers.items() if right & set(codes)]
    if not reports:
        return None
    right = np.array([[float(code in answers[report]) for code in codes] for report in reports])
    said, told = [texts[code] for code in reports], [str(parts[code]) for code in codes]
    shared, near = lexical(said, told), similarity(embedder, said, told)
    return Question(links[0].kind, spoken, wanted, shared, near, right)


def table(asked: Iterable[tuple[Question, Weights]]) -> list[dict[str, Any]]:
    """A row per kind, direction and voice: how many reports, and the share whose right answer is 1st or among 5.

    Questions of one kind and direction are counted together, each answered with its own weights.
    """
    places: dict[tuple[str, str, str], list[Reals]] = {}
    for question, weights in asked:
        for voice in VOICES:
            key = (question.kind, f"{question.spoken}->{question.wanted}", voice)
            places.setdefault(key, []).append(question.place(question.voice(voice, weights)))
    rows = []
    for (kind, direction, voice), found in places.items():
        place = np.concatenate(found)
        recall = {f"recall@{top}": round(float((place <= top).mean()), 4) for top in (1, 5)}
        rows.append({"kind": kind, "direction": direction, "matcher": voice, "reports": len(place), **recall})
    return rows

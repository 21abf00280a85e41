"""What a block of features is, and what is said of each feature to a planner."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import ibis

from features.history import History

#: One plain sentence in English and in Chinese; `{value}` stands for the feature's value.
Words = tuple[str, str]


@dataclass(frozen=True)
class Feature:
    """One column of a matrix and its sentences.

    `cases` replaces the sentence for single values (0 and 1 of a flag), `missing` the block's sentence for a missing
    value. A `text` feature is categorical, any other float64. A `nuisance` belongs to how the outcome was observed,
    not to the subject: a model may learn it, but must marginalise it when scoring.
    """

    name: str
    en: str
    zh: str
    cases: Mapping[float | str, Words] = field(default_factory=dict)
    missing: Words | None = None
    text: bool = False
    nuisance: bool = False


@dataclass(frozen=True)
class Block:
    """Features of one source about one subject.

    `on` names the cohort columns that identify the subject; `build` returns one row per subject and `as_of` of the
    cohort with the columns `on`, `as_of` and those of `features`. `missing` is said of a value that is missing.
    `at` names the moment the block looks from: `as_of`, or `done_at`, when the inspected work began (`when_done`).
    """

    name: str
    on: tuple[str, ...]
    build: Callable[[History, ibis.Table], ibis.Table]
    features: tuple[Feature, ...]
    missing: Words
    at: str = "as_of"

    def when_done(self) -> "Block":
        """The block as things stood when the inspected work began, where that is known: what came after it made no
        difference to it.
        """
        return replace(self, at="done_at")

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the block's features, in order."""
        return tuple(feature.name for feature in self.features)

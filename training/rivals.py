"""Rivals by columns: a regularised logistic regression on columns of the matrix that somebody names, or a rule does.

What was published about a kind of site is mostly that: a regression on a handful of columns. Naming them here puts it
in the same table as the model, fitted on the same rows.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from models.contract import ModelError
from models.linear import LogisticRanker

#: What anybody would write down first: the last results and findings, how long ago, and the site's own attributes.
RULE = "last findings and attributes"
_BY_RULE = re.compile(
    r"_attr_.+_(num|text)$|_last_(critical|major|minor|score|failed)$|_days_since_inspection$|_days_since_passed$"
)
_FEWEST = 2


@dataclass(frozen=True)
class Rival:
    """A name and the columns it may read."""

    name: str
    columns: tuple[str, ...]

    def unfitted(self, known: Sequence[str], usable: Sequence[str]) -> LogisticRanker:
        """The regression on its columns, less those that never vary.

        Raises `ModelError` naming a column that the matrix does not have, or if none of them varies.
        """
        unknown = [column for column in self.columns if column not in known]
        if unknown:
            near = _near(unknown[0], known)
            raise ModelError(f"--rival {self.name}: there is no column {unknown[0]!r} in the matrix{near}")
        columns = tuple(column for column in self.columns if column in usable)
        if not columns:
            raise ModelError(f"--rival {self.name}: none of its columns has more than one value before this date")
        return replace(LogisticRanker(columns), name=self.name)


def parsed(text: str) -> Rival:
    """A rival from `NAME=column,column,...`. Raises `ModelError` for anything else."""
    name, _, listed = text.partition("=")
    columns = tuple(dict.fromkeys(part.strip() for part in listed.split(",") if part.strip()))
    if not name.strip() or not columns:
        raise ModelError(f"--rival {text!r} is not NAME=column,column,... such as published=unit_last_critical")
    return Rival(name.strip(), columns)


def by_rule(usable: Iterable[str]) -> Rival | None:
    """The rival everybody would think of; None where its columns hardly exist."""
    columns = tuple(name for name in usable if _BY_RULE.search(name))
    return Rival(RULE, columns) if len(columns) >= _FEWEST else None


def _near(column: str, known: Sequence[str]) -> str:
    near = get_close_matches(column, known, 1)
    return f"; did you mean {near[0]!r}?" if near else ""

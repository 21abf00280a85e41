"""The words of a message: a title and a body for each kind, in each language, with blanks for its data.

Each domain keeps its kinds in a file of its own in `texts/`: `kind: {en: {title, body}, zh: {title, body}}`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from service.sectors.reading import BadSector, sector

#: the languages every kind is written in
LANGUAGES = ("en", "zh")

TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True)
class Words:
    """What a person reads."""

    title: str
    body: str


@cache
def kinds() -> Mapping[str, Mapping[str, Words]]:
    """Every kind's words by language, blanks unfilled. Raises `ValueError` for a kind that two files define."""
    found: dict[str, Mapping[str, Words]] = {}
    for file in sorted(TEXTS.glob("*.yaml")):
        read: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        for kind, said in read.items():
            if kind in found:
                raise ValueError(f"{file.name} defines the message {kind} again")
            found[kind] = {language: Words(**said[language]) for language in LANGUAGES}
    return found


def blanks(kind: str) -> frozenset[str]:
    """What a kind's data must hold. Raises `ValueError` if there is no such kind."""
    if kind not in kinds():
        raise ValueError(f"no text in service/messages/texts says {kind!r}")
    texts = (text for words in kinds()[kind].values() for text in (words.title, words.body))
    return frozenset(name for text in texts for _, name, *_ in Formatter().parse(text) if name)


def words(kind: str, data: Mapping[str, str], language: str) -> Words:
    """A message's words in one language, as the site's sector says them.

    Where the sector's own words ask for more than the data holds, or the sector's file is broken, the usual ones are
    said: nobody goes untold.
    """
    said = _of_the_sector(kind, data, language) or kinds()[kind][language]
    # a title is one line, whatever its data holds
    return Words(" ".join(said.title.format_map(data).split()), said.body.format_map(data).strip())


def _of_the_sector(kind: str, data: Mapping[str, str], language: str) -> Words | None:
    try:
        texts = sector().messages.get(kind)
    except BadSector:
        return None
    if texts is None:
        return None
    own = texts.zh if language == "zh" else texts.en
    asked = {name for text in (own.title, own.body) for _, name, *_ in Formatter().parse(text) if name}
    return Words(own.title, own.body) if asked <= data.keys() else None

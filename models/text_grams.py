"""What of a text is compared: character n-grams, and which half of a bilingual text is in which language."""

import re
from collections.abc import Iterator

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PIECE = re.compile(f"([{_CJK}]+)|([^\\W\\d_{_CJK}]+|\\d+)")
_CHINESE = re.compile(f"[{_CJK}]")
_LETTER = re.compile(r"[^\W\d_]")

#: lengths of n-grams: of characters that are words by themselves, and of letters inside words
_HAN, _LETTERS = (1, 2, 3), (3, 4, 5)


def grams(text: str) -> list[str]:
    """The n-grams of a text, as often as they occur, in any mixture of scripts.

    Chinese runs give 1- to 3-grams. Words in letters and numbers give themselves and their 3- to 5-grams, marked where
    the word begins and ends. None holds a space.
    """
    found: list[str] = []
    for piece in _PIECE.finditer(text.lower()):
        run, word = piece.groups()
        found += _pieces(run, _HAN) if run else _of_word(word)
    return found


def _of_word(word: str) -> Iterator[str]:
    marked = f"<{word}>"
    yield marked
    yield from (gram for gram in _pieces(marked, _LETTERS) if gram != marked)


def _pieces(run: str, lengths: tuple[int, ...]) -> Iterator[str]:
    return (run[at:at + length] for length in lengths for at in range(len(run) - length + 1))


def language(text: str) -> str:
    """`zh` where a text has a Chinese character, else `en`."""
    return "zh" if _CHINESE.search(text) else "en"


def halves(text: str) -> dict[str, str]:
    """The parts of a text by language: `Coating 包衣` -> both; a text in one language has one part.

    Split at spaces: a word belongs to `zh` if it has a Chinese character, else to `en`, where words without any
    letter belong to neither.
    """
    words: dict[str, list[str]] = {"zh": [], "en": []}
    for word in text.split():
        if _CHINESE.search(word):
            words["zh"].append(word)
        elif _LETTER.search(word):
            words["en"].append(word)
    return {of: " ".join(found) for of, found in words.items() if found}

"""Who a report speaks of is nobody's business but its readers': what is compared or embedded has persons masked."""

import re
from collections.abc import Iterable, Iterator

#: put where something was; it holds no letter, so nothing is compared by it
MASK = "***"

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_RECORD_WORDS = (
    "病历号|病案号|住院号|门诊号|就诊号|登记号|身份证号|身份证|护照号|护照|证件号|工号|"
    r"\b(?:medical record|patient|record|passport|identity card|staff|MRN|ID)(?: (?:no|number|id))?\b"
)
_PATTERNS = re.compile(
    "|".join((
        r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",  # e-mail
        rf"(?P<word>(?:{_RECORD_WORDS})[ .:：#为是]*)(?P<value>[A-Za-z]{{0,4}}-?\d[\dA-Za-z-]*)",
        r"(?<!\d)\d{17}[\dXx](?!\d)",  # identity card
        r"\+\d[\d ()-]{6,}\d",  # telephone, from abroad
        r"(?<![\d-])\d{3,4}[ -]\d{3,4}[ -]?\d{4}(?!\d)",  # telephone, grouped
        r"(?<!\d)\d{7,}(?!\d)",  # telephone, or a number nothing short of a person needs
    )),
    re.IGNORECASE,
)
_RUN = re.compile(f"[{_HAN}·]+|[^\\W\\d_{_HAN}]+(?:['’.-](?!s\\b)[^\\W\\d_{_HAN}]+)*")
_LATIN_WORDS = 4


class Masking:
    """Masks what identifies somebody in free text, the names known to the site included."""

    def __init__(self, names: Iterable[str]) -> None:
        """`names`: of people, in any script; one of a single letter or Chinese character is left alone."""
        known = {" ".join(name.lower().split()) for name in names}
        self._names = frozenset(name for name in known if len(name) > 1)
        self._lengths = tuple(sorted({len(name) for name in self._names if _is_han(name)}, reverse=True))

    def __call__(self, text: str) -> str:
        """The text with every known name, e-mail address, telephone, identity and record number as `MASK`."""
        numbers = _PATTERNS.sub(lambda found: (found["word"] or "") + MASK, text)
        return "".join(self._without_names(numbers))

    def _without_names(self, text: str) -> Iterator[str]:
        at = 0
        for begin, end in self._found(text):
            if begin >= at:
                yield text[at:begin] + MASK
                at = end
        yield text[at:]

    def _found(self, text: str) -> list[tuple[int, int]]:
        """Where names stand, the longest of those that begin at one place first."""
        runs = list(_RUN.finditer(text))
        found = [span for run in runs if _is_han(run[0]) for span in self._in_run(run)]
        words = [run for run in runs if not _is_han(run[0])]
        for first in range(len(words)):
            for last in range(min(first + _LATIN_WORDS, len(words)), first, -1):
                begin, end = words[first].start(), words[last - 1].end()
                if " ".join(text[begin:end].lower().split()) in self._names:
                    found.append((begin, end))
        return sorted(found, key=lambda span: (span[0], -span[1]))

    def _in_run(self, run: re.Match[str]) -> Iterator[tuple[int, int]]:
        for begin in range(run.start(), run.end()):
            for length in self._lengths:
                if begin + length <= run.end() and run.string[begin:begin + length] in self._names:
                    yield begin, begin + length


def _is_han(text: str) -> bool:
    return re.match(f"[{_HAN}]", text) is not None

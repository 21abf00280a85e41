"""Text becomes numbers, codes, lists and words of a few, in Arrow's own code."""

from difflib import get_close_matches

import pyarrow as pa
import pyarrow.compute as pc

from service.exchange.times import Converted
from service.records import folder
from service.records.folder import FolderColumn
from service.records.wiretypes import LONGEST_CODE, SCIENTIFIC

is_code = folder.is_code

_WHOLE = r"^-?[0-9]{1,18}(?:\.0+)?$"
_REAL = r"^-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$"
_ITEM = r"[^;\s\pZ](?:[^;]*[^;\s\pZ])?"
_LIST = rf"^{_ITEM}(?:;{_ITEM})*$"
_SPACES_AROUND = r"^[\s\pZ]|[\s\pZ]$"
_INVISIBLE = r"[\p{Cc}\p{Cf}]"

# What would be read back as it was written: 007 and 1E5 are codes, and so is what no computer's number can hold.
_CANONICAL = r"^-?(?:0|[1-9][0-9]{0,29})(?:\.[0-9]{1,30})?$"
_MINUS_ZERO = r"^-0(?:\.0+)?$"


def to_wholes(text: pa.Array, wire: FolderColumn) -> Converted:
    """Whole numbers within the column's bounds (12.0 is 12: pandas writes it so beside an empty value)."""
    wrong = pc.invert(pc.match_substring_regex(text, _WHOLE))
    digits = pc.replace_substring_regex(pc.if_else(wrong, None, text), r"\.0+$", "")
    return _bounded(pc.cast(digits, pa.int64()), wrong, wire)


def to_reals(text: pa.Array, wire: FolderColumn) -> Converted:
    """Finite numbers within the column's bounds."""
    wrong = pc.invert(pc.match_substring_regex(text, _REAL))
    numbers = pc.cast(pc.if_else(wrong, None, text), pa.float64())
    return _bounded(numbers, pc.or_(wrong, pc.fill_null(pc.is_inf(numbers), False)), wire)


def _bounded(numbers: pa.Array, wrong: pa.Array, wire: FolderColumn) -> Converted:
    if wire.least is not None:
        wrong = pc.or_(wrong, pc.fill_null(pc.less(numbers, wire.least), False))
    if wire.most is not None:
        wrong = pc.or_(wrong, pc.fill_null(pc.greater(numbers, wire.most), False))
    return pc.if_else(wrong, None, numbers), wrong


def explain_number(text: str, wire: FolderColumn) -> str:
    """Why a text is no number of that column."""
    if wire.least is not None and wire.most is not None:
        return f"must be a {wire.kind} from {wire.least:,} to {wire.most:,}"
    return f"must be a {wire.kind}; write a point as the decimal mark and nothing between the digits"


def to_words(text: pa.Array, wire: FolderColumn) -> Converted:
    """Words of the column's few."""
    wrong = pc.invert(pc.is_in(text, pa.array(wire.choices)))
    return text, pc.if_else(text.is_valid(), wrong, None)


def explain_word(text: str, wire: FolderColumn) -> str:
    """Which word was perhaps meant."""
    near = get_close_matches(text.strip().lower(), wire.choices, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"must be one of {', '.join(wire.choices)}{hint}"


def to_lists(text: pa.Array) -> Converted:
    """Lists, kept as they are written: A;B."""
    return text, pc.invert(pc.match_substring_regex(text, _LIST))


def explain_list(text: str) -> str:
    """What a list looks like."""
    return "must be a list such as A@1;B@2, without spaces or empty items"


def to_codes(text: pa.Array) -> Converted:
    """Codes: no spaces around, nothing invisible, not mangled by a spreadsheet."""
    amiss = pc.match_substring_regex(text, f"{_SPACES_AROUND}|{_INVISIBLE}|{SCIENTIFIC}")
    return text, pc.or_(amiss, pc.greater(pc.binary_length(text), LONGEST_CODE))


def to_texts(text: pa.Array) -> Converted:
    """Free text, kept to the letter."""
    return text, pc.match_substring_regex(text, rf"\x00|{SCIENTIFIC}")


def explain_text(text: str) -> str:
    """Why a text is no code, or no text."""
    if len(text.encode()) > LONGEST_CODE:
        return f"is too long for a code; at most {LONGEST_CODE} bytes"
    if text != text.strip():
        return "has spaces around it; remove them"
    if text.isprintable():
        return "is a number in scientific notation, as a spreadsheet shortens codes; write it in full, as text"
    return "holds an invisible character; remove it"


def is_numeric(text: pa.Array) -> bool:
    """Whether every text of a site attribute is a number that would be written just so."""
    numeric = pc.and_not(pc.match_substring_regex(text, _CANONICAL), pc.match_substring_regex(text, _MINUS_ZERO))
    return bool(pc.all(numeric).as_py() in {True, None})


def to_attributes(text: pa.Array) -> Converted:
    """Site attributes, kept to the letter."""
    return text, pc.match_substring(text, "\0")

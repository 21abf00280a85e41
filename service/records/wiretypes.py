"""What a moment, a code and a text are at the API: the folder's rules, one pydantic type each."""

import re
from datetime import UTC, date, datetime
from typing import Annotated
from unicodedata import category

from pydantic import AfterValidator, AwareDatetime, Field

#: what lies outside was mistyped
FIRST_YEAR, LAST_YEAR = 1900, 2200
#: in bytes; six codes in a natural key still fit into an index entry
LONGEST_CODE = 400
#: as a spreadsheet writes a long number
SCIENTIFIC = r"^[+-]?[0-9](?:\.[0-9]+)?[eE][+-][0-9]{2,}$"

#: no id reaches it, and a bigint holds it
LAST_ID = 2**62
#: as many digits as a folder's whole number may have
_WHOLE_MOST = 10**18 - 1


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character; remove it")
    return text


def _plain_code(code: str) -> str:
    if len(code.encode()) > LONGEST_CODE:
        raise ValueError(f"is too long for a code; at most {LONGEST_CODE} bytes")
    kinds = [category(letter) for letter in code]
    if {"Cc", "Cf"} & set(kinds):
        raise ValueError("holds an invisible character; remove it")
    if "Z" in {kinds[0][0], kinds[-1][0]}:
        raise ValueError("has spaces around it; remove them")
    if re.match(SCIENTIFIC, code):
        raise ValueError("is a number in scientific notation, as a spreadsheet shortens codes; write it in full")
    return code


def _says_something(text: str) -> str:
    if not any(letter.isprintable() and not letter.isspace() for letter in text):
        raise ValueError("is blank; say why in a few words")
    return text


def _one_item(code: str) -> str:
    if ";" in code:
        raise ValueError("is an item of a list and may not hold a semicolon")
    return code


Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), lt=datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)),
]
Day = Annotated[date, Field(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))]
Text = Annotated[str, Field(min_length=1, max_length=20_000), AfterValidator(_without_nul)]
#: why somebody does what needs a reason
Why = Annotated[Text, Field(max_length=2000), AfterValidator(_says_something)]
Code = Annotated[str, Field(min_length=1, max_length=LONGEST_CODE), AfterValidator(_plain_code)]
#: a record in an address: its code, or the several that a natural key is made of
Named = Annotated[str, Field(min_length=1, max_length=6 * LONGEST_CODE), AfterValidator(_without_nul)]
#: a code in a list
Item = Annotated[Code, AfterValidator(_one_item)]
Whole = Annotated[int, Field(ge=-_WHOLE_MOST, le=_WHOLE_MOST)]
Real = Annotated[float, Field(allow_inf_nan=False)]
#: the number of a row
Id = Annotated[int, Field(ge=0, le=LAST_ID)]
#: what a site attribute may hold
Attribute = Annotated[str, Field(max_length=20_000), AfterValidator(_without_nul)] | Real | None

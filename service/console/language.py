"""The viewer's language: which one it is, its catalog, and how it writes dates and numbers."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.dates import format_date, format_datetime, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from fastapi import Request

from service.clock import now
from service.settings import settings

#: what the console speaks, under the name each language gives itself
LANGUAGES = {"en": "English", "zh": "中文"}

#: the viewer's choice is kept in this cookie
COOKIE = "retrace_language"

CATALOGS = Path(__file__).parent / "locale"

#: the conventions each language's dates and numbers follow
_CONVENTIONS = {"en": "en_GB", "zh": "zh_Hans_CN"}


@dataclass(frozen=True)
class Language:
    """One language of the console."""

    code: str

    @property
    def tag(self) -> str:
        """Its name in HTML."""
        return {"zh": "zh-Hans"}.get(self.code, self.code)

    def date(self, value: date | datetime) -> str:
        """A day; of a moment, its day at the site."""
        local = value.astimezone(settings().zone) if isinstance(value, datetime) else value
        return format_date(local, "medium", _CONVENTIONS[self.code])

    def moment(self, value: datetime) -> str:
        """A day and time at the site."""
        local = value.astimezone(settings().zone)
        return f"{self.date(value)} {format_datetime(local, 'HH:mm', locale=_CONVENTIONS[self.code])}"

    def age(self, value: datetime) -> str:
        """How long ago, or how far ahead, a moment lies."""
        return format_timedelta(value - now(), add_direction=True, locale=_CONVENTIONS[self.code])

    def number(self, value: float) -> str:
        """A number with its separators."""
        return format_decimal(value, locale=_CONVENTIONS[self.code])

    def percent(self, share: float) -> str:
        """A share, to the tenth of a percent."""
        return format_percent(share, "#,##0.#%", locale=_CONVENTIONS[self.code])

    def chance(self, chance: float, low: float | None, high: float | None) -> str:
        """A chance and the band it may lie in, in whole percent, tenths where all is below 10%.

        A band of which nothing is left by then is not shown.
        """
        given = (chance, chance if low is None else low, chance if high is None else high)
        digits = "0%" if max(given) >= 0.1 else "0.0%"
        told, least, most = (format_percent(share, digits, _CONVENTIONS[self.code]) for share in given)
        if least == most:
            return told
        return f"{told}（{least}～{most}）" if self.code == "zh" else f"{told} ({least.rstrip('%')}–{most})"

    def gettext(self, message: str) -> str:
        """A message in this language; itself where the catalog has none."""
        return catalog(self.code).gettext(message)


@cache
def catalog(code: str) -> NullTranslations:
    """A language's messages; English is what they are written in, others are compiled from their .po at first use."""
    if code == "en":
        return NullTranslations()
    with (CATALOGS / code / "LC_MESSAGES" / "messages.po").open("rb") as source:
        read = read_po(source, locale=code)
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return GNUTranslations(compiled)


def spoken(request: Request, account: str | None) -> Language:
    """The language to answer in: chosen here, else the account's, else the browser's, else the site's."""
    wishes = [request.cookies.get(COOKIE), account, *_accepted(request.headers.get("accept-language", ""))]
    known = (wish[:2].lower() for wish in wishes if wish)
    return Language(next((code for code in known if code in LANGUAGES), settings().locale))


def _accepted(header: str) -> list[str]:
    """The languages an Accept-Language header names, most wanted first."""
    weighed = []
    for part in header.split(","):
        name, _, weight = part.strip().partition(";q=")
        weighed.append((float(weight) if weight.replace(".", "", 1).isdecimal() else 1.0, name))
    return [name for weight, name in sorted(weighed, key=lambda one: -one[0]) if weight > 0]

"""The binder's page: opens in any browser, prints, and needs nothing from outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from service.exchange.schemas import BinderAsked
from service.settings import settings
from service.trace.schemas import Trace

#: rows of a table on the page; its CSV and the JSON hold them all
_SHOWN = 500


def page(
    asked: BinderAsked, made_at: datetime, by: str, trace: Trace | None,
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
) -> str:
    """The page, in both languages side by side; moments in the site's zone."""
    zone = settings().zone

    def moment(value: Any) -> str:
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)

    return _template().render(
        asked=asked, made_at=made_at, by=by, trace=trace, zone=settings().timezone, moment=moment, shown=_SHOWN,
        tables={name: {"columns": _columns(rows), "rows": rows} for name, rows in tables.items()},
    )


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns that hold something, but for the database's own numbers."""
    names = dict.fromkeys(name for row in rows for name, value in row.items() if value not in (None, {}, []))
    return [name for name in names if name not in {"id", "known_assumed"}]


@cache
def _template() -> Template:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template("binder.html")

"""What several commands are given, and how it is read."""

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from service.errors import RetraceError

Target = Annotated[str, typer.Argument(help="need, risk-work or risk-unit")]
Horizon = Annotated[int, typer.Option(min=1, max=3650, help="How many days ahead a label looks")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table")]

RIVAL_HELP = "A logistic regression on these columns of the matrix competes too"
DEFAULT_HORIZON = 60
#: Dates outside of these years are typing errors.
YEARS = (1900, 2200)


def progress(line: str) -> None:
    """Say what is being done, where it disturbs no output."""
    typer.echo(line, err=True)


def known_target(target: str) -> None:
    """Raise `ModelError` for an unknown target, before anything slow begins."""
    from models.contract import TARGETS, ModelError

    if target not in TARGETS:
        raise ModelError(f"unknown target {target!r}: choose one of {', '.join(TARGETS)}")


def moment(option: str, text: str) -> datetime:
    """A given date or time as UTC without a zone; without one it is meant in the site's zone."""
    from service.settings import settings

    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        problem = f"{option} {text!r} is not a date or time such as 2026-01-31 or 2026-01-31T08:00"
        raise RetraceError(problem) from None
    _plausible(option, text, given.year)
    local = given if given.tzinfo else given.replace(tzinfo=settings().zone)
    return local.astimezone(UTC).replace(tzinfo=None)


def day(option: str, text: str) -> date:
    """A given date."""
    try:
        given = date.fromisoformat(text)
    except ValueError:
        raise RetraceError(f"{option} {text!r} is not a date such as 2026-01-31") from None
    _plausible(option, text, given.year)
    return given


def _plausible(option: str, text: str, year: int) -> None:
    first, last = YEARS
    if not first <= year <= last:
        raise RetraceError(f"{option} {text!r} lies outside of the years {first} to {last}")

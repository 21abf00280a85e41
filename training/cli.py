"""`retrace-train`: fit, rank, evaluate, promote. Heavy libraries are imported by the command that needs them."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.command import run
from service.errors import RetraceError

if TYPE_CHECKING:
    from features.history import History
    from models.registry import Registry
    from training.world import WorldSpec

app = typer.Typer(
    help="Fits, judges and publishes Retrace's models.", no_args_is_help=True, pretty_exceptions_enable=False
)

Target = Annotated[str, typer.Argument(help="need, risk-work or risk-unit")]
Horizon = Annotated[int, typer.Option(min=1, max=3650, help="How many days ahead a label looks")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table")]
When = Annotated[str, typer.Option(metavar="T", help="A date or time (ISO 8601); a bare date is that day's start")]

DEFAULT_HORIZON = 60
#: Dates outside of these years are typing errors.
YEARS = (1900, 2200)


def main() -> None:
    """Run the command line: exit 0 on success, 1 with one line on a user's error, 2 on wrong usage."""
    run(app, "retrace-train", _expected)


def _expected() -> tuple[type[Exception], ...]:
    """The errors besides Retrace's own whose words are meant for users."""
    from models.contract import ModelError

    return (ModelError,)


@app.command()
def fit(
    target: Target,
    until: Annotated[str | None, typer.Option(metavar="T", help="Use nothing known at or after it (now)")] = None,
    horizon: Horizon = DEFAULT_HORIZON,
) -> None:
    """Fit a model and register it: the first good one as champion, later ones as challenger."""
    from service.settings import settings
    from training.cluster import growing
    from training.fit import fit as fit_model
    from training.publish import publish

    cut = moment("--until", until) if until else datetime.now(UTC).replace(tzinfo=None)
    known_target(target)
    with growing(settings().dask):
        fitted = fit_model(history(), target, cut, timedelta(days=horizon))
    typer.echo(publish(registry(), fitted).message)


@app.command()
def rank(
    target: Target,
    as_of: When,
    out: Annotated[Path, typer.Option(help="The CSV file to write")],
    horizon: Horizon = DEFAULT_HORIZON,
) -> None:
    """Rank every eligible subject as of a date, using nothing known at or after it."""
    from training.rank import rank as ranked

    known_target(target)
    at = moment("--as-of", as_of)
    table = ranked(history(), target, at, timedelta(days=horizon), registry())
    table.to_csv(out, index=False)
    typer.echo(f"{len(table)} rows written to {out}, ranked by {table['model'].iloc[0]}.")


@app.command()
def evaluate(
    target: Target,
    since: Annotated[str, typer.Option("--from", metavar="T", help="Where to stand: nothing known later is used")],
    until: Annotated[str, typer.Option("--to", metavar="T", help="The end of the window (exclusive)")],
    as_json: AsJson = False,
) -> None:
    """Compare the model with its rivals on the inspections of a window, ranked at once from its start."""
    from training.evaluate import evaluate as judged
    from training.tables import evaluation_lines

    known_target(target)
    window = moment("--from", since), moment("--to", until)
    found = judged(history(), target, *window)
    typer.echo(json.dumps(found.to_json(), indent=2) if as_json else "\n".join(evaluation_lines(found)))


@app.command()
def leaderboard(target: Target, as_json: AsJson = False) -> None:
    """List the registered versions with their metrics on earlier windows."""
    from training.tables import leaderboard_lines, leaderboard_rows

    known_target(target)
    rows = leaderboard_rows(registry().versions(target))
    typer.echo(json.dumps(rows, indent=2) if as_json else "\n".join(leaderboard_lines(target, rows)))


@app.command()
def promote(target: Target, version: Annotated[int, typer.Argument(min=1)]) -> None:
    """Make a registered version the champion."""
    known_target(target)
    registry().promote(target, version)
    typer.echo(f"{target} version {version} is the champion.")


@app.command()
def rollback(target: Target) -> None:
    """Make the champion before the present one champion again."""
    known_target(target)
    typer.echo(f"{target} version {registry().rollback(target)} is the champion again.")


@app.command()
def world(
    out: Annotated[Path, typer.Option(help="The folder to write")],
    sector: str = "factory",
    staff: Annotated[int, typer.Option(max=5000, help="How many people work there, at least 40")] = 300,
    months: Annotated[int, typer.Option(max=600, help="How long it lasts, at least 3")] = 18,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another site")] = 1,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="The first day no longer in it")] = None,
) -> None:
    """Write a simulated site as an import folder, and its truth beside it."""
    from training.world import simulate, write

    end = day("--until", until) if until else None
    made = simulate(_spec(sector, staff, months, seed, end))
    try:
        write(made, out)
    except ValueError as error:
        raise RetraceError(f"--out {out}: {error}; choose another folder") from error
    typer.echo(f"A {sector} of {staff} people and {months} months is in {out}.")


def _spec(sector: str, staff: int, months: int, seed: int, until: date | None) -> "WorldSpec":
    """The world asked for. Raises `RetraceError` for a sector there is not, or one too small."""
    from training.world import WorldSpec
    from training.world.simulate import SECTORS

    if sector not in SECTORS:
        raise RetraceError(f"--sector {sector!r} is not simulated; there is: {', '.join(sorted(SECTORS))}")
    try:
        spec = WorldSpec(sector, staff, months, seed)
    except ValueError as error:
        raise RetraceError(f"--staff {staff}, --months {months}: {error}") from error
    return replace(spec, until=until) if until else spec


def known_target(target: str) -> None:
    """Raise `ModelError` for an unknown target, before anything slow begins."""
    from models.contract import TARGETS, ModelError

    if target not in TARGETS:
        raise ModelError(f"unknown target {target!r}: choose one of {', '.join(TARGETS)}")


def history() -> "History":
    """The records as they stand, as a history on DuckDB; the schema is brought up to date first."""
    from service.db.engine import app_engine, owner_engine
    from service.history.snapshot import load, snapshot
    from service.migrations import upgrade
    from service.settings import settings

    upgrade(owner_engine())
    return load(snapshot(app_engine(), settings().home).path)


def registry() -> "Registry":
    """The registry under RETRACE_HOME."""
    from models.registry import Registry
    from service.settings import settings

    return Registry(settings().home)


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


if __name__ == "__main__":
    main()

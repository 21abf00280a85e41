"""`retrace-train`: fit, rank, evaluate, promote. Heavy libraries are imported by the command that needs them."""

import getpass
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
    from models.text_records import Records
    from training.world import WorldSpec

app = typer.Typer(
    help="Fits, judges and publishes Retrace's models.", no_args_is_help=True, pretty_exceptions_enable=False
)

Target = Annotated[str, typer.Argument(help="need, risk-work or risk-unit")]
Fitted = Annotated[str, typer.Argument(help="need, risk-work, risk-unit, or text for the matcher of reports")]
Horizon = Annotated[int, typer.Option(min=1, max=3650, help="How many days ahead a label looks")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table")]
When = Annotated[str, typer.Option(metavar="T", help="A date or time (ISO 8601); a bare date is that day's start")]

RIVAL_HELP = "A logistic regression on these columns of the matrix competes too"
DEFAULT_HORIZON = 60
#: what is fitted beside the targets: the matcher of difficulty reports
TEXT = "text"
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
    target: Fitted,
    until: Annotated[str | None, typer.Option(metavar="T", help="Use nothing known at or after it (now)")] = None,
    horizon: Horizon = DEFAULT_HORIZON,
    challenge: Annotated[bool, typer.Option("--challenge", help="Never make it champion, not even the first")] = False,
    search: Annotated[int, typer.Option(min=0, max=200, help="How many ways to grow trees to try on the past")] = 0,
) -> None:
    """Fit a model and register it: the first good one as champion, later ones as challenger."""
    from training.lock import alone

    cut = moment("--until", until) if until else datetime.now(UTC).replace(tzinfo=None)
    if target != TEXT:
        known_target(target)
    with alone(registry().home, f"fit {target}"):
        if target == TEXT:
            typer.echo(_fit_text(cut))
        else:
            _fit_target(target, cut, timedelta(days=horizon), challenge=challenge, search=search)


def _fit_target(target: str, cut: datetime, horizon: timedelta, *, challenge: bool, search: int) -> None:
    from service.settings import settings
    from training.cluster import growing
    from training.enough import left_out, require_horizon
    from training.fit import first_known
    from training.fit import fit as fit_model
    from training.publish import publish
    from training.runs import describe

    records, kept = history(), registry()
    require_horizon(first_known(records, target, cut), cut, horizon)
    with growing(settings().dask):
        fitted = fit_model(records, target, cut, horizon, search)
    for line in left_out(fitted.data):
        progress(line)
    published = publish(kept, fitted, may_serve=not challenge)
    typer.echo(published.message)
    describe(kept, published.version, fitted, records.content)


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
    table = ranked(history(), target, at, timedelta(days=horizon), registry(), progress)
    table.to_csv(out, index=False)
    typer.echo(f"{len(table)} rows written to {out}, ranked by {table['model'].iloc[0]}.")


@app.command()
def evaluate(
    target: Target,
    since: Annotated[str, typer.Option("--from", metavar="T", help="Where to stand: nothing known later is used")],
    until: Annotated[str, typer.Option("--to", metavar="T", help="The end of the window (exclusive)")],
    rival: Annotated[list[str] | None, typer.Option(metavar="NAME=COLUMN,...", help=RIVAL_HELP)] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the model with its rivals on the inspections of a window, ranked at once from its start."""
    from training.evaluate import evaluate as judged
    from training.rivals import parsed
    from training.tables import evaluation_lines

    known_target(target)
    window = moment("--from", since), moment("--to", until)
    found = judged(history(), target, *window, tuple(parsed(text) for text in rival or ()))
    typer.echo(json.dumps(found.to_json(), indent=2) if as_json else "\n".join(evaluation_lines(found)))


@app.command("evaluate-text")
def evaluate_text(
    worlds: Annotated[list[int] | None, typer.Option(
        "--world", min=0, metavar="SEED", help="Judge on a simulated site of this seed instead (repeatable)"
    )] = None,
    staff: Annotated[int, typer.Option(max=5000, help="How many people work in a simulated site")] = 300,
    months: Annotated[int, typer.Option(max=600, help="How long a simulated site lasts")] = 18,
    as_json: AsJson = False,
) -> None:
    """How often reports find what they are about: n-grams, embedder and both, within a language and across.

    On the site's own later links, each about something none was learned of; or on simulated sites, in words and
    templates never seen.
    """
    from training.text_tables import of_site, of_worlds, text_lines

    rows = of_worlds([_spec("factory", staff, months, seed, None) for seed in worlds]) if worlds else of_site(words())
    typer.echo(json.dumps(rows, indent=2) if as_json else "\n".join(text_lines(rows)))


def _fit_text(until: datetime) -> str:
    """Fit the matcher of reports and let it serve; what to tell."""
    from models.text_registry import TextRegistry
    from service.settings import settings
    from training.text import fit as fit_matcher

    found = fit_matcher(words(), until, settings().text_model)
    version = TextRegistry(settings().home).register(found.matcher, found.card)
    match_anew()
    weights = found.matcher.weights
    return (
        f"text version {version} serves: beside n-grams (1) its embedder counts {weights.within:g} within a language "
        f"and {weights.across:g} across."
    )


@app.command()
def leaderboard(  # noqa: PLR0913, PLR0917 - one argument per option
    target: Target,
    since: Annotated[str | None, typer.Option("--from", metavar="T", help="Where the first window begins")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="T", help="Where the last window ends")] = None,
    every: Annotated[int | None, typer.Option(min=1, max=3650, help="How many days a window has (60)")] = None,
    origins: Annotated[int | None, typer.Option(min=1, max=100, help="How many windows (3)")] = None,
    gap: Annotated[int, typer.Option(min=0, max=3650, help="Days between what is known and a window")] = 0,
    capacity: Annotated[int | None, typer.Option(min=1, help="Looked at per planning period (as before)")] = None,
    period: Annotated[int, typer.Option(min=1, max=3650, help="Days of a planning period")] = 30,
    rival: Annotated[list[str] | None, typer.Option(metavar="NAME=COLUMN,...", help=RIVAL_HELP)] = None,
    group: Annotated[list[str] | None, typer.Option(metavar="ATTRIBUTE", help="Also show groups by it")] = None,
    as_json: AsJson = False,
) -> None:
    """List the registered versions, and judge model, rivals and baselines on one window after the other."""
    from training.leaderboard import Rules
    from training.leaderboard import leaderboard as judged
    from training.origins import Asked
    from training.over_time import over_time_lines
    from training.rivals import parsed
    from training.tables import leaderboard_lines, leaderboard_rows

    known_target(target)
    ends = [moment(name, text) if text else None for name, text in (("--from", since), ("--to", until))]
    asked = Asked(ends[0], ends[1], timedelta(days=every) if every else None, origins)
    rivals, days = tuple(parsed(text) for text in rival or ()), timedelta(days=period)
    rules = Rules(rivals, capacity, days, timedelta(days=gap), tuple(group or ()))
    found = judged(history(), target, asked, rules, say=progress)
    rows = leaderboard_rows(registry().versions(target))
    if as_json:
        typer.echo(json.dumps({"target": target, "versions": rows, **found.to_json()}, indent=2))
    else:
        typer.echo("\n".join([*leaderboard_lines(target, rows), *over_time_lines(found)]))


@app.command()
def card(
    target: Target,
    version: Annotated[int | None, typer.Option(min=1, help="Which version (the champion)")] = None,
    as_json: AsJson = False,
) -> None:
    """Print a model's card: what it was made from, how well it did, what it is not for."""
    from training.card import card_lines

    known_target(target)
    kept = registry()
    found = kept.load(target, version) if version else kept.load_champion(target)
    if as_json:
        typer.echo(json.dumps(found.card.to_json(), indent=2))
    else:
        (line,) = (line for line in kept.versions(target) if line.version == found.version)
        typer.echo("\n".join(card_lines(found, line)))


@app.command()
def promote(
    target: Target,
    version: Annotated[int, typer.Argument(min=1)],
    reason: Annotated[str | None, typer.Option(help="Promote it whatever the figures say; kept with the name")] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who decides that (the login name)")] = None,
) -> None:
    """Make a registered version the champion, if it beats champion and baselines on data neither saw."""
    from training.lock import alone
    from training.promotion import Force
    from training.promotion import promote as judged

    known_target(target)
    if reason is not None and not reason.strip():
        raise RetraceError("--reason is empty: say why this version should serve whatever the figures say")
    force = Force(by or getpass.getuser(), reason) if reason else None
    kept = registry()
    with alone(kept.home, f"promote {target}"):
        typer.echo(judged(history, kept, target, version, force))


@app.command()
def rollback(target: Target) -> None:
    """Make the champion before the present one champion again."""
    from training.lock import alone

    known_target(target)
    kept = registry()
    with alone(kept.home, f"rollback {target}"):
        typer.echo(f"{target} version {kept.rollback(target)} is the champion again.")


@app.command()
def monitor(
    target: Annotated[str | None, typer.Argument(help="need, risk-work or risk-unit; all where it is left out")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the champion with what came true since; by rule ask for a fit, never promote."""
    from models.contract import TARGETS
    from service.db.engine import app_engine
    from training.monitor import lines, watch

    if target:
        known_target(target)
    records, models = history(), registry()
    reports = [watch(records, models, app_engine(), named) for named in ([target] if target else TARGETS)]
    if as_json:
        typer.echo(json.dumps([report.to_json() for report in reports], indent=2))
    else:
        typer.echo("\n".join(line for report in reports for line in lines(report)))


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


def progress(line: str) -> None:
    """Say what is being done, where it disturbs no output."""
    typer.echo(line, err=True)


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


def words() -> "Records":
    """The words of the site as they stand; the schema is brought up to date first."""
    from sqlalchemy.orm import Session

    from service.clock import now
    from service.db.engine import app_engine, owner_engine
    from service.migrations import upgrade
    from service.scoring.texts import read

    upgrade(owner_engine())
    with Session(app_engine()) as session:
        return read(session, now())


def match_anew() -> None:
    """Have the worker match every report by the new version."""
    from sqlalchemy.orm import Session

    from service import jobs
    from service.db.engine import app_engine

    with Session(app_engine()) as session, session.begin():
        jobs.defer(session, "matching.match")


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

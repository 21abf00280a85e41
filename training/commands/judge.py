"""Comparing models with their rivals."""

import json
from datetime import timedelta
from typing import Annotated

import typer

from training.commands import site
from training.commands.options import RIVAL_HELP, AsJson, Target, known_target, moment, progress
from training.commands.world import spec_of


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
    found = judged(site.history(), target, *window, tuple(parsed(text) for text in rival or ()))
    typer.echo(json.dumps(found.to_json(), indent=2) if as_json else "\n".join(evaluation_lines(found)))


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

    simulated = [spec_of("factory", staff, months, seed, None) for seed in worlds or ()]
    rows = of_worlds(simulated) if simulated else of_site(site.words())
    typer.echo(json.dumps(rows, indent=2) if as_json else "\n".join(text_lines(rows)))


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
    found = judged(site.history(), target, asked, rules, say=progress)
    rows = leaderboard_rows(site.registry().versions(target))
    if as_json:
        typer.echo(json.dumps({"target": target, "versions": rows, **found.to_json()}, indent=2))
    else:
        typer.echo("\n".join([*leaderboard_lines(target, rows), *over_time_lines(found)]))

"""Which version serves, and how it does."""

import getpass
import json
from typing import Annotated

import typer

from service.errors import RetraceError
from training.commands import site
from training.commands.options import AsJson, Target, known_target


def card(
    target: Target,
    version: Annotated[int | None, typer.Option(min=1, help="Which version (the champion)")] = None,
    as_json: AsJson = False,
) -> None:
    """Print a model's card: what it was made from, how well it did, what it is not for."""
    from training.card import card_lines

    known_target(target)
    kept = site.registry()
    found = kept.load(target, version) if version else kept.load_champion(target)
    if as_json:
        typer.echo(json.dumps(found.card.to_json(), indent=2))
    else:
        (line,) = (line for line in kept.versions(target) if line.version == found.version)
        typer.echo("\n".join(card_lines(found, line)))


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
    kept = site.registry()
    with alone(kept.home, f"promote {target}"):
        typer.echo(judged(site.history, kept, target, version, force))


def rollback(target: Target) -> None:
    """Make the champion before the present one champion again."""
    from training.lock import alone

    known_target(target)
    kept = site.registry()
    with alone(kept.home, f"rollback {target}"):
        typer.echo(f"{target} version {kept.rollback(target)} is the champion again.")


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
    records, models = site.history(), site.registry()
    reports = [watch(records, models, app_engine(), named) for named in ([target] if target else TARGETS)]
    if as_json:
        typer.echo(json.dumps([report.to_json() for report in reports], indent=2))
    else:
        typer.echo("\n".join(line for report in reports for line in lines(report)))

"""Fitting a model, and ranking with it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from training.commands import site
from training.commands.options import DEFAULT_HORIZON, Horizon, Target, known_target, moment, progress

Fitted = Annotated[str, typer.Argument(help="need, risk-work, risk-unit, or text for the matcher of reports")]
When = Annotated[str, typer.Option(metavar="T", help="A date or time (ISO 8601); a bare date is that day's start")]

#: what is fitted beside the targets: the matcher of difficulty reports
TEXT = "text"


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
    with alone(site.registry().home, f"fit {target}"):
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

    records, kept = site.history(), site.registry()
    require_horizon(first_known(records, target, cut), cut, horizon)
    with growing(settings().dask):
        fitted = fit_model(records, target, cut, horizon, search)
    for line in left_out(fitted.data):
        progress(line)
    published = publish(kept, fitted, may_serve=not challenge)
    typer.echo(published.message)
    describe(kept, published.version, fitted, records.content)


def _fit_text(until: datetime) -> str:
    """Fit the matcher of reports and let it serve; what to tell."""
    from models.text_registry import TextRegistry
    from service.settings import settings
    from training.text import fit as fit_matcher

    found = fit_matcher(site.words(), until, settings().text_model)
    version = TextRegistry(settings().home).register(found.matcher, found.card)
    site.match_anew()
    weights = found.matcher.weights
    return (
        f"text version {version} serves: beside n-grams (1) its embedder counts {weights.within:g} within a language "
        f"and {weights.across:g} across."
    )


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
    table = ranked(site.history(), target, at, timedelta(days=horizon), site.registry(), progress)
    table.to_csv(out, index=False)
    typer.echo(f"{len(table)} rows written to {out}, ranked by {table['model'].iloc[0]}.")

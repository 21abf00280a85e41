"""Simulated sites."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.errors import RetraceError
from training.commands.options import day

if TYPE_CHECKING:
    from training.world import WorldSpec


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
    made = simulate(spec_of(sector, staff, months, seed, end))
    try:
        write(made, out)
    except ValueError as error:
        raise RetraceError(f"--out {out}: {error}; choose another folder") from error
    typer.echo(f"A {sector} of {staff} people and {months} months is in {out}.")


def spec_of(sector: str, staff: int, months: int, seed: int, until: date | None) -> "WorldSpec":
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

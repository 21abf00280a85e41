"""The tables of `retrace-train evaluate-text`."""

from collections.abc import Iterable, Sequence
from typing import Any

from models.contract import ModelError
from models.text_records import Records
from service.settings import settings
from training.text import choose, held_out
from training.text_judge import table
from training.text_world import judged
from training.world import WorldSpec, simulate

Rows = list[dict[str, Any]]

_COLUMNS = ("kind", "direction", "matcher", "reports", "recall@1", "recall@5")


def of_site(records: Records) -> Rows:
    """The table of a site's own links held out. Raises `ModelError` where there are none to hold out.

    The hybrid's weights were chosen on these same links.
    """
    model = settings().text_model
    asked = held_out(records, records.all_links(), model, seed=1)
    if not asked:
        raise ModelError(
            "there are too few reports that name a process or have a confirmed clause or course to judge by: confirm "
            "some (POST /api/v1/difficulty-reports/CODE/links), or judge on a simulated site (--world 1)"
        )
    weights = choose(asked, own=model is None)
    return table((question, weights) for question in asked)


def of_worlds(specs: Iterable[WorldSpec]) -> Rows:
    """The tables of simulated sites, one after the other, each row with its seed."""
    model = settings().text_model
    return [{"seed": spec.seed, **row} for spec in specs for row in judged(simulate(spec), model)]


def text_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The rows as lines of a table."""
    names = [*(["seed"] if "seed" in rows[0] else []), *_COLUMNS]
    told = [names, *([f"{row[name]:.3f}" if "@" in name else str(row[name]) for name in names] for row in rows)]
    wide = [max(len(line[at]) for line in told) for at in range(len(names))]
    return ["  ".join(text.ljust(width) for text, width in zip(line, wide, strict=True)).rstrip() for line in told]

"""What computes features over a snapshot: this machine's DuckDB, or a Spark cluster."""

from datetime import datetime
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from features import cohort, matrix
from features.history import History
from service.history.moments import utc
from service.history.snapshot import load
from service.history.spark import Spark
from service.settings import settings


class Engine(Protocol):
    """Computes the features of everyone eligible."""

    history: History

    def eligible(self, target: str, as_of: datetime) -> matrix.Matrix:
        """Everyone eligible at one moment, with their features."""

    def close(self) -> None:
        """Let go of what it holds."""


def over(snapshot: Path) -> Engine:
    """The engine of the setting `RETRACE_ENGINE` over a snapshot. Raises `Unavailable` where there is none."""
    if settings().engine == "duckdb":
        return DuckDB(load(snapshot))
    return Spark(snapshot, settings().engine)


class DuckDB:
    """Features in this process."""

    def __init__(self, history: History) -> None:
        self.history = history

    def eligible(self, target: str, as_of: datetime) -> matrix.Matrix:
        """Everyone eligible at one moment. The compiled query is kept: compiling takes longer than running."""
        backend = self.history["inspections"].get_backend()
        dates = backend.create_table("as_of_dates", pa.table({"as_of": [utc(as_of)]}), overwrite=True)
        shape = hash(tuple((name, table.schema()) for name, table in sorted(self.history.tables.items())))
        if (target, shape) not in _compiled:
            wanted = matrix.expression(self.history, cohort.eligible(self.history, target, dates), target)
            _compiled[target, shape] = str(backend.compile(wanted))
        return matrix.of(backend.con.sql(_compiled[target, shape]).to_arrow_table(), target)

    def close(self) -> None:
        """Let go of the snapshot's files."""
        self.history["inspections"].get_backend().disconnect()


#: (target, columns of the history) -> the query; the columns change only when a new site attribute arrives
_compiled: dict[tuple[str, int], str] = {}

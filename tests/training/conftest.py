"""Small histories on DuckDB: any table as rows (attributes are numbers), the others empty."""

import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest

from features.history import TABLES, History
from models.blend import BlendRanker
from models.registry import Registry
from models.trees import Growth
from training import candidates, cli
from training.commands import site

MakeHistory = Callable[[Mapping[str, Sequence[Mapping[str, Any]]]], History]


def make_history(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> History:
    backend = ibis.duckdb.connect()
    for name, columns in TABLES.items():
        rows = tables.get(name, [])
        arrays = {
            column: pa.array([row.get(column) for row in rows], dtype.to_pyarrow()) for column, dtype in columns.items()
        }
        attributes = sorted({key for row in rows for key in row if key.startswith("attr_")})
        arrays |= {key: pa.array([row.get(key) for row in rows], pa.float64()) for key in attributes}
        backend.create_table(name, pa.table(arrays))
    return History({name: backend.table(name) for name in TABLES})


START = datetime(2025, 1, 1)  # noqa: DTZ001 - UTC without a zone


def inspection(code: str, at: datetime | None, failed: int | None, **more: Any) -> dict[str, Any]:
    row = {"inspection_code": code, "kind": "routine", "occurred_at": at, "known_at": at, "due_at": at}
    return {**row, "failed": failed, "critical": 0, "major": 0, "minor": 0, **more}


@pytest.fixture(scope="session", autouse=True)
def _small_models() -> Iterator[None]:
    """Grow fewer trees: the tests are about what goes in and out, not about how good it can get."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(candidates, "model", lambda target, names: BlendRanker(tuple(names), Growth(60, (1,))))
        yield


@pytest.fixture(scope="session")
def history_of() -> MakeHistory:
    return make_history


@pytest.fixture(scope="session")
def inspected() -> Callable[..., dict[str, Any]]:
    return inspection


@pytest.fixture(scope="session")
def units() -> History:
    """Sixty units over a year: a third are bad, hot days are worse, strict inspectors find twice what mild ones do."""
    rng = np.random.default_rng(5)
    rows = []
    for number in range(1500):
        unit, inspector = int(rng.integers(60)), str(rng.choice(["mild", "strict"]))
        heat = float(rng.normal())
        chance = (0.4 if unit < 20 else 0.08) * (1.3 if inspector == "strict" else 0.7) * (1 + 0.8 * np.tanh(heat))
        at = START + timedelta(days=float(rng.uniform(0, 365)))
        more = {"department_code": f"U{unit}", "inspector_code": inspector, "attr_heat_num": heat}
        rows.append(inspection(f"I{number}", at, int(rng.random() < chance), **more))
    for unit in range(30):
        due = {"department_code": f"U{unit}", "due_at": START + timedelta(days=380), "attr_heat_num": 0.0}
        rows.append(inspection(f"D{unit}", None, None, **due) | {"known_at": START + timedelta(days=330)})
    departments = [{"department_code": f"U{unit}", "parent_code": f"A{unit % 4}"} for unit in range(60)]
    return make_history({"inspections": rows, "departments": departments})


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def command() -> Callable[[History, Path], Call]:
    """Given a history and a home: runs `retrace-train` there; exit code, standard output, standard error."""

    def made(history: History, home: Path) -> Call:
        def call(*arguments: str) -> tuple[int, str, str]:
            out, err = io.StringIO(), io.StringIO()
            with pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
                patched.setattr(site, "history", lambda: history)
                patched.setattr(site, "registry", lambda: Registry(home))
                patched.setattr(sys, "argv", ["retrace-train", *arguments])
                with pytest.raises(SystemExit) as stopped:
                    cli.main()
            return int(stopped.value.code or 0), out.getvalue(), err.getvalue()

        return call

    return made

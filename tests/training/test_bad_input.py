"""What cannot be learned from: one clear sentence, and the champion stays as it was."""

import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta

import ibis
import numpy as np
import pytest

from features.history import History
from models.registry import Registry
from training.lock import alone

DAY = timedelta(days=1)
START = datetime(2025, 1, 1)  # noqa: DTZ001 - UTC without a zone
FIT = ("fit", "risk-unit", "--until", "2025-11-01")


def _visits(inspected, count: int, **more):
    rng = np.random.default_rng(3)
    rows = []
    for number in range(count):
        unit = int(rng.integers(20))
        at = START + float(rng.uniform(0, 300)) * DAY
        failed = int(rng.random() < (0.6 if unit < 7 else 0.1))
        rows.append(inspected(f"I{number}", at, failed, department_code=f"U{unit}") | more)
    return rows


def _with_inspections(history: History, change) -> History:
    """The same history with its inspections changed."""
    backend = ibis.duckdb.connect()
    tables = {name: backend.create_table(name, history[name].to_pyarrow()) for name in history.tables}
    table = backend.create_table("changed", change(tables["inspections"]).to_pyarrow())
    return History({**tables, "inspections": table})


@pytest.fixture(scope="module")
def home(units, command, tmp_path_factory):
    """A home whose champion was fitted on the synthetic units."""
    folder = tmp_path_factory.mktemp("home")
    assert "first champion" in command(units, folder)(*FIT)[1]
    return folder


@pytest.fixture
def refused(command, home):
    """Run a command that must fail with one line, and leave the champion alone."""

    def run(history: History, *arguments: str) -> str:
        code, out, err = command(history, home)(*arguments)
        assert (code, out, err.count("\n")) == (1, "", 1), err
        assert Registry(home).champion_version("risk-unit") == 1
        assert Registry(home).versions("risk-unit")[0].version == 1
        return err

    return run


def test_an_empty_cohort(refused, units, history_of, inspected):
    people = history_of({"inspections": _visits(inspected, 300)})
    assert "no inspection for need with a result is known" in refused(people, "fit", "need")
    gone = [{"employee_code": "E", "left_at": START + DAY}]
    about = {"employee_code": "E", "process_code": "P", "department_code": None}
    left = history_of({"employees": gone, "inspections": _visits(inspected, 300, **about)})
    assert "no rows before" in refused(left, "fit", "need", "--until", "2025-10-01")
    listed = ["rank", "need", "--as-of", "2025-10-01", "--out", "x.csv"]
    assert "nobody and nothing is eligible for need" in refused(left, *listed)


def test_one_class(refused, history_of, inspected):
    passed = history_of({"inspections": _visits(inspected, 300, failed=0)})
    assert "only one class to learn from: all" in refused(passed, *FIT)


def test_a_horizon_past_the_data(refused, units):
    assert "a horizon of 3650 days looks past the data" in refused(units, *FIT, "--horizon", "3650")
    late = refused(units, "fit", "risk-unit", "--until", "2035-01-01")
    assert "the last result for risk-unit is of 2025-12-3" in late
    assert "choose --until 2026-01-01" in late


def test_infinite_values(refused, units):
    def change(rows):
        return rows.mutate(attr_heat_num=ibis.ifelse(rows.attr_heat_num > 1, float("inf"), rows.attr_heat_num))

    said = refused(_with_inspections(units, change), *FIT)
    assert "feature inspection_attr_heat_num has an infinite value" in said


def test_too_few_rows_fall_back_to_the_baseline_and_say_so(refused, command, history_of, inspected, tmp_path):
    few = history_of({"inspections": _visits(inspected, 50)})
    said = refused(few, *FIT)
    assert "only 45 inspections for risk-unit can be learned from" in said
    assert "its lists stay on the baseline 'cumulative failure rate'" in said
    listed = tmp_path / "list.csv"
    code, out, err = command(few, tmp_path)("rank", "risk-unit", "--as-of", "2025-11-01", "--out", str(listed))
    assert (code, out.strip().endswith("ranked by baseline: cumulative failure rate.")) == (0, True)
    assert "Ranked by the baseline 'cumulative failure rate': only 45 inspections" in err


def test_a_second_fit_at_the_same_time_is_told_so(refused, units, home):
    with alone(home, "fit need"):
        said = refused(units, *FIT)
        assert f"`retrace-train fit need` (process {os.getpid()}) is at work in" in said
        assert "is at work" in refused(units, "promote", "risk-unit", "1")
    with alone(home, "fit need"):
        pass


def test_a_feature_without_a_value_is_left_out_and_told(command, units, tmp_path):
    empty = _with_inspections(units, lambda rows: rows.mutate(attr_dust_num=ibis.null("float64")))
    code, out, err = command(empty, tmp_path)(*FIT)
    assert (code, "first champion" in out) == (0, True)
    assert "Left out: inspection attribute dust has no value in any of the rows." in err
    assert "inspection_attr_dust_num" not in Registry(tmp_path).load_champion("risk-unit").card.feature_names


def test_a_category_never_seen_and_a_changed_type_are_scored_all_the_same(command, units, tmp_path):
    def kinds(rows):
        kind = ibis.ifelse(rows.attr_heat_num > 0, "bakery", "bar")
        return rows.mutate(attr_kind_text=kind, attr_size_num=rows.attr_heat_num)

    def moved(rows):
        late = rows.occurred_at.isnull() | (rows.occurred_at >= ibis.timestamp("2025-11-01"))
        kind = ibis.ifelse(late, "zoo", ibis.ifelse(rows.attr_heat_num > 0, "bakery", "bar"))
        size = ibis.ifelse(late, ibis.null("float64"), rows.attr_heat_num)
        return rows.mutate(attr_kind_text=kind, attr_size_num=size, attr_size_text=ibis.ifelse(late, "big", None))

    before, after = _with_inspections(units, kinds), _with_inspections(units, moved)
    call = command(after, tmp_path)
    assert "first champion" in command(before, tmp_path)(*FIT)[1]
    listed = tmp_path / "list.csv"
    code, out, _ = call("rank", "risk-unit", "--as-of", "2025-12-20", "--out", str(listed))
    assert (code, out.strip().endswith("ranked by retrace-risk-unit/1.")) == (0, True)
    assert "nan" not in listed.read_text()
    code, _, err = call("fit", "risk-unit", "--until", "2025-12-20")
    assert (code, "Watch: inspection attribute size is a number in some rows and a text in others" in err) == (0, True)


KILLED = """
import os, signal, sys
from pathlib import Path
from models.blend import BlendRanker
from models.mlflow_door import Door
from models.registry import Registry
from models.trees import Growth
from service.history.snapshot import load
from training import candidates, cli
from training.commands import site

_, snapshot, home, owner, step = sys.argv

def killed(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

candidates.model = lambda target, names: BlendRanker(tuple(names), Growth(30, (1,)))
setattr({"Door": Door, "Registry": Registry}[owner], step, killed)
site.history = lambda: load(Path(snapshot))
site.registry = lambda: Registry(Path(home))
sys.argv = ["retrace-train", "fit", "risk-unit", "--until", "2025-11-01"]
cli.main()
"""


@pytest.mark.parametrize(("owner", "step"), [("Door", "version"), ("Registry", "_tag")])
def test_a_fit_killed_half_way_leaves_nothing_that_could_serve(
    units, command, home, refused, tmp_path_factory, owner, step
):
    folder = tmp_path_factory.mktemp("snapshot")
    for name in units.tables:
        units[name].to_parquet(folder / f"{name}.parquet")
    done = subprocess.run([sys.executable, "-c", KILLED, folder, home, owner, step], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    registry = Registry(home)
    assert [version.version for version in registry.versions("risk-unit")] == [1]
    assert registry.load_champion("risk-unit").version == 1
    assert refused(units, "promote", "risk-unit", "2")
    with alone(home, "fit risk-unit"):
        pass

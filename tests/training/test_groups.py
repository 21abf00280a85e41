"""How rankings treat groups: where people belonged then, attributes that are no features, and small groups together."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from models.contract import ModelError
from training import groups

DAY = timedelta(days=1)
START = datetime(2025, 1, 1)  # noqa: DTZ001 - UTC without a zone


@pytest.fixture(scope="module")
def site(history_of):
    moved = [
        {"employee_code": "E1", "department_code": "D1", "from_at": START, "to_at": START + 50 * DAY},
        {"employee_code": "E1", "department_code": "D2", "from_at": START + 50 * DAY},
    ]
    functions = {"D1": "operations", "D2": "quality"}
    departments = [{"department_code": code, "function": function} for code, function in functions.items()]
    people = [{"employee_code": "E1", "attr_shift_num": 2.0}, {"employee_code": "E2"}]
    return history_of({"assignments": moved, "departments": departments, "employees": people})


def _keys(*rows: tuple[str, int]) -> pd.DataFrame:
    at = pd.to_datetime([START + day * DAY for _, day in rows]).astype("datetime64[us]")
    return pd.DataFrame({"employee_code": [who for who, _ in rows], "process_code": "P", "as_of": at})


def test_a_person_belongs_where_they_were_then(site):
    found = groups._built_in(site, _keys(("E1", 10), ("E1", 50), ("E2", 10)))
    assert list(found["department"]) == ["D1", "D2", None]
    assert list(found["function"]) == ["operations", "quality", None]
    assert list(found["process"]) == ["P", "P", "P"]


def test_any_attribute_groups_and_an_unknown_one_is_an_error(site):
    keys = _keys(("E1", 10), ("E2", 10))
    assert list(groups._by_attribute(site, keys, "shift")) == ["2", None]
    with pytest.raises(ModelError, match="--group size: no person, process or department has an attribute"):
        groups._by_attribute(site, keys, "size")


def test_selection_rates_by_hand_and_small_groups_together():
    failed = np.tile([1.0, 0.0], 35)
    score = np.arange(70, 0, -1.0)
    contest = SimpleNamespace(
        judged=SimpleNamespace(failed=failed), scores={"model": score}, probabilities={"model": score / 70}, top=35
    )
    names = np.array(["a"] * 30 + ["b"] * 30 + ["c"] * 6 + [None] * 4, dtype=object)
    rows = {row["group"]: row for row in groups._rows(contest, names)}
    assert {name: row["rows"] for name, row in rows.items()} == {"a": 30, "b": 30, "other": 10}
    assert rows["a"]["rankers"]["model"]["selection rate"] == 1.0
    assert rows["b"]["rankers"]["model"]["selection rate"] == pytest.approx(5 / 30)
    assert rows["b"]["rankers"]["model"]["recall at capacity"] == pytest.approx(3 / 15)
    assert rows["other"]["failure rate"] == 0.5

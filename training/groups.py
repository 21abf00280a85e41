"""How a ranking treats groups: by department, by function, by process, or by any attribute a site keeps.

An attribute need not be a feature for this: what a model may not see is what one most wants to see here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from features.history import History
from models.contract import Codes, ModelError, Reals
from models.ranking import order
from training import metrics
from training.contest import Contest
from training.dataset import codes

DEPARTMENT, FUNCTION, PROCESS = "department", "function", "process"
#: the tables whose attributes can be asked for, by the column of the rows that names their subject
_OWNERS = {"employee_code": "employees", "department_code": "departments", "process_code": "processes"}
#: Smaller groups are put together: a handful of rows tells nothing, and may tell on somebody.
FEWEST = 20
OTHER = "other"
UNKNOWN = "unknown"


def tables(history: History, contest: Contest, more: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """What each grouping shows, largest group first: the built-in ones, then the attributes asked for.

    Raises `ModelError` for an attribute no subject of the target has.
    """
    keys = contest.judged.keys
    found = {by: column for by, column in _built_in(history, keys).items() if column is not None}
    for key in more:
        found[key] = _by_attribute(history, keys, key)
    return {by: _rows(contest, column) for by, column in found.items() if len(set(column)) > 1}


def _built_in(history: History, keys: pd.DataFrame) -> dict[str, Codes | None]:
    """department and function of each row, and its process where it has one."""
    if "employee_code" not in keys:
        own = codes(keys["department_code"])
        parents = _lookup(history, "departments", "department_code", "parent_code", own)
        return {DEPARTMENT: parents, FUNCTION: _functions(history, own)}
    home = codes(keys["department_code"]) if "department_code" in keys else _homes(history, keys)
    return {DEPARTMENT: home, FUNCTION: _functions(history, home), PROCESS: codes(keys["process_code"])}


def _homes(history: History, keys: pd.DataFrame) -> Codes:
    """Where each person belonged at the row's date; the last place they came to, if several."""
    people = keys[["employee_code", "as_of"]].drop_duplicates().dropna()
    rows = ibis.memtable(pa.Table.from_pandas(people, preserve_index=False))
    places = history["assignments"]
    during = (places.from_at <= rows.as_of) & (places.to_at.isnull() | (places.to_at > rows.as_of))
    joined = rows.inner_join(places, [rows.employee_code == places.employee_code, during])
    found = joined.select(rows.employee_code, rows.as_of, places.department_code, places.from_at)
    table = found.to_pyarrow().to_pandas().sort_values(["from_at", "department_code"])
    last = table.drop_duplicates(["employee_code", "as_of"], keep="last")
    return codes(keys.merge(last, how="left", on=["employee_code", "as_of"], suffixes=("_own", ""))["department_code"])


def _functions(history: History, departments: Codes) -> Codes:
    return _lookup(history, "departments", "department_code", "function", departments)


def _lookup(history: History, table: str, key: str, column: str, wanted: Codes) -> Codes:
    rows = history[table].select(key, column).to_pyarrow().to_pylist()
    known = {row[key]: row[column] for row in rows}
    return np.array([known.get(code) for code in wanted], dtype=object)


def _by_attribute(history: History, keys: pd.DataFrame, key: str) -> Codes:
    """Each row's value of an attribute of its person, process or department, as a text."""
    for column, table in _OWNERS.items():
        names = [name for name in history.attributes(table) if name in (f"attr_{key}_text", f"attr_{key}_num")]
        if column in keys and names:
            wanted = codes(keys[column])
            values = [_lookup(history, table, column, name, wanted) for name in names]
            rows = zip(*values, strict=True)
            return np.array([next((_told(v) for v in row if v is not None), None) for row in rows], dtype=object)
    raise ModelError(f"--group {key}: no person, process or department has an attribute of that name")


def _told(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _rows(contest: Contest, column: Codes) -> list[dict[str, Any]]:
    names = np.array([UNKNOWN if name is None else name for name in column], dtype=object)
    sizes = pd.Series(names).value_counts()
    small = set(sizes[sizes < FEWEST].index)
    names = np.array([OTHER if name in small else name for name in names], dtype=object)
    listed = pd.Series(names).value_counts().sort_index().sort_values(ascending=False, kind="stable")
    top = {name: _top(score, contest.top) for name, score in contest.scores.items()}
    return [_row(contest, str(group), names == group, top) for group in listed.index]


def _top(score: Reals, capacity: int) -> npt.NDArray[np.bool_]:
    chosen = np.zeros(len(score), dtype=bool)
    chosen[order(score)[:capacity]] = True
    return chosen


def _row(
    contest: Contest, group: str, mine: npt.NDArray[np.bool_], top: Mapping[str, npt.NDArray[np.bool_]]
) -> dict[str, Any]:
    """One group: its size and failures, and per ranker the share selected, the failures found and the AUC within."""
    failed = contest.judged.failed[mine]
    rankers: dict[str, dict[str, float]] = {}
    for name, score in contest.scores.items():
        chosen = top[name][mine]
        rankers[name] = {
            "selection rate": float(chosen.mean()),
            metrics.RECALL_AT_CAPACITY: float(failed[chosen].sum() / failed.sum()) if failed.any() else float("nan"),
            metrics.AUC: metrics.auc(score[mine], failed),
        }
        if name in contest.probabilities:
            rankers[name]["mean probability"] = float(contest.probabilities[name][mine].mean())
    return {
        "group": group, "rows": int(mine.sum()), "failures": int(failed.sum()),
        "failure rate": float(failed.mean()), "rankers": rankers,
    }  # fmt: skip

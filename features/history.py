"""History: the event tables machine learning may see, and the columns each must have.

This is the whole contract between records and models. `service/history.py` defines one database view per table;
a snapshot copies the views out; the feature blocks read nothing else. Rules that hold in every table:

- subjects are codes (text); times are UTC without a zone; `failed` and other flags are 0/1 integers;
- `occurred_at` is when it happened, `known_at` when it could be known, `superseded_at` when a later revision of
  the same record became known (null while it is the latest): the three columns `asof.known_before` cuts on;
- tables in `WITH_ATTRIBUTES` carry further columns `attr_K_num` (float64) and `attr_K_text` (string), one pair for
  each site attribute: blocks take whatever the schema offers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.datatypes as dt

_TEXT = dt.string
_TIME = dt.Timestamp(scale=6)
_WHOLE = dt.int64
_REAL = dt.float64

_EVENT = {"occurred_at": _TIME, "known_at": _TIME, "superseded_at": _TIME}

#: table -> columns it must have. Tables without `known_at` are reference data: in force whenever we look.
TABLES: Mapping[str, Mapping[str, dt.DataType]] = {
    "employees": {"employee_code": _TEXT, "hired_at": _TIME, "left_at": _TIME},
    "departments": {"department_code": _TEXT, "parent_code": _TEXT, "function": _TEXT},
    "processes": {"process_code": _TEXT, "department_code": _TEXT},
    # who belongs where; `to_at` is null while it lasts
    "assignments": {
        "employee_code": _TEXT, "department_code": _TEXT, "post_code": _TEXT, "from_at": _TIME, "to_at": _TIME,
    },
    # what a process demands: one row per course the process itself requires
    "requirements": {"process_code": _TEXT, "course_code": _TEXT, "validity_days": _WHOLE},
    # which standards a course teaches; a course without one is of its processes only
    "course_standards": {"course_code": _TEXT, "standard_code": _TEXT},
    # a version of a standard that a process must follow; occurred_at = the date it takes effect
    "standard_changes": {"process_code": _TEXT, "standard_code": _TEXT, "version": _TEXT, **_EVENT},
    # a version of a process; occurred_at = the date it takes effect
    "process_changes": {"process_code": _TEXT, "version": _TEXT, **_EVENT},
    # one row per version of a process and version of a standard it names; occurred_at = the date it takes effect
    "process_standards": {
        "process_code": _TEXT, "version": _TEXT, "standard_code": _TEXT, "standard_version": _TEXT, **_EVENT,
    },
    # one row per training record and process its course covers; occurred_at = completed_at (null while open)
    "retraining": {
        "record_code": _TEXT, "employee_code": _TEXT, "process_code": _TEXT, "course_code": _TEXT,
        "standard_version": _TEXT, "assigned_at": _TIME, "result": _TEXT, "score": _REAL, "minutes": _REAL, **_EVENT,
    },
    # one row per work record; occurred_at = started_at
    "work": {
        "work_code": _TEXT, "employee_code": _TEXT, "process_code": _TEXT, "process_version": _TEXT,
        "post_code": _TEXT, "batch_code": _TEXT, "department_code": _TEXT, "finished_at": _TIME,
        "self_check": _TEXT, "supervised": _WHOLE, **_EVENT,
    },
    # one row per revision of a batch; occurred_at = its start
    "batches": {"batch_code": _TEXT, "product": _TEXT, "process_code": _TEXT, **_EVENT},
    # lot genealogy: which batches went into a batch; occurred_at = the batch's start
    "batch_inputs": {"batch_code": _TEXT, "input_code": _TEXT, **_EVENT},
    # one row per revision of an inspection; occurred_at = performed_at. Without a result it is an order
    # (failed and occurred_at are null). employee_code, process_code, batch_code are the inspection's own or, where it
    # is of a work record, that record's. critical, major, minor count its findings. propensity is the chance the work
    # had of being chosen, where the floor ordered it; reserve_chance that of being drawn for the random reserve, and
    # reserved whether it was (null: not drawn for). Never features: they weigh what was seen.
    "inspections": {
        "inspection_code": _TEXT, "kind": _TEXT, "employee_code": _TEXT, "process_code": _TEXT,
        "department_code": _TEXT, "work_code": _TEXT, "batch_code": _TEXT, "inspector_code": _TEXT,
        "due_at": _TIME, "failed": _WHOLE, "sample_size": _WHOLE, "nonconforming": _WHOLE, "score": _REAL,
        "critical": _WHOLE, "major": _WHOLE, "minor": _WHOLE, "propensity": _REAL,
        "reserve_chance": _REAL, "reserved": _WHOLE, **_EVENT,
    },
    # one row per revision of an inspection and clause found wanting, its other columns as above; critical, major, minor
    # count the findings under the clause
    "findings": {
        "inspection_code": _TEXT, "employee_code": _TEXT, "process_code": _TEXT, "department_code": _TEXT,
        "work_code": _TEXT, "batch_code": _TEXT, "failed": _WHOLE, "clause": _TEXT, "critical": _WHOLE,
        "major": _WHOLE, "minor": _WHOLE, **_EVENT,
    },
    # reports attach to process and department, never to their author
    "difficulties": {
        "report_code": _TEXT, "kind": _TEXT, "department_code": _TEXT, "process_code": _TEXT, "severity": _WHOLE,
        **_EVENT,
    },
    "issues": {
        "issue_code": _TEXT, "kind": _TEXT, "department_code": _TEXT, "process_code": _TEXT, "batch_code": _TEXT,
        "severity": _WHOLE, **_EVENT,
    },
    # occurred_at = the shift's start; night = 1 where most of it lies between 22:00 and 06:00 by the site's own clock
    # (the view knows the site's zone, features only know UTC)
    "shifts": {"employee_code": _TEXT, "department_code": _TEXT, "ends_at": _TIME, "night": _WHOLE, **_EVENT},
}

WITH_ATTRIBUTES = frozenset({"employees", "departments", "processes", "work", "inspections"})


class IncompleteHistory(ValueError):
    """A history lacks a table or a column of the contract, or has it with another type."""


def _kind(dtype: dt.DataType) -> tuple[str, str | None]:
    """What must agree between engines: not the width of a number or the scale of a time, but the zone of one."""
    if dtype.is_integer():
        return "whole", None
    if dtype.is_floating():
        return "real", None
    return type(dtype).__name__, getattr(dtype, "timezone", None)


@dataclass(frozen=True)
class History:
    """The event tables, bound to one engine (DuckDB, PostgreSQL or Spark).

    Raises `IncompleteHistory` when a table or column of the contract is missing, or is of another kind (a text
    where a time is due; a time with a zone).
    """

    tables: Mapping[str, ibis.Table]
    #: the hash of the snapshot they were read from, where they were
    content: str | None = None

    def __post_init__(self) -> None:
        for name, columns in TABLES.items():
            if name not in self.tables:
                raise IncompleteHistory(f"history has no table {name}")
            missing = [column for column in columns if column not in self.tables[name].columns]
            if missing:
                raise IncompleteHistory(f"history table {name} has no column {', '.join(missing)}")
            self._check_kinds(name, columns)

    def _check_kinds(self, name: str, columns: Mapping[str, dt.DataType]) -> None:
        schema = self.tables[name].schema()
        for column, due in columns.items():
            given = schema[column]
            if _kind(given) != _kind(due):
                raise IncompleteHistory(f"history table {name}, column {column}: is {given}, must be {due}")

    def __getitem__(self, name: str) -> ibis.Table:
        return self.tables[name]

    def attributes(self, name: str) -> list[str]:
        """The site-attribute columns of a table (`attr_K_num`, `attr_K_text`), in a stable order."""
        return sorted(column for column in self.tables[name].columns if column.startswith("attr_"))

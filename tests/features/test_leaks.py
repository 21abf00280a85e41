"""No feature may know the future: for every target, over all blocks at once.

Each matrix is compiled once over plain DuckDB tables; every example only changes their rows. Records are drawn with all
the revisions they will ever have; a world is what of them has become known by a date.
"""

from collections.abc import Iterable
from random import Random
from typing import Any, NamedTuple

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.catalog import features
from features.cohort import IDENTITY, KEYS, TARGETS, eligible
from features.history import TABLES, History
from features.matrix import expression

# ibis 12 still calls a DuckDB method that DuckDB 2 deprecates

START = pd.Timestamp("2024-01-01")
NOW = 400.0
ATTRIBUTES = ("attr_k_num", "attr_k_text")
EVENTS = tuple(name for name, columns in TABLES.items() if "known_at" in columns)
CODES: dict[str, tuple[str | None, ...]] = {
    "employee_code": ("e1", "e2"), "process_code": ("p1", "p2"), "department_code": ("d1", "d2", "d3"),
    "batch_code": ("b1", "b2"), "input_code": ("b1", "b2"), "work_code": ("w1", "w2"), "inspector_code": ("i1", "i2"),
    "course_code": ("c1", "c2"), "standard_code": ("s1",), "standard_version": ("1", "s1@2", None),
    "version": ("1", "2"), "process_version": ("1", "2", None), "result": ("passed", "failed", "absent", "open"),
    "self_check": ("pass", "fail", "missing"), "kind": ("patrol", "final"), "clause": ("4.1", "9"),
    "product": ("cake", "milk", None), "attr_k_text": ("x", "y", None),
}  # fmt: skip
OWN_CODE = {
    "work": "work_code", "inspections": "inspection_code", "retraining": "record_code", "batches": "batch_code",
}  # fmt: skip
NO_SUBJECT: dict[str, Any] = {"employee_code": None, "process_code": None, "work_code": None, "batch_code": None}
SUBJECTS: tuple[dict[str, Any], ...] = (NO_SUBJECT, {"department_code": None, "batch_code": None, "work_code": None},
                                        {"department_code": "d1"}, {**NO_SUBJECT, "batch_code": "b1"})  # fmt: skip
PLACE = {"attr_latitude_num": 41.9, "attr_longitude_num": -87.65}
REFERENCE = {
    "employees": [{"employee_code": code, "hired_at": 10.0, "attr_k_num": 1.0} for code in ("e1", "e2")],
    "departments": [{"department_code": code, "parent_code": "area", **PLACE} for code in ("d1", "d2")],
    "assignments": [{"employee_code": "e1", "department_code": "d1", "post_code": "o1", "from_at": 20.0},
                    {"employee_code": "e2", "department_code": "d1", "post_code": "o1", "from_at": 20.0},
                    {"employee_code": "e2", "department_code": "d2", "from_at": 350.0, "to_at": 399.25}],
    "processes": [{"process_code": "p1", "department_code": "d1"}, {"process_code": "p2", "department_code": "d2"}],
    "requirements": [{"process_code": "p1", "course_code": "c1", "validity_days": 100},
                     {"process_code": "p1", "course_code": "c2"}],
}  # fmt: skip

# Days on a coarse grid around NOW, so that "exactly now", "just before" and "the same day" are drawn often.
DAYS = (30.0, 120.0, 300.0, 320.0, 390.0, 395.5, 399.0, 399.75, NOW, 400.25, 401.0, 430.0)


class Event(NamedTuple):
    """One revision of one record."""

    table: str
    row: dict[str, Any]


def _value(draw: Random, column: str, kind: Any) -> Any:
    if column in CODES:
        return draw.choice(CODES[column])
    if kind.is_string():
        return draw.choice((None, "t"))
    if kind.is_timestamp():
        return draw.choice((None, *DAYS[:9], *DAYS))
    if column in ("failed", "supervised", "night"):
        return draw.choice((0, 1))
    return draw.choice((None, 0, 1, 3) if kind.is_integer() else (None, 0.5, 2.0, 8.0))


def _record(draw: Random, table: str, code: str, after: float | None) -> list[Event]:
    """One record with one to three revisions; all of them known at or after `after`."""
    allowed = [day for day in DAYS if after is None or day >= after]
    known = sorted(draw.sample(allowed, draw.randint(1, 3)))
    subject = draw.choice(SUBJECTS) if table == "inspections" else {}
    columns = dict(TABLES[table])
    if table in ("work", "inspections"):
        columns |= dict(zip(ATTRIBUTES, (ibis.dtype("float64"), ibis.dtype("string")), strict=True))
    events = []
    for at, until in zip(known, [*known[1:], None], strict=True):
        row = {column: _value(draw, column, kind) for column, kind in columns.items()}
        row |= {**subject, "known_at": at, "superseded_at": until}
        if table in OWN_CODE:
            row[OWN_CODE[table]] = code
        events.append(Event(table, row))
    if table == "inspections" and draw.random() < 0.5:
        events[0].row.update(failed=None, occurred_at=None)
    return events


def _world(seed: int, size: int, after: float | None = None) -> list[Event]:
    """Records of every table; those of `inspections` most. Known only at or after `after`, where it is given."""
    draw = Random(seed)
    tables = [*EVENTS, *["inspections"] * 8, "work", "work", "retraining"]
    events: list[Event] = []
    # A code has one record only: the first ones are those that inspections, attributes and inputs refer to.
    named = [] if after is not None else [("work", "w1"), ("work", "w2"), ("batches", "b1"), ("batches", "b2")]
    for number in range(size):
        table = draw.choice(tables)
        table, code = named.pop() if named else (table, f"{table}-{seed}-{number}-{after}")
        events += _record(draw, table, code, after)
    return events


seeds = st.integers(0, 2**32)
worlds = st.builds(_world, seeds, st.integers(20, 90))
later_worlds = st.builds(_world, seeds, st.integers(5, 40), st.just(NOW))


def known_by(events: Iterable[Event], at: float) -> list[Event]:
    """The world as it is recorded at a moment: later revisions do not exist, and nothing tells that they will."""
    return [
        Event(table, {**row, "superseded_at": until if (until := row["superseded_at"]) and until < at else None})
        for table, row in events
        if row["known_at"] < at
    ]


class Site:
    """DuckDB tables with one compiled matrix per target."""

    def __init__(self) -> None:
        self.engine = ibis.duckdb.connect(threads=1)
        self.schemas: dict[str, ibis.Schema] = {}
        for name, columns in TABLES.items():
            kinds = dict(zip(ATTRIBUTES, ("float64", "string"), strict=True))
            offered = kinds if name in ("employees", "work", "inspections") else {}
            offered = dict.fromkeys(PLACE, "float64") if name == "departments" else offered
            self._create(name, {**columns, **offered})
        self.history = History({name: self.engine.table(name) for name in TABLES})
        self._create("dates", {"as_of": "timestamp(6)"})
        self._insert("dates", [{"as_of": day} for day in (310.0, 399.5, NOW)])
        self._compiled: dict[str, tuple[str, str]] = {}

    def compiled(self, target: str) -> tuple[str, str]:
        if target not in self._compiled:
            cohort = eligible(self.history, target, self.engine.table("dates"))
            self._create(f"cohort_{target}", cohort.schema())
            matrix = expression(self.history, self.engine.table(f"cohort_{target}"), target)
            self._compiled[target] = (self.engine.compile(cohort), self.engine.compile(matrix))
        return self._compiled[target]

    def record(self, events: Iterable[Event]) -> None:
        rows: dict[str, list[dict[str, Any]]] = {name: list(REFERENCE.get(name, [])) for name in TABLES}
        for table, row in events:
            rows[table].append(row)
        for name, found in rows.items():
            self.engine.con.execute(f'DELETE FROM "{name}"')
            self._insert(name, found)

    def stand(self, target: str) -> None:
        """Fix the cohort as it is now."""
        cohort, _ = self.compiled(target)
        self.engine.con.execute(f'DELETE FROM "cohort_{target}"')
        self.engine.con.execute(f'INSERT INTO "cohort_{target}" {cohort}')

    def cohort(self, target: str) -> set[tuple[Any, ...]]:
        return set(self.engine.con.execute(self.compiled(target)[0]).fetchall())

    def features(self, target: str) -> dict[tuple[Any, ...], dict[str, Any]]:
        result = self.engine.con.execute(self.compiled(target)[1])
        names = [column[0] for column in result.description]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        found = {tuple(row[key] for key in (*IDENTITY[target], "as_of")): row for row in rows}
        assert len(found) == len(rows)
        return found

    def names(self, target: str) -> list[str]:
        return [feature.name for feature in features(self.history, target)]

    def _create(self, name: str, columns: Any) -> None:
        self.schemas[name] = ibis.schema(columns)
        self.engine.create_table(name, schema=self.schemas[name])

    def _insert(self, name: str, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        columns = {
            column: [
                (START + pd.Timedelta(days=row[column])).to_pydatetime()
                if kind.is_timestamp() and row.get(column) is not None
                else row.get(column)
                for row in rows
            ]
            for column, kind in self.schemas[name].items()
        }
        table = pa.table(columns, schema=self.schemas[name].to_pyarrow())
        self.engine.con.register("inserted", table)
        self.engine.con.execute(f'INSERT INTO "{name}" SELECT * FROM inserted')


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


# An example costs up to a second (planning the query, not running it), so each one holds many records and dates.
often = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("target", TARGETS)
def test_events_known_at_or_after_as_of_change_no_feature(site: Site, target: str) -> None:
    @often
    @given(worlds, later_worlds)
    def check(base: list[Event], later: list[Event]) -> None:
        site.record(base)
        site.stand(target)
        before = site.features(target)
        revised = [
            Event(table, {**row, "superseded_at": NOW}) if row["superseded_at"] is None else Event(table, row)
            for table, row in base
        ]
        site.record(revised + later)
        assert site.features(target) == before

    check()


@pytest.mark.parametrize("target", TARGETS)
def test_features_computed_live_equal_features_computed_later(site: Site, target: str) -> None:
    moved: set[str] = set()

    @settings(often, max_examples=15)  # six worlds sometimes move too little of the matrix
    @given(worlds)
    def check(world: list[Event]) -> None:
        site.record(known_by(world, NOW))
        live_cohort = site.cohort(target)
        site.stand(target)
        live = site.features(target)
        site.record(world)
        assert site.features(target) == live
        moved.update(name for row in live.values() for name, value in row.items() if value not in (None, 0.0))
        later_cohort = site.cohort(target)
        if target == "need":
            assert later_cohort == live_cohort
        else:
            # Orders are in the cohort also before they were known: only for the moment itself is it settled who is in,
            # and there an order entered later stands in place of its unit's empty row.
            order, as_of = (KEYS[target].index(column) for column in ("inspection_code", "as_of"))
            now = START + pd.Timedelta(days=NOW)
            assert {row for row in live_cohort if row[order] and row[as_of] == now} <= later_cohort

    check()
    # A matrix that never changes would pass as well: the worlds drawn must move most of it.
    assert len(moved) > 0.8 * len(site.names(target))

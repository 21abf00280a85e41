"""Features of a few subjects as the records stand at this moment, by PostgreSQL, with the blocks of the nightly run.

One connection is kept. On it lie copies of the event tables of inspections and batches, brought up to date before each
question: every rate is shrunk towards that of all, and to work them out anew takes seconds. Of the other event tables
those that grow are narrowed to what the subjects lead to (`reach`). Statements are planned once.
"""

import gc
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import ibis
import pyarrow as pa
from sqlalchemy import Connection, Engine, Select, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import DateTime, Text

from features import cohort, matrix
from features.history import History
from features.outcomes import BY_MONTH
from service.history import postgres, reach
from service.history.counted import months
from service.history.kept import COPIED, Kept
from service.history.postgres import Planned
from service.history.reach import Reach
from service.history.revised import moment
from service.history.snapshot import known_keys, sql
from service.history.views import views
from service.settings import settings

#: the statement's parameters after those of `reach`: the moment, then the codes that name the subjects
_AS_OF, _FIRST, _SECOND = range(reach.NEXT, reach.NEXT + 3)
_ORDERS, _PAIRS, _DATES = "asked_orders", "asked_pairs", "asked_dates"


class Live:
    """Asks on one connection, in its transaction; ended with `close`."""

    def __init__(self, engine: Engine) -> None:
        self.connection: Connection = engine.connect().execution_options(isolation_level="REPEATABLE READ")
        self._driver = postgres.driver(self.connection)
        # what psycopg prepares by itself it lets go after a rollback, and ours with it
        self._driver.prepare_threshold = None
        with self._driver.transaction():
            # the subjects are always few: one plan fits all, and planning takes longer than asking
            self._driver.execute("SET plan_cache_mode = force_generic_plan")
        self._keys: dict[str, list[str]] | None = None
        self._kept = Kept(self.connection)
        self._reach: Reach | None = None
        self._planned: dict[str, tuple[pa.Schema, Planned]] = {}

    def close(self) -> None:
        """Give the connection up with everything on it."""
        self.connection.invalidate()
        self.connection.close()

    def orders(self, target: str, codes: Sequence[str], as_of: datetime) -> matrix.Matrix:
        """The open inspections among `codes` that are of a target, with their features."""
        found = self._refreshed().of_orders(codes)
        return self._asked(target, found, as_of, list(codes), [])

    def pairs(self, people: Sequence[str], processes: Sequence[str], as_of: datetime) -> matrix.Matrix:
        """People on processes, pair by pair, with the features of `need`; who is not eligible has no row."""
        found = self._refreshed().of_pairs(people, processes)
        return self._asked("need", found, as_of, list(people), list(processes))

    def _asked(self, target: str, found: Any, as_of: datetime, *codes: list[str]) -> matrix.Matrix:
        if target not in self._planned:
            self._planned[target] = self._plan(target)
        schema, planned = self._planned[target]
        return matrix.of(postgres.as_arrow(schema, planned.rows(*found, as_of, *codes)), target)

    def _plan(self, target: str) -> tuple[pa.Schema, Planned]:
        queries = views(self._keys or {}, settings().timezone, reach.NARROW)
        shape = (target, tuple(column for query in queries.values() for column in query.selected_columns.keys()))
        if shape not in _compiled:
            _compiled[shape] = _compile(target, queries)
            # Else one of the next scores would wait half a second while what this leaves behind is looked through.
            gc.collect()
        schema, text = _compiled[shape]
        return schema, Planned(self.connection, "live_" + target.replace("-", "_"), text)

    def _refreshed(self) -> Reach:
        """Bring what lies on the connection up to date; after a new site attribute arrived, make it anew."""
        keys = known_keys(self.connection)
        if self._reach is None or keys != self._keys:
            self._driver.execute("DEALLOCATE ALL")
            self._planned.clear()
            self._kept.forget()
            self._keys, self._reach = keys, Reach(self.connection)
        self._kept.refresh(keys.get("inspections", ()))
        return self._reach


#: (target, columns) -> the statement, and what it gives: compiling takes longer than anything else here
_compiled: dict[tuple[str, tuple[str, ...]], tuple[pa.Schema, str]] = {}


def _compile(target: str, queries: postgres.Queries) -> tuple[pa.Schema, str]:
    events = postgres.unbound(queries)
    history = History({**events.tables, BY_MONTH: months(queries["inspections"])})
    wanted = matrix.expression(history, _few(history, target), target)
    bound = {postgres.named(table): query for table, query in queries.items() if table not in COPIED}
    return wanted.schema().to_pyarrow(), sql(postgres.statement(wanted, bound | _given(), _given()))


def _few(history: History, target: str) -> ibis.Table:
    """The eligible among the subjects asked for."""
    subjects = ["employee_code", "process_code"] if target == "need" else ["inspection_code"]
    asked = ibis.table(dict.fromkeys(subjects, "string"), name=_PAIRS if target == "need" else _ORDERS)
    narrowed = ("inspections", "work", "retraining") if target == "need" else ("inspections",)
    few = {name: history[name].semi_join(asked, subjects) for name in narrowed}
    dates = ibis.table({"as_of": "timestamp(6)"}, name=_DATES)
    return cohort.eligible(History({**history.tables, **few}), target, dates)


def _given() -> dict[str, Select[Any]]:
    """The statement's parameters as tables."""
    as_of = cast(literal_column(f"${_AS_OF}"), DateTime(timezone=True))
    first, second = (cast(literal_column(f"${number}"), ARRAY(Text)) for number in (_FIRST, _SECOND))
    pairs = func.unnest(first, second).table_valued("employee_code", "process_code", name="pairs").render_derived()
    return {
        _DATES: select(moment(as_of).label("as_of")),
        _ORDERS: select(func.unnest(first).label("inspection_code")),
        _PAIRS: select(pairs.c.employee_code, pairs.c.process_code),
    }

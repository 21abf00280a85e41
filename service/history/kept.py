"""A connection's own copies of the event tables of inspections and batches, which follow what is recorded."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Select,
    Text,
    any_,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    select,
    table,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from service.history import counted, postgres
from service.history.inspections import findings, inspections
from service.history.postgres import Planned
from service.history.revised import Only
from service.history.views import batches
from service.inspections.tables import Finding, Inspection
from service.work.tables import Batch, WorkParticipant, WorkRecord


@dataclass(frozen=True)
class Copied:
    """How an event table is copied: whose rows change together, and the columns by which it is looked up."""

    record: str
    indexed: tuple[str, ...]

    @property
    def code(self) -> str:
        """The column that names the record a row is of."""
        return f"{self.record}_code"


#: the event tables copied
COPIED: Mapping[str, Copied] = {
    "inspections": Copied("inspection", (
        "inspection_code", "employee_code", "process_code", "department_code", "work_code", "batch_code",
        "inspector_code", "known_at",
    )),
    "findings": Copied("inspection", ("inspection_code", "department_code", "clause")),
    "batches": Copied("batch", ("batch_code", "product")),
}  # fmt: skip
#: more changed at once than this is copied anew
_MANY = 20_000
#: a row is recorded at most so long before its transaction gets a number, or, where nothing older is known, commits
_LAG, _LONGEST = timedelta(seconds=10), timedelta(days=1)


class Kept:
    """The copies. What a refresh does not see, because its transaction was not over, a later one does see.

    Of transactions without end by then, all got their numbers after an earlier refresh that knew of none so high; so
    their rows were recorded after it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        #: record -> what takes changed ones out, and what puts them in again; empty before the first copy
        self._replacing: dict[str, list[Planned]] = {}
        self._changed: Planned | None = None
        #: what the last refresh saw of what had been recorded since the one before: records never change, so what was
        #: seen once is copied
        self._seen: set[Any] = set()
        #: of each refresh: when, and the number the next transaction was to get
        self._past: list[tuple[datetime, int]] = []
        self._since = datetime.min.replace(tzinfo=UTC)

    def forget(self) -> None:
        """Copy everything anew the next time."""
        self._changed, self._replacing = None, {}
        self._seen.clear()
        self._past.clear()

    def refresh(self, keys: Sequence[str]) -> None:
        """As the records stand in this transaction; `keys`: the site attributes of inspections."""
        at, oldest, following = self._connection.execute(_SNAPSHOT).one()
        found = set(self._changed.rows(since=self._since)) if self._changed else set()
        fresh = found - self._seen
        if self._changed is None or len(fresh) > _MANY:
            self._copy(keys)
        else:
            self._replace(fresh)
        if self._changed is None:
            self._changed = Planned(self._connection, "kept_changed", _changed())
            self._replacing = _replacing(self._connection, keys)
        self._seen = found
        self._past = [(when, number) for when, number in self._past if when >= self._since - _LAG]
        self._past.append((at, following))
        known = [when for when, number in self._past if number <= oldest]
        self._since = known[-1] - _LAG if known else self._past[0][0] - _LONGEST

    def _replace(self, fresh: Collection[Any]) -> None:
        for changed in {record for record, *_ in fresh}:
            codes = list({code for record, code, *_ in fresh if record == changed})
            for statement in self._replacing[changed]:
                statement.rows(codes=codes)

    def _copy(self, keys: Sequence[str]) -> None:
        every = _queries(keys, None)
        # Row security makes the planner expect few rows, and loops over whole tables took sixteen seconds for one.
        self._connection.execute(text("SET LOCAL enable_nestloop = off"))
        for name, copied in COPIED.items():
            self._connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{postgres.named(name)}"))
            postgres.keep(self._connection, postgres.named(name), every[name], copied.indexed)
        counted.count(self._connection, every["inspections"])
        self._connection.execute(text("SET LOCAL enable_nestloop = on"))


def _replacing(connection: Connection, keys: Sequence[str]) -> dict[str, list[Planned]]:
    codes = any_(bindparam("codes", type_=ARRAY(Text)))
    fresh = _queries(keys, lambda rows: rows.c.code == codes)
    replacing: dict[str, list[Planned]] = {copied.record: [] for copied in COPIED.values()}
    for name, copied in COPIED.items():
        columns = fresh[name].selected_columns.keys()
        kept = table(postgres.named(name), *(column(each) for each in columns))
        replacing[copied.record] += [
            Planned(connection, f"take_{name}", delete(kept).where(kept.c[copied.code] == codes)),
            Planned(connection, f"put_{name}", insert(kept).from_select(columns, fresh[name])),
        ]
    less, more = counted.counting(connection, fresh["inspections"])
    return {**replacing, "inspection": [less, *replacing["inspection"], more]}


def _queries(keys: Sequence[str], only: Only) -> dict[str, Select[Any]]:
    return {"inspections": inspections(keys, only), "findings": findings(only), "batches": batches(only)}


def _number(transaction: Any) -> Any:
    return cast(cast(transaction, Text), BigInteger)


_SNAPSHOT = select(
    func.now(), _number(func.pg_snapshot_xmin(func.pg_current_snapshot())),
    _number(func.pg_snapshot_xmax(func.pg_current_snapshot())),
)


def _changed() -> Any:
    """What was recorded since: which record looks otherwise for it, and what it is.

    An inspection looks otherwise for what is recorded of it, of its work or of its people.
    """
    seen, found = Inspection.__table__, Finding.__table__
    part, work, root = WorkParticipant.__table__, WorkRecord.__table__, WorkRecord.__table__.alias("root")
    at = bindparam("since", type_=DateTime(timezone=True))
    corrected = (work.c.code == root.c.code) & (work.c.revision > 1)
    of_work = seen.join(root, root.c.id == seen.c.work_id).join(work, corrected)
    batch = Batch.__table__

    def of(record: str, code: Any, recorded: Any, joined: Any) -> Any:
        told = (literal(record).label("record"), code.label("code"), literal(recorded.name).label("what"))
        # between two ends, as a plan for all takes a third of a table to lie beyond one
        lately = recorded.c.recorded_at.between(at, text("'infinity'"))
        return select(*told, recorded.c.id).select_from(joined).where(lately)

    return union_all(
        of("inspection", seen.c.code, seen, seen),
        of("inspection", seen.c.code, found, seen.join(found, found.c.inspection_id == seen.c.id)),
        of("inspection", seen.c.code, part, seen.join(part, part.c.work_id == seen.c.work_id)),
        of("inspection", seen.c.code, work, of_work),
        of("batch", batch.c.code, batch, batch),
    )

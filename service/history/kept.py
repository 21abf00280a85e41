"""A connection's own copies of the event tables of inspections and batches, which follow what is recorded."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Executable,
    Select,
    Text,
    any_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from service.history import postgres
from service.history.inspections import findings, inspections
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
        "inspector_code",
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
        self._replacing: dict[str, list[Executable]] = {}
        #: what the last refresh saw of what had been recorded since the one before: records never change, so what was
        #: seen once is copied
        self._seen: set[Any] = set()
        #: of each refresh: when, and the number the next transaction was to get
        self._past: list[tuple[datetime, int]] = []
        self._since = datetime.min.replace(tzinfo=UTC)

    def forget(self) -> None:
        """Copy everything anew the next time."""
        self._replacing = {}
        self._seen.clear()
        self._past.clear()

    def refresh(self, keys: Sequence[str]) -> None:
        """As the records stand in this transaction; `keys`: the site attributes of inspections."""
        at, oldest, following = self._connection.execute(_SNAPSHOT).one()
        found = set(self._connection.execute(_CHANGED, {"since": self._since})) if self._replacing else set()
        fresh = found - self._seen
        if not self._replacing or len(fresh) > _MANY:
            self._replacing = self._copy(keys)
        else:
            self._replace(fresh)
        self._seen = found
        self._past = [(when, number) for when, number in self._past if when >= self._since - _LAG]
        self._past.append((at, following))
        known = [when for when, number in self._past if number <= oldest]
        self._since = known[-1] - _LAG if known else self._past[0][0] - _LONGEST

    def _replace(self, fresh: Collection[Any]) -> None:
        for record in {row.record for row in fresh}:
            codes = list({row.code for row in fresh if row.record == record})
            for statement in self._replacing[record]:
                self._connection.execute(statement, {"codes": codes})

    def _copy(self, keys: Sequence[str]) -> dict[str, list[Executable]]:
        changed = any_(bindparam("codes", type_=ARRAY(Text)))
        every, fresh = _queries(keys, None), _queries(keys, lambda rows: rows.c.code == changed)
        replacing: dict[str, list[Executable]] = {copied.record: [] for copied in COPIED.values()}
        # Row security makes the planner expect few rows, and loops over whole tables took sixteen seconds for one.
        self._connection.execute(text("SET LOCAL enable_nestloop = off"))
        for name, copied in COPIED.items():
            self._connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{postgres.named(name)}"))
            table = postgres.keep(self._connection, postgres.named(name), every[name], copied.indexed)
            replacing[copied.record] += [
                delete(table).where(table.c[copied.code] == changed),
                insert(table).from_select(fresh[name].selected_columns.keys(), fresh[name]),
            ]
        self._connection.execute(text("SET LOCAL enable_nestloop = on"))
        return replacing


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
        return select(*told, recorded.c.id).select_from(joined).where(recorded.c.recorded_at >= at)

    return union_all(
        of("inspection", seen.c.code, seen, seen),
        of("inspection", seen.c.code, found, seen.join(found, found.c.inspection_id == seen.c.id)),
        of("inspection", seen.c.code, part, seen.join(part, part.c.work_id == seen.c.work_id)),
        of("inspection", seen.c.code, work, of_work),
        of("batch", batch.c.code, batch, batch),
    )


_CHANGED = _changed()

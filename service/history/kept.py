"""A connection's own copies of the event tables of inspections, which follow what is recorded."""

from collections.abc import Sequence
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
    select,
    text,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY

from service.history import postgres
from service.history.inspections import findings, inspections
from service.history.revised import Only
from service.inspections.tables import Finding, Inspection
from service.work.tables import WorkParticipant, WorkRecord

#: the event tables copied, and the columns by which they are looked up
COPIED = {
    "inspections": (
        "inspection_code", "employee_code", "process_code", "department_code", "work_code", "batch_code",
        "inspector_code",
    ),
    "findings": ("inspection_code", "department_code", "clause"),
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
        #: what takes changed inspections out, and what puts them in again; empty before the first copy
        self._replacing: tuple[Executable, ...] = ()
        #: of each refresh: when, and the number the next transaction was to get
        self._past: list[tuple[datetime, int]] = []
        self._since = datetime.min.replace(tzinfo=UTC)

    def forget(self) -> None:
        """Copy everything anew the next time."""
        self._replacing = ()
        self._past.clear()

    def refresh(self, keys: Sequence[str]) -> None:
        """As the records stand in this transaction; `keys`: the site attributes of inspections."""
        at, oldest, following = self._connection.execute(_SNAPSHOT).one()
        codes = list(self._connection.scalars(_CHANGED, {"since": self._since})) if self._replacing else []
        if not self._replacing or len(codes) > _MANY:
            self._replacing = self._copy(keys)
        elif codes:
            for statement in self._replacing:
                self._connection.execute(statement, {"codes": codes})
        self._past = [(when, number) for when, number in self._past if when >= self._since - _LAG]
        self._past.append((at, following))
        known = [when for when, number in self._past if number <= oldest]
        self._since = known[-1] - _LAG if known else self._past[0][0] - _LONGEST

    def _copy(self, keys: Sequence[str]) -> tuple[Executable, ...]:
        changed = any_(bindparam("codes", type_=ARRAY(Text)))
        every, fresh = _queries(keys, None), _queries(keys, lambda rows: rows.c.code == changed)
        replacing: list[Executable] = []
        # Row security makes the planner expect few rows, and loops over whole tables took sixteen seconds for one.
        self._connection.execute(text("SET LOCAL enable_nestloop = off"))
        for name, indexed in COPIED.items():
            self._connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{postgres.named(name)}"))
            table = postgres.keep(self._connection, postgres.named(name), every[name], indexed)
            replacing.append(delete(table).where(table.c.inspection_code == changed))
            replacing.append(insert(table).from_select(fresh[name].selected_columns.keys(), fresh[name]))
        self._connection.execute(text("SET LOCAL enable_nestloop = on"))
        return tuple(replacing)


def _queries(keys: Sequence[str], only: Only) -> dict[str, Select[Any]]:
    return {"inspections": inspections(keys, only), "findings": findings(only)}


def _number(transaction: Any) -> Any:
    return cast(cast(transaction, Text), BigInteger)


_SNAPSHOT = select(
    func.now(), _number(func.pg_snapshot_xmin(func.pg_current_snapshot())),
    _number(func.pg_snapshot_xmax(func.pg_current_snapshot())),
)


def _changed() -> Any:
    """The codes of inspections that look otherwise for what was recorded since: of them, their work or its people."""
    seen, found = Inspection.__table__, Finding.__table__
    part, work, root = WorkParticipant.__table__, WorkRecord.__table__, WorkRecord.__table__.alias("root")
    at = bindparam("since", type_=DateTime(timezone=True))
    of_work = seen.join(root, root.c.id == seen.c.work_id)
    corrected = (work.c.code == root.c.code) & (work.c.revision > 1) & (work.c.recorded_at >= at)
    return union(
        select(seen.c.code).where(seen.c.recorded_at >= at),
        select(seen.c.code).join(found, found.c.inspection_id == seen.c.id).where(found.c.recorded_at >= at),
        select(seen.c.code).join(part, part.c.work_id == seen.c.work_id).where(part.c.recorded_at >= at),
        select(seen.c.code).select_from(of_work.join(work, corrected)),
    )


_CHANGED = _changed()

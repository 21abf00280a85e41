"""Rows that have arrived but are not yet records: typed, still naming what they point at by code."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    Date,
    DateTime,
    Float,
    FromClause,
    Insert,
    Numeric,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    column,
    func,
    literal,
    literal_column,
    null,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from service.db.base import Base
from service.records.folder import ATTRIBUTE, FolderColumn, FolderTable, Kind

SQL_TYPES: Mapping[Kind, TypeEngine[Any]] = {
    Kind.TEXT: Text(),
    Kind.TIME: DateTime(timezone=True),
    Kind.DATE: Date(),
    Kind.WHOLE: BigInteger(),
    Kind.REAL: Float(53),
    Kind.LIST: Text(),
}

# written into the statement: as parameters, two uses of one expression would not count as the same in GROUP BY
_EMPTY: ColumnElement[str] = literal_column("''", Text)
_BETWEEN: ColumnElement[str] = literal_column("'@'", Text)
_UTC: ColumnElement[str] = literal_column("'UTC'", Text)
_ISO: ColumnElement[str] = literal_column('\'YYYY-MM-DD"T"HH24:MI:SS"Z"\'', Text)

#: what takes effect, or is planned, later than it is known
KNOWN_AHEAD = frozenset({"standard_versions", "process_versions", "shifts"})

#: the column that numbers the given rows, as their source counts them
ROW = "row_number"


@dataclass(frozen=True)
class Staged:
    """Given rows of one folder table. `rows` has `row_number`, the `given` wire columns and the `attributes`."""

    table: FolderTable
    rows: FromClause
    given: tuple[str, ...]
    attributes: tuple[str, ...]
    #: what to call the source in an error
    source: str

    def __getitem__(self, wire: str) -> ColumnElement[Any]:
        return self.rows.c[wire]

    def __contains__(self, wire: object) -> bool:
        return wire in self.given

    @property
    def content(self) -> list[FolderColumn]:
        """The given columns that say what the record says."""
        return [column for column in self.table.content if column.name in self.given]

    @property
    def code(self) -> ColumnElement[str]:
        """Each row's code, as given or made of its natural key."""
        if not self.table.row.__key__:
            return self["code"]
        parts = [func.coalesce(_written(self, name), _EMPTY) for name in self.table.row.__key__]
        return func.concat_ws(_BETWEEN, *parts)

    @property
    def attribute_object(self) -> ColumnElement[Any]:
        """The row's site attributes as one JSON object, without the empty ones."""
        empty: ColumnElement[Any] = cast(literal("{}"), JSONB)
        objects = [
            func.jsonb_strip_nulls(
                func.jsonb_build_object(
                    *(part for name in names for part in (literal(name.removeprefix(ATTRIBUTE), Text), self[name]))
                )
            )
            for names in _in_groups(self.attributes, 40)
        ]
        return reduce(lambda made, more: made.op("||", return_type=JSONB())(more), objects) if objects else empty

    def known(self, at: datetime) -> tuple[ColumnElement[datetime], ColumnElement[bool]]:
        """When each row could be known, and whether that was assumed: the claim, or the event's own time, or `at`."""
        happened = [self[name] for name in self.table.row.__occurred__ if name in self]
        now = bindparam("at", at, DateTime(timezone=True))
        own = func.coalesce(*happened, now) if happened else now
        assumed = func.least(own, now) if self.table.name in KNOWN_AHEAD else own
        if "known_at" not in self:
            return assumed, literal(True)
        return func.coalesce(self["known_at"], assumed), self["known_at"].is_(None)


def stage_rows(table: FolderTable, rows: Sequence[Mapping[str, Any]], source: str) -> Staged:
    """Stage a few typed rows without a temporary table; their keys are wire columns and `attr_K`."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    attributes = tuple(name for name in names if name.startswith(ATTRIBUTE))
    types = [_staged_type(table, name, rows) for name in names]
    arrays = [
        bindparam(None, [row.get(name) for row in rows], ARRAY(kind), unique=True)
        for name, kind in zip(names, types, strict=True)
    ]
    given = func.unnest(*arrays).table_valued(
        *(column(name, kind) for name, kind in zip(names, types, strict=True)), with_ordinality=ROW, name="given"
    )
    wire = tuple(name for name in names if not name.startswith(ATTRIBUTE))
    return Staged(table, given.render_derived(), wire, attributes, source)


def _in_groups(names: Sequence[str], size: int) -> list[Sequence[str]]:
    """PostgreSQL takes at most 100 arguments in one call."""
    return [names[start : start + size] for start in range(0, len(names), size)]


def _staged_type(table: FolderTable, name: str, rows: Sequence[Mapping[str, Any]]) -> TypeEngine[Any]:
    if name in table:
        return SQL_TYPES[table[name].kind]
    numeric = all(isinstance(row.get(name), int | float | None) for row in rows)
    return Numeric() if numeric else Text()


def _written(staged: Staged, name: str) -> ColumnElement[str]:
    given = staged[name] if name in staged else null()
    if staged.table[name].kind is Kind.TIME:
        return func.to_char(func.timezone(_UTC, given), _ISO)
    return cast(given, Text)


def referenced(name: str) -> Table:
    """The table of records called `name`."""
    return Base.metadata.tables[name]


def value(staged: Staged, wire: FolderColumn, targets: Mapping[str, FromClause]) -> ColumnElement[Any]:
    """What a given column becomes in the record: an id, a list, or the value itself."""
    if wire.name in targets:
        return targets[wire.name].c.id
    if wire.kind is Kind.LIST:
        return func.string_to_array(staged[wire.name], ";")
    return staged[wire.name]


def targets(staged: Staged, columns: Iterable[FolderColumn]) -> dict[str, FromClause]:
    """An alias of the referenced table for each given column that points somewhere."""
    return {
        wire.name: referenced(wire.references).alias(f"to_{wire.name}")
        for wire in columns
        if wire.references and wire.name in staged
    }


def join_targets(staged: Staged, aliases: Mapping[str, FromClause]) -> FromClause:
    """The staged rows with whatever they point at, matched by code; records of evidence by their revision 1."""
    joined = staged.rows
    for name, target in aliases.items():
        joined = joined.outerjoin(target, matches(target, staged[name]))
    return joined


def matches(target: FromClause, code: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a row of `target` is (revision 1 of) the record of that code."""
    same = target.c.code == code
    return and_(same, target.c.revision == 1) if "revision" in target.c else same


def rows_inserted(session: Session, statement: Insert) -> int:
    """Run an insert from a query; how many rows it made."""
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    return result.rowcount if isinstance(result, CursorResult) else 0

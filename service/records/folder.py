"""The folder format, read off the tables' declarations.

A folder table has one wire column per ORM column, except that a reference `x_id` is written `x_code` (or the name the
declaration gives it), that `code` is left out where the row has a natural key, and that site attributes travel as
columns `attr_K`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from typing import Any

from sqlalchemy import BigInteger, Column, Date, DateTime, Enum, Float, Table
from sqlalchemy.dialects.postgresql import ARRAY

from service.db.base import Evidence, FolderRow, Part

ATTRIBUTE = "attr_"

#: PostgreSQL's limit for a name is 63 bytes, and a key also becomes the view column attr_KEY_text
_LONGEST_KEY = 50

#: columns of the rows' own keeping, which no folder carries as they are
_KEPT = {"id", "revision", "known_assumed", "attributes", "recorded_at", "updated_at"}


class Kind(StrEnum):
    """How a wire value is written."""

    TEXT = "text"
    TIME = "time"
    DATE = "date"
    WHOLE = "whole number"
    REAL = "number"
    LIST = "list"


@dataclass(frozen=True)
class FolderColumn:
    """One column of a folder table."""

    name: str
    column: str
    kind: Kind
    required: bool
    choices: tuple[str, ...] = ()
    references: str | None = None
    least: float | None = None
    most: float | None = None
    #: a value that counts as not yet filled, so that replacing it is a completion
    open: str | None = None


@dataclass(frozen=True)
class FolderTable:
    """One table of the folder format and the rows behind it."""

    name: str
    row: type[FolderRow]
    columns: tuple[FolderColumn, ...]

    def __getitem__(self, name: str) -> FolderColumn:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def get(self, name: str) -> FolderColumn | None:
        """The column of that name, if there is one."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, FolderColumn]:
        return {column.name: column for column in self.columns}

    @property
    def names(self) -> list[str]:
        """Its wire columns, in order."""
        return [column.name for column in self.columns]

    @property
    def table(self) -> Table:
        """The SQL table of its rows."""
        return _own(self.row)

    @property
    def content(self) -> list[FolderColumn]:
        """The columns that say what the record says; not its code, nor when it was known, nor why it changed."""
        return [column for column in self.columns if column.name not in {"code", "known_at", "reason"}]


@cache
def of(row: type[FolderRow]) -> FolderTable:
    """The folder table of a row class."""
    columns = [_wire(column) for column in _own(row).columns if column.name not in _KEPT]
    if row.__key__:
        columns = [column for column in columns if column.name != "code"]
    else:
        columns.sort(key=lambda column: column.name != "code")
    if issubclass(row, Part):
        columns += [FolderColumn("known_at", "known_at", Kind.TIME, required=False)]
    return FolderTable(row.__tablename__, row, tuple(columns))


def _own(row: type[FolderRow]) -> Table:
    table = row.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{row.__name__} is not mapped to a table")
    return table


def _wire(column: Column[Any]) -> FolderColumn:
    references = next((key.target_fullname.split(".")[0] for key in column.foreign_keys), None)
    words = column.type.enums if isinstance(column.type, Enum) else ()
    return FolderColumn(
        name=column.info.get("wire") or (f"{column.name.removesuffix('_id')}_code" if references else column.name),
        column=column.name,
        kind=Kind.TEXT if references else _kind(column),
        required=not column.nullable and column.name not in {"known_at", "reason"},
        choices=tuple(words),
        references=references,
        least=column.info.get("least"),
        most=column.info.get("most"),
        open=column.info.get("open"),
    )


def _kind(column: Column[Any]) -> Kind:
    kinds = {DateTime: Kind.TIME, Date: Kind.DATE, BigInteger: Kind.WHOLE, Float: Kind.REAL, ARRAY: Kind.LIST}
    return next((kind for sort, kind in kinds.items() if isinstance(column.type, sort)), Kind.TEXT)


def is_code(wire: FolderColumn, table: FolderTable) -> bool:
    """Whether a text column names something, rather than saying something."""
    last_word = wire.name.rsplit("_", 1)[-1]
    return bool(wire.references) or wire.name in table.row.__key__ or last_word in {"code", "version", "clause"}


def wrong_with_key(key: str) -> str | None:
    """Why a site attribute cannot be called so."""
    if not key or key != key.strip() or not key.isprintable():
        return f"a site attribute needs a plain name after {ATTRIBUTE}"
    if len(key.encode()) > _LONGEST_KEY:
        return f"is too long; at most {_LONGEST_KEY} bytes after {ATTRIBUTE}"
    return None


def is_evidence(table: FolderTable) -> bool:
    """Whether its records are kept as revisions."""
    return issubclass(table.row, Evidence)


def in_order(rows: Iterable[type[FolderRow]]) -> dict[str, FolderTable]:
    """The folder tables of the given rows by name, in the order given: what is pointed at stands before what points."""
    return {row.__tablename__: of(row) for row in rows}

"""What every row has.

`Reference` rows are upserted by their code. `Evidence` rows are never changed: a record is a code with numbered
revisions, and what points at the record points at revision 1. `Part` rows form sets that belong to one revision of
their parent (an inspection's findings, a batch's inputs).

A folder table's columns are its ORM columns in the order they are declared: what the domains' `tables.py` declare is
the folder format (`service.records.folder` reads it off).
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Enum,
    Float,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Select,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, declared_attr, mapped_column

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


#: a query of any columns
Query = Select[*tuple[Any, ...]]


class Base(DeclarativeBase):
    """All tables of the service."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        date: Date,
        str: Text,
        int: BigInteger,
        float: Float(53),
        list[str]: ARRAY(Text),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


def choice(name: str, *allowed: str, **options: Any) -> MappedColumn[Any]:
    """A column that holds one of a few words; database, folder and API refuse others."""
    words = Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=32)
    return mapped_column(words, **options)


def points_at(table: str, *, wire: str | None = None, index: bool = True, **options: Any) -> MappedColumn[Any]:
    """A reference to a record of `table`; a folder names it by code, in the column `wire` (default: X_id -> X_code)."""
    told = {"wire": wire, "sought": index}
    return mapped_column(BigInteger, ForeignKey(f"{table}.id"), info=told, **options)


def number_from(least: float, most: float, **options: Any) -> MappedColumn[Any]:
    """A number column whose values folder and API refuse outside [least, most]."""
    return mapped_column(info={"least": least, "most": most}, **options)


class FolderRow(Base):
    """A row that can enter and leave by a folder; what its class declares is the folder table."""

    __abstract__ = True

    #: wire columns whose values make up the code, where the folder has no `code` column
    __key__: ClassVar[tuple[str, ...]] = ()
    #: pairs of wire columns of which the first may not lie after the second
    __order__: ClassVar[tuple[tuple[str, str], ...]] = ()
    #: wire columns that together name a record of another table, by its code's parts
    __refers__: ClassVar[dict[tuple[str, ...], str]] = {}
    #: wire columns, most telling first, whose first filled one is the event's own time
    __occurred__: ClassVar[tuple[str, ...]] = ()
    #: site attributes that mean something here: what is wrong with a value, or None
    __attributes__: ClassVar[Mapping[str, Callable[[str], str | None]]] = {}
    #: roles that may write it
    __writers__: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        table = cls.__dict__.get("__table__")
        for column in table.columns if table is not None else ():
            if column.info.get("sought"):
                # only rows that point somewhere: most references are empty in most rows
                filled = column.is_not(None) if column.nullable else None
                Index(None, column, postgresql_where=filled)
        if table is not None and "updated_at" not in table.columns:
            # what is only ever appended lies on disk in the order it came: ranges of blocks find the recent rows
            Index(
                None, table.columns["recorded_at"], postgresql_using="brin", postgresql_with={"autosummarize": "on"}
            )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default="{}", sort_order=90)
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), sort_order=91)


class Reference(FolderRow):
    """A row of reference data, upserted by its code."""

    __abstract__ = True

    code: Mapped[str] = mapped_column(unique=True)
    updated_at: Mapped[datetime] = mapped_column(
        server_default=func.clock_timestamp(), onupdate=func.clock_timestamp(), sort_order=92
    )


class Evidence(FolderRow):
    """One revision of an evidence record; inserted, never updated, never deleted."""

    __abstract__ = True

    code: Mapped[str]
    revision: Mapped[int] = mapped_column(server_default="1", sort_order=80)
    known_at: Mapped[datetime] = mapped_column(sort_order=81)
    known_assumed: Mapped[bool] = mapped_column(server_default="false", sort_order=82)
    reason: Mapped[str | None] = mapped_column(sort_order=83)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("code", "revision"),)


class Part(FolderRow):
    """A member of a set that belongs to one revision of its parent.

    The set in force at a revision is the one with the greatest `revision` not after it; a filled set never becomes
    empty, so no set means nothing was said.
    """

    __abstract__ = True

    #: the wire column that names the parent
    __parent__: ClassVar[str]
    #: the wire column by which a member names one of its parent's own kind; no chain of them may be a circle
    __chains__: ClassVar[str | None] = None

    revision: Mapped[int] = mapped_column(sort_order=80)

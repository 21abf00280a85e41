"""Records as a folder writes them: one select per table, whose columns are the folder's, as text in one order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Boolean, ColumnElement, FromClause, Select, Text, and_, case, func, literal, null, select
from sqlalchemy.orm import Session

from service.db.base import Part
from service.records.folder import ATTRIBUTE, FolderColumn, FolderTable, Kind, is_evidence
from service.records.parts import parent_of, parent_wire
from service.records.staged import referenced
from service.records.tables import AttributeKey

Element = ColumnElement[Any]

#: how an order is the same on every database, whatever its language
_BYTES = "C"


def rows_of(session: Session, table: FolderTable) -> Select[Any]:
    """Every row of a table, all revisions included, as its folder columns and then its site attributes."""
    return _Wire(table).select(_attribute_keys(session, table), with_reason=_has_reasons(session, table))


def _attribute_keys(session: Session, table: FolderTable) -> Sequence[str]:
    known = select(AttributeKey.key).where(AttributeKey.table == table.name).order_by(AttributeKey.id)
    return session.scalars(known).all()


def _has_reasons(session: Session, table: FolderTable) -> bool:
    if not is_evidence(table):
        return False
    return bool(session.scalar(select(select(table.table).where(table.table.c.reason.is_not(None)).exists())))


@dataclass
class _Wire:
    """A table's select in the making: what it joins grows as columns ask for it."""

    table: FolderTable
    joined: FromClause = field(init=False)

    def __post_init__(self) -> None:
        self.joined = self.table.table

    def select(self, keys: Sequence[str], with_reason: bool) -> Select[Any]:
        kept = [wire for wire in self.table.columns if wire.name != "reason" or with_reason]
        columns = {wire.name: self._written(wire) for wire in kept}
        stored = self.table.table.c.attributes
        columns |= {ATTRIBUTE + key: stored.op("->>", return_type=Text())(literal(key, Text)) for key in keys}
        order = self._order(list(columns.values()))
        labelled = [column.label(name) for name, column in columns.items()]
        return select(*labelled).select_from(self.joined).order_by(*order)

    def _order(self, columns: list[Element]) -> list[Element]:
        own = self.table.table.c
        if not issubclass(self.table.row, Part):
            numbered = [own.revision] if is_evidence(self.table) else []
            return [own.code.collate(_BYTES), *numbered]
        texts = [func.coalesce(column.cast(Text), "") for column in columns]
        return [texts[0].collate(_BYTES), own.revision, *(text.collate(_BYTES) for text in texts[1:])]

    def _written(self, wire: FolderColumn) -> Element:
        if wire.name == "known_at":
            return self._known()
        column = self.table.table.c[wire.column]
        if wire.references:
            target = referenced(wire.references).alias(f"of_{wire.name}")
            self.joined = self.joined.outerjoin(target, target.c.id == column)
            return target.c.code
        match wire.kind:
            case Kind.TIME:
                return moment(column)
            case Kind.LIST:
                return func.array_to_string(column, ";")
        return column

    def _known(self) -> Element:
        """When a row was known; left empty where that was only assumed, and will be assumed again on import."""
        own = self.table.table.c
        if issubclass(self.table.row, Part):
            return moment(self._parent_revision().c.known_at)
        happened = [own[self.table[name].column] for name in self.table.row.__occurred__]
        if not happened:
            return moment(own.known_at)
        assumed: Element = and_(own.known_assumed, own.known_at == func.coalesce(*happened), self._is_first())
        return case((assumed, null()), else_=moment(own.known_at))

    def _is_first(self) -> ColumnElement[bool]:
        return self.table.table.c.revision == 1 if is_evidence(self.table) else literal(True, Boolean)

    def _parent_revision(self) -> FromClause:
        first = parent_of(self.table).alias("parent_record")
        parent = parent_of(self.table).alias("parent_revision")
        own = self.table.table.c
        self.joined = self.joined.join(first, first.c.id == own[parent_wire(self.table).column]).join(
            parent, and_(parent.c.code == first.c.code, parent.c.revision == own.revision)
        )
        return parent


def moment(column: Element) -> Element:
    """A moment in UTC as ISO 8601, with as many digits of the second as it has."""
    digits = func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US')
    return func.rtrim(func.rtrim(digits, "0"), ".") + "Z"

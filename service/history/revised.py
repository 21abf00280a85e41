"""The parts event queries are made of."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Float,
    FromClause,
    Label,
    Select,
    Subquery,
    Text,
    case,
    cast,
    func,
    select,
    true,
)

from service.db.base import Evidence, FolderRow

Element = ColumnElement[Any]


def moment(time: Element) -> Element:
    """A time as UTC without a zone, as the event tables have it."""
    return func.timezone("UTC", time, type_=DateTime())


def day(date: Element) -> Element:
    """The start of a day."""
    return cast(date, DateTime())


#: which rows of a table are asked for; None: all. Of evidence, by their codes: all revisions of a record or none
Only = Callable[[FromClause], ColumnElement[bool]] | None


def revised(row: type[Evidence], only: Only = None) -> Subquery:
    """All revisions of a kind of record, each with `superseded_at`: when the next became known.

    The next is joined, not looked for in a window: hardly any record has one, and to sort millions takes longer.
    """
    table, following = row.__table__, row.__table__.alias("following")
    next_one = (following.c.code == table.c.code) & (following.c.revision == table.c.revision + 1)
    query = (
        select(table, following.c.known_at.label("superseded_at"))
        .outerjoin(following, next_one & (following.c.revision > 1)).where(asked(table, only))
    )
    return query.subquery(table.name)  # type: ignore[attr-defined]


def asked(rows: FromClause, only: Only) -> ColumnElement[bool]:
    """The condition that a row is asked for."""
    return true() if only is None else only(rows)


def event(events: FromClause, occurred_at: Element) -> list[Label[Any]]:
    """The three times the time cut works on."""
    return [
        moment(occurred_at).label("occurred_at"),
        moment(events.c.known_at).label("known_at"),
        moment(events.c.superseded_at).label("superseded_at"),
    ]


def coded(query: Select[Any], **pointers: tuple[type[FolderRow], Element]) -> Select[Any]:
    """The query with the codes of the records that columns point at, by label; null where one points at none."""
    for label, (row, pointer) in pointers.items():
        table = row.__table__.alias()
        query = query.add_columns(table.c.code.label(label)).outerjoin(table, table.c.id == pointer)
    return query


def attributes(rows: FromClause, keys: Sequence[str]) -> list[Label[Any]]:
    """Two typed columns for each site attribute: its number, and its text."""
    made: list[Label[Any]] = []
    for key in keys:
        given = rows.c.attributes[key]
        kind, text = func.jsonb_typeof(given), given.astext
        made.append(case((kind == "number", cast(text, Float(53)))).label(f"attr_{key}_num"))
        made.append(case((kind == "string", cast(text, Text))).label(f"attr_{key}_text"))
    return made

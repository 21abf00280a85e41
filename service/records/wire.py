"""Records as they are written outside: codes instead of ids, in the columns of the folder format."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Text, and_, literal, select
from sqlalchemy.orm import Session

from service.db.base import Part, Reference
from service.errors import NotFound
from service.records.folder import FolderTable, is_evidence
from service.records.parts import parent_of, parent_wire
from service.records.staged import matches, referenced


def written(table: FolderTable) -> tuple[dict[str, ColumnElement[Any]], FromClause]:
    """The expression behind each wire column, and the joined tables they need."""
    rows: FromClause = table.table
    columns: dict[str, ColumnElement[Any]] = {}
    for wire in table.columns:
        if wire.references is None:
            columns[wire.name] = table.table.c[wire.column] if wire.column in table.table.c else _parent_known(table)
            continue
        target = referenced(wire.references).alias(f"of_{wire.name}")
        rows = rows.outerjoin(target, target.c.id == table.table.c[wire.column])
        columns[wire.name] = target.c.code
    return columns, rows


def _parent_known(table: FolderTable) -> ColumnElement[Any]:
    """When the parent's revision that a set belongs to became known."""
    own = next(wire for wire in table.columns if wire.name == getattr(table.row, "__parent__", None))
    parent = referenced(str(own.references))
    root, same = parent.alias("root"), parent.alias("same")
    return (
        select(same.c.known_at)
        .join(root, root.c.code == same.c.code)
        .where(root.c.id == table.table.c[own.column], same.c.revision == table.table.c.revision)
        .scalar_subquery()
    )


def latest(table: FolderTable) -> ColumnElement[bool]:
    """Whether a row is its record's last revision."""
    later = table.table.alias("later")
    newer = and_(later.c.code == table.table.c.code, later.c.revision > table.table.c.revision)
    return ~select(later.c.id).where(newer).exists()


def _listed(table: FolderTable) -> Select[Any]:
    columns, rows = written(table)
    kept = ["id", "attributes", "recorded_at"]
    if is_evidence(table):
        kept += ["revision", "known_assumed"]
    if issubclass(table.row, Part):
        kept.append("revision")
    if issubclass(table.row, Reference):
        kept.append("updated_at")
    if "code" not in columns and "code" in table.table.c:
        kept.append("code")
    return select(
        *(table.table.c[name] for name in kept), *(made.label(name) for name, made in columns.items())
    ).select_from(rows)


def page(
    session: Session, table: FolderTable, after: int, limit: int, since: datetime | None = None,
    parent: str | None = None,
) -> list[dict[str, Any]]:
    """Records in the order they came, from behind the id `after`; evidence by its last revision.

    `since`: only what was recorded or changed then or later. `parent`: only members of the sets of that record.
    """
    own = table.table.c
    found = select(own.id).where(own.id > after)
    if is_evidence(table):
        found = found.where(latest(table))
    if since is not None:
        found = found.where((own.updated_at if "updated_at" in own else own.recorded_at) >= since)
    if parent is not None:
        found = found.where(own[parent_wire(table).column].in_(_named(table, parent)))
    # chosen before anything is joined, so that a page takes as long at the end of a list as at its start
    chosen = found.order_by(own.id).limit(limit).cte("chosen").prefix_with("MATERIALIZED")
    query = _listed(table).join(chosen, chosen.c.id == own.id).order_by(own.id)
    return [dict(row) for row in session.execute(query).mappings()]


def _named(table: FolderTable, parent: str) -> Select[Any]:
    records = parent_of(table).alias("named")
    return select(records.c.id).where(matches(records, literal(parent, Text)))


def listed(session: Session, table: FolderTable, where: ColumnElement[bool]) -> list[dict[str, Any]]:
    """The rows a condition holds for, all revisions included, as they came."""
    query = _listed(table).where(where).order_by(table.table.c.id)
    return [dict(row) for row in session.execute(query).mappings()]


def revisions(session: Session, table: FolderTable, code: str) -> list[dict[str, Any]]:
    """One record, all its revisions, first to last. Raises `NotFound`."""
    own = table.table.c.id
    found = session.execute(_listed(table).where(table.table.c.code == code).order_by(own)).mappings().all()
    if not found:
        raise NotFound(f"There is no {code!r} in {table.name}.")
    return [dict(row) for row in found]

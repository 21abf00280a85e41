"""What each revision of a record changed, against the one before."""

from collections.abc import Mapping, Sequence
from typing import Any

from service.records.folder import ATTRIBUTE, FolderTable

Row = Mapping[str, Any]


def revised(table: FolderTable, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """A record's revisions, first to last, each with its kind, its changes and when it happened."""
    found = []
    for number, row in enumerate(rows):
        changes = _changes(table, rows[number - 1], row) if number else {}
        told = {"revision_kind": _kind(table, row, changes), "changes": changes, "occurred_at": _occurred(table, row)}
        found.append({**row, **told})
    return found


def _changes(table: FolderTable, before: Row, after: Row) -> dict[str, tuple[Any, Any]]:
    names = [wire.name for wire in table.content]
    was, now = ({name: row[name] for name in names} | _attributes(row) for row in (before, after))
    return {name: (was.get(name), now[name]) for name in now if was.get(name) != now[name]}


def _attributes(row: Row) -> dict[str, Any]:
    return {f"{ATTRIBUTE}{key}": value for key, value in row["attributes"].items()}


def _kind(table: FolderTable, row: Row, changes: Mapping[str, tuple[Any, Any]]) -> str:
    """A revision without changes of its own is one whose set (an inspection's findings) changed."""
    if row["revision"] == 1:
        return "first"
    wires = ((table.get(name), before) for name, (before, _) in changes.items())
    corrects = any(before is not None and not (wire and before == wire.open) for wire, before in wires)
    return "correction" if corrects or (not changes and row["reason"] is not None) else "completion"


def _occurred(table: FolderTable, row: Row) -> Any:
    return next((row[name] for name in table.row.__occurred__ if row[name] is not None), None)

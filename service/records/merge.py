"""Given rows become records: the one door every record enters by, one row or a million."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.db.base import Evidence, Part
from service.db.context import because
from service.errors import Invalid, Violation
from service.events.publishing import Event, publish
from service.records import chains, parts, revisions
from service.records.checks import check, dangling, violations
from service.records.folder import ATTRIBUTE, FolderColumn, wrong_with_key
from service.records.staged import ROW, Staged, join_targets, targets, value
from service.records.tables import AttributeKey


@dataclass(frozen=True)
class Outcome:
    """What became of given rows: how many made a new record, changed one, or said nothing new."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(self.created + other.created, self.changed + other.changed, self.unchanged + other.unchanged)


def merge(session: Session, staged: Staged, at: datetime, reason: str | None = None) -> Outcome:
    """Load staged rows, all or none.

    Reference rows are upserted by code. Evidence rows become new records, completions or corrections (which need a
    reason: their own or `reason`); the same row again changes nothing. `at` is the import's time.

    Raises `Invalid` with what is wrong, by row and column; the caller's transaction must then be rolled back.
    """
    reason = reason if reason and reason.strip() else None
    because(session, reason)
    refuse(check(session, staged, at))
    if not issubclass(staged.table.row, Part):
        refuse(_lacking(session, staged))
    _register_attributes(session, staged)
    total = session.scalar(select(func.count()).select_from(staged.rows)) or 0
    if issubclass(staged.table.row, Part):
        refuse(chains.given_to_itself(session, staged))
        created, changed = parts.merge(session, staged, at, reason)
        refuse(chains.circles(session, staged) if created else [])
    elif issubclass(staged.table.row, Evidence):
        created, changed = revisions.merge(session, staged, at, reason)
    else:
        created, changed = _upsert(session, staged, at)
    if created or changed:
        told = {"created": created, "changed": changed}
        publish(session, Event(f"{staged.table.name}.recorded", staged.table.name, told))
    return Outcome(created, changed, total - created - changed)


def refuse(found: list[Violation]) -> None:
    """Raise `Invalid` if anything was found."""
    if found:
        raise Invalid(found)


def _register_attributes(session: Session, staged: Staged) -> None:
    """Add the given keys to those known of the table. Raises `Invalid` for one that is no plain new name."""
    if not staged.attributes:
        return
    table, given = staged.table.name, [name.removeprefix(ATTRIBUTE) for name in staged.attributes]
    known = session.scalars(select(AttributeKey.key).where(AttributeKey.table == table)).all()
    refuse(_misnamed(staged, given, known))
    keys = [{"table": table, "key": key} for key in given]
    session.execute(insert(AttributeKey).values(keys).on_conflict_do_nothing())


def _misnamed(staged: Staged, given: Sequence[str], known: Sequence[str]) -> list[Violation]:
    """New keys that are no plain names, or that differ only in case from another: history's views would mix them."""
    names, found = {key.lower(): key for key in known}, []
    for key in (key for key in given if key not in known):
        like = names.setdefault(key.lower(), key)
        alike = f"differs only in upper and lower case from {ATTRIBUTE}{like}; write it the same way"
        wrong = wrong_with_key(key) or (alike if like != key else None)
        if wrong:
            found.append(Violation(staged.source, None, f"{ATTRIBUTE}{key}", None, wrong))
    return found


def _lacking(session: Session, staged: Staged) -> list[Violation]:
    """New records whose source lacks a column they need (one that only completes records may lack it)."""
    absent = [wire.name for wire in staged.table.columns if wire.required and wire.name not in staged]
    if not absent:
        return []
    table = staged.table.table
    new = select(staged[ROW], staged.code).where(~select(table.c.id).where(table.c.code == staged.code).exists())
    return violations(session, staged, None, new, f"a new record needs {', '.join(absent)}")


def _upsert(session: Session, staged: Staged, at: datetime) -> tuple[int, int]:
    """Insert what is new, then bring every given row up to date: what points at its own kind finds it by then."""
    table = staged.table.table
    own = [wire for wire in staged.content if wire.references == table.name]
    given = _given(staged, at, [wire for wire in staged.content if wire not in own])
    names = [name for name in given.selected_columns.keys() if name != ROW]
    new = given.subquery()
    fresh = select(*(new.c[name] for name in names)).where(new.c.code.not_in(select(table.c.code)))
    created = set(session.scalars(insert(table).from_select(names, fresh).returning(table.c.id)))
    for wire in own:
        refuse(dangling(session, staged, wire))
    updated = session.scalars(_update(staged, _given(staged, at, staged.content)))
    return len(created), len(set(updated) - created)


def _given(staged: Staged, at: datetime, wires: list[FolderColumn]) -> Select[Any]:
    aliases = targets(staged, wires)
    values: dict[str, ColumnElement[Any]] = {wire.column: value(staged, wire, aliases) for wire in wires}
    if "known_at" in staged.table:
        values["known_at"], values["known_assumed"] = staged.known(at)
    return select(
        staged.code.label("code"),
        *(made.label(name) for name, made in values.items()),
        staged.attribute_object.label("attributes"),
    ).select_from(join_targets(staged, aliases))


def _update(staged: Staged, given: Select[Any]) -> Any:
    table = staged.table.table
    rows = given.subquery()
    values: dict[str, ColumnElement[Any]] = {
        name: rows.c[name] for name in rows.c.keys() if name not in {"code", "attributes"}
    }
    values["attributes"] = table.c.attributes.op("||")(rows.c.attributes)
    if "known_at" in values:  # what was known once stays known since then, unless a row claims otherwise
        values["known_at"] = case((rows.c.known_assumed, table.c.known_at), else_=rows.c.known_at)
        values["known_assumed"] = and_(rows.c.known_assumed, table.c.known_assumed)
    differs = or_(*(table.c[name].is_distinct_from(made) for name, made in values.items()))
    return (
        update(table)
        .where(table.c.code == rows.c.code, differs)
        .values(values | {"updated_at": func.clock_timestamp()})
        .returning(table.c.id)
    )

"""Sets that belong to a revision of a parent arrive: an inspection's findings, a batch's inputs.

A set is replaced as a whole. Where the parent's revision came with the same import the set joins it; otherwise the
parent gets a further revision that carries it: a completion if there was no set, a correction with a reason if there
was another. The same set again changes nothing.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Interval,
    Table,
    Text,
    and_,
    bindparam,
    false,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from service.db.base import Part
from service.errors import Invalid, Violation
from service.records.checks import SHOWN, violations
from service.records.folder import FolderColumn, FolderTable
from service.records.staged import ROW, Staged, join_targets, referenced, rows_inserted, targets, value

Element = ColumnElement[Any]


def merge(session: Session, staged: Staged, at: datetime, reason: str | None) -> tuple[int, int]:
    """Insert the sets the staged rows make; how many members were added, and 0 (members are never changed).

    Raises `Invalid` where a row names a revision its parent has not, or changes a set without a reason.
    """
    parent = parent_of(staged.table)
    _refuse_unknown_revision(session, staged, parent)
    given = _given(staged, parent)
    sets = _sets(staged, parent, given, at)
    _refuse_unfounded(session, staged, sets, reason)
    revised = _revise(parent, sets, at, reason)
    return rows_inserted(session, _insert(staged, given, sets, revised)), 0


def parent_wire(table: FolderTable) -> FolderColumn:
    """The wire column that names the parent of a set's members."""
    assert issubclass(table.row, Part)  # noqa: S101
    return table[table.row.__parent__]


def parent_of(table: FolderTable) -> Table:
    """The table of the parents."""
    return referenced(str(parent_wire(table).references))


def _members(table: FolderTable) -> list[FolderColumn]:
    return [wire for wire in table.content if wire is not parent_wire(table)]


def _refuse_unknown_revision(session: Session, staged: Staged, parent: Table) -> None:
    if "known_at" not in staged:
        return
    same = and_(parent.c.code == staged[parent_wire(staged.table).name], parent.c.known_at == staged["known_at"])
    wrong = select(staged[ROW], staged["known_at"]).where(
        staged["known_at"].is_not(None), ~select(parent.c.id).where(same).exists()
    )
    problem = "is not when a revision of its parent became known; leave it empty for the latest"
    found = violations(session, staged, "known_at", wrong, problem)
    if found:
        raise Invalid(found)


def _given(staged: Staged, parent: Table) -> CTE:
    """The members as they would be kept, each with its parent's record, the revision it is for, and its content."""
    aliases = targets(staged, staged.content)
    wire = parent_wire(staged.table)
    code = staged[wire.name]
    claimed = parent.c.known_at == staged["known_at"] if "known_at" in staged else true()
    unclaimed = staged["known_at"].is_(None) if "known_at" in staged else true()
    revision = select(func.max(parent.c.revision)).where(parent.c.code == code, or_(unclaimed, claimed))
    values = {
        member.column: value(staged, member, aliases) for member in _members(staged.table) if member.name in staged
    }
    content = func.jsonb_build_array(
        *(values.get(member.column, literal(None, Text)) for member in _members(staged.table)), staged.attribute_object
    )
    return (
        select(
            staged[ROW],
            code.label("parent_code"),
            aliases[wire.name].c.id.label("parent_id"),
            revision.scalar_subquery().label("revision"),
            *(made.label(name) for name, made in values.items()),
            staged.attribute_object.label("attributes"),
            content.label("content"),
        )
        .select_from(join_targets(staged, aliases))
        .cte("given")
    )


def _sets(staged: Staged, parent: Table, given: CTE, at: datetime) -> CTE:
    """One row per given set: what it says, what the set in force says, and what is to become of it."""
    told = (
        select(
            given.c.parent_code,
            given.c.parent_id,
            given.c.revision,
            func.min(given.c[ROW]).label(ROW),
            func.jsonb_agg(aggregate_order_by(given.c.content, given.c.content)).label("content"),
        )
        .group_by(given.c.parent_code, given.c.parent_id, given.c.revision)
        .cte("told")
    )
    own = parent_wire(staged.table).column
    kept = staged.table.table
    force = kept.alias("force")
    in_force = (
        select(func.max(force.c.revision))
        .where(force.c[own] == told.c.parent_id, force.c.revision <= told.c.revision)
        .correlate(told)
    )
    members = [kept.c[member.column] for member in _members(staged.table)]
    content = func.jsonb_build_array(*members, kept.c.attributes)
    before = select(func.jsonb_agg(aggregate_order_by(content, content))).where(
        kept.c[own] == told.c.parent_id, kept.c.revision == in_force.scalar_subquery()
    )
    set_revision = in_force.scalar_subquery().label("set_revision")
    beside = select(told, before.scalar_subquery().label("before"), set_revision, parent.c.recorded_at).join(
        parent, and_(parent.c.code == told.c.parent_code, parent.c.revision == told.c.revision)
    )
    return _fated(parent, beside.cte("beside"), at)


def _fated(parent: Table, beside: CTE, at: datetime) -> CTE:
    new = beside.c.before.is_distinct_from(beside.c.content)
    arrived_together = beside.c.recorded_at >= bindparam("at", at, DateTime(timezone=True))
    joins = and_(arrived_together, func.coalesce(beside.c.set_revision != beside.c.revision, true()))
    later = parent.alias("later")
    latest = (
        ~select(later.c.id).where(later.c.code == beside.c.parent_code, later.c.revision > beside.c.revision).exists()
    )
    return select(beside, new.label("new"), and_(new, not_(joins)).label("revises"), latest.label("latest")).cte("sets")


def _refuse_unfounded(session: Session, staged: Staged, sets: CTE, reason: str | None) -> None:
    corrects = and_(sets.c.before.is_not(None), true() if reason is None else false())
    wrong = select(sets.c[ROW], sets.c.parent_code).where(sets.c.revises, or_(corrects, ~sets.c.latest))
    found = [
        Violation(staged.source, row, parent_wire(staged.table).name, code, _UNFOUNDED)
        for row, code in session.execute(wrong.order_by(sets.c[ROW]).limit(SHOWN))
    ]
    if found:
        raise Invalid(found)


_UNFOUNDED = "has another set recorded; a correction is of the latest revision and needs a reason (--reason)"


def _revise(parent: Table, sets: CTE, at: datetime, reason: str | None) -> CTE:
    """A further revision of each parent whose set changes, like the last but for the set."""
    kept = [column.name for column in parent.columns if column.name not in _OWN]
    known = func.greatest(
        bindparam("at", at, DateTime(timezone=True)), parent.c.known_at + literal(timedelta(microseconds=1), Interval)
    )
    copies = (
        select(*(parent.c[name] for name in kept), parent.c.revision + 1, known, true(), literal(reason, Text))
        .join(sets, and_(sets.c.parent_code == parent.c.code, sets.c.revision == parent.c.revision))
        .where(sets.c.revises)
    )
    names = [*kept, "revision", "known_at", "known_assumed", "reason"]
    return insert(parent).from_select(names, copies).returning(parent.c.code, parent.c.revision).cte("revised")


_OWN = {"id", "revision", "known_at", "known_assumed", "reason", "recorded_at"}


def _insert(staged: Staged, given: CTE, sets: CTE, revised: CTE) -> Any:
    names = [name for name in given.c.keys() if name in staged.table.table.c and name != "revision"]
    revision = func.coalesce(revised.c.revision, sets.c.revision)
    members = (
        select(given.c.parent_id, revision, *(given.c[name] for name in names))
        .join(sets, and_(sets.c.parent_code == given.c.parent_code, sets.c.revision == given.c.revision))
        .outerjoin(revised, revised.c.code == given.c.parent_code)
        .where(sets.c.new)
    )
    return insert(staged.table.table).from_select([parent_wire(staged.table).column, "revision", *names], members)

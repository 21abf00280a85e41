"""Sets whose members are of their parent's own kind: they form chains, and no chain may lead back to its beginning.

What is looked at is the whole site's, whoever asks: a circle can close through records that they do not see.
"""

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, any_, bindparam, column, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from service.db.base import Part
from service.db.context import everywhere
from service.errors import Violation
from service.records.checks import violations
from service.records.folder import FolderColumn, FolderTable
from service.records.parts import parent_of, parent_wire
from service.records.staged import ROW, Staged

#: how many codes of a circle are shown
_SHOWN = 6


def in_force(table: FolderTable, parent: Any, until: Any = None) -> Any:
    """The parent's revision whose set is in force: the greatest that has one, none after `until`; as a subquery."""
    every = table.table.alias("every")
    found = select(func.max(every.c.revision)).where(every.c[parent_wire(table).column] == parent)
    found = found if until is None else found.where(every.c.revision <= until)
    return found.correlate_except(every).scalar_subquery()


def member_wire(table: FolderTable) -> FolderColumn | None:
    """The wire column by which a member names one of its parent's own kind; None where members form no chain."""
    assert issubclass(table.row, Part)  # noqa: S101
    return table[table.row.__chains__] if table.row.__chains__ else None


def given_to_itself(session: Session, staged: Staged) -> list[Violation]:
    """Rows that name their own parent as a member."""
    member, parent = member_wire(staged.table), parent_wire(staged.table)
    if member is None:
        return []
    own = select(staged[ROW], staged[member.name]).where(staged[member.name] == staged[parent.name])
    return violations(session, staged, member.name, own, f"is the {parent.name} itself; name what went into it")


def circles(session: Session, staged: Staged) -> list[Violation]:
    """Rows, stored already, that close a circle; only what the given parents are made of is walked.

    Nobody else can close one meanwhile: who has stored such sets waits here until the other's transaction has ended.
    """
    member = member_wire(staged.table)
    if member is None:
        return []
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{staged.table.name}/chains", 0))))
    with everywhere(session):
        below = session.execute(_below(staged, member)).all()
    circle = _circle(below)
    return _told(session, staged, member, circle) if circle else []


def _circle(below: Sequence[Any]) -> list[int]:
    """Ids of one circle, each made of the next, the first again at the end; empty if there is none."""
    try:
        TopologicalSorter({parent: members for parent, members in below if members}).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def _below(staged: Staged, member: FolderColumn) -> Select[Any]:
    """All that the given parents are made of, each once with the ids of its members in force.

    A parent that went into nothing is on no circle, so it is left out: mostly nothing is left.
    """
    links, parent = staged.table.table, parent_wire(staged.table)
    records = parent_of(staged.table).alias("records")
    used = links.alias("used")
    given = (
        select(records.c.id)
        .join(staged.rows, and_(records.c.code == staged[parent.name], records.c.revision == 1))
        .where(select(used.c.id).where(used.c[member.column] == records.c.id).exists())
        .distinct()
        .subquery("given_parents")
    )
    below = _with_members(staged.table, member, given.c.id).cte("below", recursive=True)
    reached = select(func.unnest(below.c.members).label("id")).distinct().subquery("reached")
    return select(below.union(_with_members(staged.table, member, reached.c.id)))


def _with_members(table: FolderTable, member: FolderColumn, record: ColumnElement[int]) -> Select[Any]:
    links = table.table.alias("links")
    own = links.c[parent_wire(table).column]
    members = (
        select(func.array_agg(links.c[member.column]).label("members"))
        .where(own == record, links.c.revision == in_force(table, record))
        .lateral("of_it")
    )
    return select(record.label("id"), members.c.members).join_from(record.table, members, true())


def _told(session: Session, staged: Staged, member: FolderColumn, circle: list[int]) -> list[Violation]:
    """The given rows on a circle; if none is, the circle stood there before and has to be mended first."""
    path = _path(session, staged, circle)
    closing = f"would close a circle, so that a record is its own ancestor: {path}; correct one of these links"
    found = violations(session, staged, member.name, _given_on(staged, member, circle), closing)
    standing = f"nothing can be made of records that stand in a circle: {path}; correct one of these links first"
    return found or [Violation(staged.source, None, member.name, None, standing)]


def _path(session: Session, staged: Staged, circle: list[int]) -> str:
    """The circle's codes, each made of the next, as far as who asks may see them; a long one without its middle."""
    records = parent_of(staged.table)
    shown = circle if len(circle) <= _SHOWN else [*circle[: _SHOWN - 1], circle[-1]]
    query = select(records.c.id, records.c.code).where(records.c.id == any_(literal(shown, ARRAY(BigInteger))))
    codes = dict(session.execute(query).all())
    told = [codes.get(one, "(not shown)") for one in shown]
    if len(shown) < len(circle):
        told.insert(-1, f"({len(circle) - len(shown)} more)")
    return " <- ".join(told)


def _given_on(staged: Staged, member: FolderColumn, circle: list[int]) -> Select[Any]:
    """The given rows that are links of a circle."""
    parent = parent_wire(staged.table)
    made, of = (parent_of(staged.table).alias(name) for name in ("made", "made_of"))
    ids = [bindparam(None, part, ARRAY(BigInteger), unique=True) for part in (circle[:-1], circle[1:])]
    links = func.unnest(*ids).table_valued(column("made", BigInteger), column("of", BigInteger), name="links")
    links = links.render_derived()
    return (
        select(staged[ROW], staged[member.name])
        .join(made, and_(made.c.code == staged[parent.name], made.c.revision == 1))
        .join(of, and_(of.c.code == staged[member.name], of.c.revision == 1))
        .join(links, and_(links.c.made == made.c.id, links.c.of == of.c.id))
    )

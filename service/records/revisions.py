"""Evidence arrives: new records, and further revisions of known ones.

A revision is a *completion* where it only fills what was empty, and a *correction*, which needs a reason, where it
changes what was filled. Emptying is refused. A revision is known later than the one before; a change that claims no
later time gets the import's.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    FunctionElement,
    Interval,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, array, distinct_on
from sqlalchemy.orm import Session

from service.errors import Invalid, Violation
from service.records.checks import SHOWN
from service.records.folder import FolderColumn
from service.records.staged import ROW, Staged, join_targets, rows_inserted, targets, value

Element = ColumnElement[Any]


def merge(session: Session, staged: Staged, at: datetime, reason: str | None) -> tuple[int, int]:
    """Insert the revisions the staged rows make; how many records were new, and how many revisions followed others."""
    table = staged.table.table
    chained = _chained_codes(staged)
    names = ["code", *(wire.column for wire in staged.content), "known_at", "known_assumed", "reason", "attributes"]
    if not session.scalar(select(exists(chained))):
        return rows_inserted(session, insert(table).from_select(names, _given(staged, at, reason, names))), 0
    given = _given(staged, at, reason, names)
    fresh = rows_inserted(session, insert(table).from_select(names, given.where(staged.code.not_in(chained))))
    steps = _steps(staged, at, _numbered(staged, given).where(staged.code.in_(chained)).cte("given"))
    _refuse_unfounded(session, staged, steps)
    added = session.scalars(_insert_kept(staged, steps)).all()
    new = sum(revision == 1 for revision in added)
    return fresh + new, len(added) - new


def _chained_codes(staged: Staged) -> Select[Any]:
    """Codes that have a record already, or several rows."""
    table = staged.table.table
    several = select(staged.code.label("code")).group_by(staged.code).having(func.count() > 1)
    known = select(table.c.code).where(table.c.code.in_(select(staged.code)))
    return select(union(several, known).subquery().c.code)


def _given(staged: Staged, at: datetime, reason: str | None, names: Sequence[str]) -> Select[Any]:
    """The staged rows as the record would hold them, in the columns `names`."""
    aliases = targets(staged, staged.content)
    known, assumed = staged.known(at)
    own_reason = _said(staged["reason"]) if "reason" in staged else null()
    made: dict[str, Element] = {wire.column: value(staged, wire, aliases) for wire in staged.content}
    made |= {"code": staged.code, "known_at": known, "known_assumed": assumed, "attributes": staged.attribute_object}
    made["reason"] = func.coalesce(own_reason, literal(reason, Text))
    return select(*(made[name].label(name) for name in names)).select_from(join_targets(staged, aliases))


def _said(reason: Element) -> Element:
    """A reason, unless it is blank."""
    return case((reason.regexp_match(literal(r"\S", Text)), reason), else_=null())


def _numbered(staged: Staged, given: Select[Any]) -> Select[Any]:
    """The given rows with their numbers, and whether each is one of several of its code: a revision by claim."""
    several = func.count().over(partition_by=staged.code) > 1
    return given.add_columns(staged[ROW], several.label("several"))


def _steps(staged: Staged, at: datetime, given: CTE) -> CTE:
    """Each row that is not yet stored, in the order known, beside what the record said before it."""
    table = staged.table.table
    current = (
        select(table)
        .where(table.c.code.in_(select(given.c.code)))
        .ext(distinct_on(table.c.code))
        .order_by(table.c.code, table.c.revision.desc())
        .cte("current")
    )
    given = _fresh(staged, given, current)

    def in_order(function: FunctionElement[Any]) -> Element:
        return function.over(partition_by=given.c.code, order_by=[given.c.known_at, given.c[ROW]])

    sequence = in_order(func.row_number())
    late = in_order(func.bool_or(given.c.known_at <= current.c.known_at))
    merged = func.coalesce(current.c.attributes, cast(literal("{}"), JSONB)).op("||", return_type=JSONB())
    columns: list[Element] = [given.c[ROW], given.c.code, given.c.reason, sequence.label("sequence")]
    columns += [current.c.id.label("current_id"), current.c.revision.label("current_revision")]
    for wire in staged.table.content:
        before = current.c[wire.column]
        now = given.c[wire.column] if wire.name in staged else before
        previous = case((sequence == 1, before), else_=in_order(func.lag(now)))
        columns += [now.label(wire.column), previous.label(f"before_{wire.column}")]
    attributes = merged(case((given.c.several, _united(given)), else_=given.c.attributes))
    previous = case((sequence == 1, current.c.attributes), else_=in_order(func.lag(attributes)))
    columns += [attributes.label("attributes"), previous.label("before_attributes")]
    columns += [_known(given, current, at, late, sequence).label("known_at")]
    assumed = or_(given.c.known_assumed, func.coalesce(late, false()))
    columns += [assumed.label("known_assumed"), and_(given.c.several, ~assumed).label("claimed")]
    joined = given.outerjoin(current, current.c.code == given.c.code)
    return select(*columns).select_from(joined).cte("steps")


def _fresh(staged: Staged, given: CTE, current: CTE) -> CTE:
    """The rows that are not yet stored, each with the attributes that it and those before it give."""
    told = func.jsonb_agg(given.c.attributes).over(partition_by=given.c.code, order_by=[given.c.known_at, given.c[ROW]])
    joined = given.outerjoin(current, current.c.code == given.c.code)
    return select(given, told.label("told")).select_from(joined).where(~_stored(staged, given, current)).cte("fresh")


def _united(fresh: CTE) -> Element:
    """The attributes told so far as one object, the last of each key."""
    told = (
        func.jsonb_array_elements(fresh.c.told)
        .table_valued("value", with_ordinality="place", name="told")
        .render_derived()
    )
    each = func.jsonb_each(told.c.value).table_valued("key", "value", name="each")
    last = func.jsonb_object_agg(each.c.key, aggregate_order_by(each.c.value, told.c.place), type_=JSONB())
    return (
        select(func.coalesce(last, cast(literal("{}"), JSONB))).select_from(told.join(each, true())).scalar_subquery()
    )


def _known(given: CTE, current: CTE, at: datetime, late: Element, sequence: Element) -> Element:
    """The claimed time, or the import's for a change that claims none later than the record's last."""
    tick = literal(timedelta(microseconds=1), Interval)
    imported = func.greatest(bindparam("at", at, DateTime(timezone=True)), current.c.known_at + tick)
    return case(
        (late, imported + tick.op("*", precedence=8, return_type=Interval())(sequence - 1)), else_=given.c.known_at
    )


def _stored(staged: Staged, given: CTE, current: CTE) -> Element:
    """Whether a revision says the same already: one known at the same time, or the last where no time is claimed."""
    table = staged.table.table.alias("stored")
    same_time = or_(
        table.c.known_at == given.c.known_at, and_(given.c.known_assumed, table.c.revision == current.c.revision)
    )
    same = [table.c[wire.column].is_not_distinct_from(given.c[wire.column]) for wire in staged.content]
    said = table.c.attributes.op("@>", is_comparison=True)(given.c.attributes)
    return select(table.c.id).where(table.c.code == given.c.code, same_time, *same, said).exists()


def _emptied(steps: CTE, wire: FolderColumn) -> Element:
    return and_(steps.c[f"before_{wire.column}"].is_not(None), steps.c[wire.column].is_(None))


def _corrected(steps: CTE, wire: FolderColumn) -> Element:
    before, now = steps.c[f"before_{wire.column}"], steps.c[wire.column]
    filled = before != wire.open if wire.open else true()
    return and_(before.is_not(None), now.is_not(None), before != now, filled)


def _attributes_corrected(steps: CTE) -> Element:
    return ~steps.c.attributes.op("@>", is_comparison=True)(steps.c.before_attributes)


def _refuse_unfounded(session: Session, staged: Staged, steps: CTE) -> None:
    """Raise `Invalid` where a row empties a filled field, or corrects one without a reason."""
    emptied = _named(staged, lambda wire: _emptied(steps, wire))
    corrected = _named(staged, lambda wire: _corrected(steps, wire))
    attributes = func.coalesce(_attributes_corrected(steps), false())
    unfounded = and_(steps.c.reason.is_(None), or_(func.cardinality(corrected) > 0, attributes))
    wrong = select(steps.c[ROW], steps.c.code, emptied, corrected).where(or_(func.cardinality(emptied) > 0, unfounded))
    found = [
        Violation(staged.source, row, (gone or changed or ["attr_*"])[0], code, _EMPTIED if gone else _UNFOUNDED)
        for row, code, gone, changed in session.execute(wrong.order_by(steps.c[ROW]).limit(SHOWN))
    ]
    if found:
        raise Invalid(found)


_EMPTIED = "is filled already and cannot be emptied; leave the column out to keep it"
_UNFOUNDED = "changes what was recorded; a correction needs a reason (column reason, or --reason)"


def _named(staged: Staged, holds: Any) -> Element:
    """The wire columns for which a condition holds, as a text array."""
    names: list[Element] = [case((holds(wire), literal(wire.name, Text)), else_=null()) for wire in staged.content]
    listed: array[Any] = array(names, type_=Text)
    return func.array_remove(listed, cast(null(), Text))


def _insert_kept(staged: Staged, steps: CTE) -> Any:
    """Insert the steps that say something new or are claimed as revisions, numbered after the record's last one.

    A revision that says nothing new is one whose set (an inspection's findings) changed.
    """
    table = staged.table.table
    differs = [steps.c[wire.column].is_distinct_from(steps.c[f"before_{wire.column}"]) for wire in staged.content]
    first = and_(steps.c.sequence == 1, steps.c.current_id.is_(None))
    said = steps.c.attributes.is_distinct_from(steps.c.before_attributes)
    number = func.row_number().over(partition_by=steps.c.code, order_by=steps.c.sequence)
    names = [wire.column for wire in staged.table.content] + ["known_at", "known_assumed", "reason", "attributes"]
    kept = select(
        steps.c.code,
        (func.coalesce(steps.c.current_revision, 0) + number).label("revision"),
        *(steps.c[name] for name in names),
    ).where(or_(first, said, steps.c.claimed, *differs))
    return insert(table).from_select(["code", "revision", *names], kept).returning(table.c.revision)

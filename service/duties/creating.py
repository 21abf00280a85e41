"""Drawing up what is owed in a month, for all duties in one statement."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Date, DateTime, Text, bindparam, cast, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.clock import now
from service.duties.rules import moments, periods
from service.duties.tables import Duty, Obligation
from service.people.tables import Department
from service.sectors.cadence import cadence
from service.settings import settings

#: nobody is away for longer than this
_LONGEST_AWAY = timedelta(days=730)

#: what a period follows from: duties that agree in these have the same periods
_SHAPE = (Duty.cadence, Duty.start_on, Duty.due_days, Duty.remind_days, Duty.escalate_days)

_COLUMNS: dict[str, Any] = {
    "cadence": Text(), "start_on": Date(), "due_days": BigInteger(), "remind_days": BigInteger(),
    "escalate_days": BigInteger(), "starts_on": Date(), "due_on": Date(),
    **{name: DateTime(timezone=True) for name in ("starts_at", "ends_at", "due_at", "remind_at", "escalate_at")},
}
_KEPT = ("starts_on", "due_on", "starts_at", "ends_at", "due_at", "remind_at", "escalate_at")


def create_ahead(session: Session, duties: Collection[int] | None = None) -> int:
    """Draw up what is owed this month and the next, of some duties or of all; how many obligations are new.

    Of all duties, also what should have been drawn up in months when nobody did.
    """
    this = now().astimezone(settings().zone).date().replace(day=1)
    drawn = session.scalar(select(func.max(Obligation.starts_on))) if duties is None else None
    month = this if drawn is None else max(min(_next(drawn), this), this - _LONGEST_AWAY).replace(day=1)
    new = 0
    while month <= _next(this):
        new, month = new + create(session, month, duties), _next(month)
    return new


def _next(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def create(session: Session, month: date, duties: Collection[int] | None = None) -> int:
    """Draw up the obligations whose period begins in a month (its first day); those that are there stay as they are.

    A function's duty is owed by its topmost department.
    """
    last = _next(month) - timedelta(days=1)
    of = () if duties is None else (Duty.id.in_(duties),)
    valid = (Duty.valid_from <= last, or_(Duty.valid_to.is_(None), Duty.valid_to >= month), *of)
    shapes = session.execute(select(*_SHAPE).where(*valid).distinct()).all()
    rows = [row for shape in shapes for row in _periods(shape, month, last)]
    if not rows:
        return 0
    given = _as_table(rows)
    topmost = (
        select(Department.id).where(Department.function == Duty.function)
        .order_by(Department.parent_id.nulls_first(), Department.id).limit(1).correlate(Duty).scalar_subquery()
    )
    owed_by = func.coalesce(Duty.department_id, topmost)
    drawn = (
        select(
            Duty.code + "@" + cast(given.c.starts_on, Text), Duty.id, owed_by, *(given.c[name] for name in _KEPT)
        )
        .join(given, _same_shape(given))
        .where(
            *valid, owed_by.is_not(None), given.c.starts_on >= Duty.valid_from,
            or_(Duty.valid_to.is_(None), given.c.starts_on <= Duty.valid_to),
        )
    )
    made = insert(Obligation).from_select(["code", "duty_id", "department_id", *_KEPT], drawn)
    new = made.on_conflict_do_nothing(index_elements=["duty_id", "starts_on"]).returning(Obligation.id).cte("new")
    return session.scalar(select(func.count()).select_from(new)) or 0


def _periods(shape: Any, first: date, last: date) -> list[tuple[Any, ...]]:
    found = periods(cadence(shape.cadence, shape.start_on), shape.due_days, first, last)
    told = ((period, moments(period, shape.remind_days, shape.escalate_days, settings().zone)) for period in found)
    return [
        (*shape, period.starts_on, period.due_on, at.starts_at, at.ends_at, at.due_at, at.remind_at, at.escalate_at)
        for period, at in told
    ]


def _as_table(rows: Sequence[tuple[Any, ...]]) -> Any:
    """Rows as a table of the statement, one array a column."""
    columns = zip(*rows, strict=True)
    arrays: list[Any] = [
        cast(bindparam(f"given_{name}", list(values), ARRAY(kind)), ARRAY(kind))
        for (name, kind), values in zip(_COLUMNS.items(), columns, strict=True)
    ]
    return func.unnest(*arrays).table_valued(*_COLUMNS, name="given").render_derived()


def _same_shape(given: Any) -> Any:
    first, *others = (column == given.c[column.key] for column in _SHAPE)
    for other in others:
        first = first & other
    return first

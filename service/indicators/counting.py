"""Counting an indicator: which month and whose each record is, and what they come to."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Float,
    Select,
    Subquery,
    Text,
    any_,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from service.clock import now
from service.indicators import rules
from service.indicators.catalogue import Indicator, known
from service.indicators.schemas import Value
from service.people.tables import Assignment
from service.settings import settings

_COLUMNS: tuple[ColumnElement[Any], ...] = (
    column("at", DateTime(timezone=True)), column("department_id", BigInteger), column("employee_id", BigInteger),
    column("record", Text), column("detail", Text), column("numerator", Float), column("denominator", Float),
)

#: departments' codes by id
Seen = Mapping[int, str]


def counted(
    session: Session, indicator: Indicator, period: rules.Period, seen: Seen, *, whole: bool
) -> list[Value]:
    """An indicator by month, department and detail, and over all of these; `whole`: what belongs to none as well."""
    since, until = period.bounds(settings().zone)
    rows = rows_of(indicator, since, until, seen, whole=whole)
    total = func.grouping(rows.c.department_id)
    query = (
        select(
            rows.c.month, total.label("total"), rows.c.department_id, rows.c.detail,
            func.coalesce(func.sum(rows.c.numerator), 0.0).label("numerator"),
            func.coalesce(func.sum(rows.c.denominator), 0.0).label("denominator"), _value(indicator, rows),
        )
        .group_by(func.grouping_sets(
            tuple_(rows.c.month, rows.c.detail, rows.c.department_id), tuple_(rows.c.month, rows.c.detail)
        ))
        .order_by(rows.c.month, rows.c.detail.nulls_first(), total.desc())
    )
    found = [
        Value(
            code=indicator.code, month=row.month, total=bool(row.total), department_code=seen.get(row.department_id),
            detail=row.detail, numerator=row.numerator, denominator=row.denominator, value=row.value,
        )
        for row in session.execute(query)
    ]
    return sorted(found, key=lambda each: (each.month, each.detail or "", not each.total, each.department_code or ""))


def lately(session: Session, code: str, since: datetime, until: datetime) -> tuple[float | None, int]:
    """An indicator over a time instead of months, of what the reader sees: its value, and of how many records."""
    indicator = known(code)
    rows = _found(indicator, since, until)
    row = session.execute(
        select(_value(indicator, rows), func.coalesce(func.sum(rows.c.denominator), 0.0).label("of"))
    ).one()
    return row.value, round(row.of)


def rows_of(indicator: Indicator, since: datetime, until: datetime, seen: Seen, *, whole: bool) -> Subquery:
    """An indicator's records with the month and the department of each."""
    found = _found(indicator, since, until)
    local = func.timezone(str(settings().zone), found.c.at)
    day = cast(local, Date)
    placed = (
        select(Assignment.department_id)
        .where(
            Assignment.employee_id == found.c.employee_id, Assignment.from_date <= day,
            or_(Assignment.to_date.is_(None), Assignment.to_date >= day),
        )
        .order_by(Assignment.from_date.desc(), Assignment.id).limit(1).scalar_subquery()
    )
    month = cast(func.date_trunc("month", local), Date)
    rows = select(
        month.label("month"), func.coalesce(found.c.department_id, placed).label("department_id"), found.c.record,
        found.c.detail, found.c.numerator, found.c.denominator,
    ).subquery("rows")
    query: Select[Any] = select(rows)
    if not whole:
        query = query.where(rows.c.department_id == any_(literal(sorted(seen), ARRAY(BigInteger))))
    return query.subquery("counted")


def today() -> date:
    """The day it is at the site."""
    return now().astimezone(settings().zone).date()


def _found(indicator: Indicator, since: datetime, until: datetime) -> Any:
    known_names = {
        "since": since, "until": until, "now": now(), "zone": str(settings().zone), "many": rules.MANY,
        "late": rules.LATE_DAYS, "quick": rules.QUICK_SECONDS, "pause": rules.PAUSE_SECONDS,
    }
    statement = text(indicator.query)
    used = {name: known_names[name] for name in statement.compile().params}
    return statement.bindparams(**used).columns(*_COLUMNS).cte("found")


def _value(indicator: Indicator, rows: Any) -> ColumnElement[Any]:
    """NULL where nothing was counted: neither nothing nor everything."""
    if indicator.how == "median":
        return func.percentile_cont(0.5).within_group(rows.c.numerator).label("value")
    quotient = func.coalesce(func.sum(rows.c.numerator), 0.0) / func.nullif(func.sum(rows.c.denominator), 0.0)
    return (quotient * indicator.factor).label("value")

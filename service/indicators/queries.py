"""Values of indicators and the records behind them.

What is counted is counted everywhere, then only departments in the reader's scope are told: a department's value is the
same whoever reads it. Records are named by code alone; to open one, its own route applies the scope again.
"""

from collections.abc import Collection, Iterable, Mapping
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

from service.access import Principal
from service.clock import now
from service.db.context import everywhere
from service.errors import NotFound
from service.indicators import rules
from service.indicators.catalogue import INDICATORS, SIGNALS, Indicator, known
from service.indicators.schemas import (
    Apart,
    Behind,
    BehindPage,
    Catalogue,
    IndicatorRead,
    RecordsAsked,
    Value,
    Values,
    ValuesAsked,
    first_day,
)
from service.people.tables import Assignment, Department
from service.records.paging import Cursors
from service.settings import settings

_CURSORS = Cursors("indicator-records", str, str)

_COLUMNS: tuple[ColumnElement[Any], ...] = (
    column("at", DateTime(timezone=True)), column("department_id", BigInteger), column("employee_id", BigInteger),
    column("record", Text), column("detail", Text), column("numerator", Float), column("denominator", Float),
)

Seen = Mapping[int, str]


def catalogue() -> Catalogue:
    """Every indicator and signal with what it means."""
    said = ("name", "definition", "numerator", "denominator", "belongs")
    return Catalogue(items=[
        IndicatorRead(
            code=each.code, signal=each.code in SIGNALS, unit=each.unit, better=each.better, how=each.how,
            signals=list(each.signals), **{what: each.said(what) for what in said},
        )
        for each in INDICATORS.values()
    ])


def values(session: Session, asked: ValuesAsked, actor: Principal) -> Values:
    """The values asked for. Raises `NotFound` for an unknown code or department, `RetraceError` for a wrong period."""
    last = first_day(asked.to_month) if asked.to_month else today().replace(day=1)
    period = rules.period(first_day(asked.from_month) if asked.from_month else rules.before(last, 2), last)
    wanted = [known(asked.code)] if asked.code else list(INDICATORS.values())
    seen = _seen(session, asked.department_code)
    whole = actor.departments is None and asked.department_code is None
    with everywhere(session):
        found = {each.code: counted(session, each, period, seen, whole=whole) for each in wanted}
    # the total of one department is its own value
    return Values(
        items=[value for each in found.values() for value in each if not (value.total and asked.department_code)],
        apart=_apart(found.get("inspectors", [])),
    )


def counted(
    session: Session, indicator: Indicator, period: rules.Period, seen: Seen, *, whole: bool
) -> list[Value]:
    """An indicator by month, department and detail, and over all of these; `whole`: what belongs to none as well."""
    since, until = period.bounds(settings().zone)
    rows = _rows(indicator, since, until, seen, whole=whole)
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


def records(session: Session, code: str, asked: RecordsAsked, actor: Principal) -> BehindPage:
    """The records behind a value. Raises `NotFound`, `BadCursor`."""
    month = first_day(asked.month)
    since, until = rules.Period(month, month).bounds(settings().zone)
    seen = _seen(session, asked.department_code)
    whole = actor.departments is None and asked.department_code is None
    rows = _rows(known(code), since, until, seen, whole=whole)
    adds, detail = rows.c[asked.part], func.coalesce(rows.c.detail, "")
    query = (
        select(rows.c.record, rows.c.department_id, rows.c.detail, adds.label("adds")).where(adds.is_not(None))
        .order_by(rows.c.record, detail).limit(asked.limit)
    )
    if asked.detail is not None:
        query = query.where(rows.c.detail == asked.detail)
    if asked.cursor is not None:
        record, under = _CURSORS.read(asked.cursor)
        query = query.where(tuple_(rows.c.record, detail) > tuple_(literal(record), literal(under)))
    with everywhere(session):
        found = session.execute(query).all()
    last = found[-1] if len(found) == asked.limit else None
    return BehindPage(
        items=[
            Behind(record=row.record, department_code=seen.get(row.department_id), detail=row.detail, adds=row.adds)
            for row in found
        ],
        next=_CURSORS.write(last.record, last.detail or "") if last is not None else None,
    )


def today() -> date:
    """The day it is at the site."""
    return now().astimezone(settings().zone).date()


def _seen(session: Session, code: str | None) -> Seen:
    """The departments in the reader's scope by id, or the one asked for. Raises `NotFound`."""
    query = select(Department.id, Department.code)
    found = dict(session.execute(query if code is None else query.where(Department.code == code)).all())
    if code is not None and not found:
        raise NotFound(f"There is no department {code!r} in your departments.")
    return found


def _found(indicator: Indicator, since: datetime, until: datetime) -> Any:
    known_names = {
        "since": since, "until": until, "now": now(), "zone": str(settings().zone), "many": rules.MANY,
        "late": rules.LATE_DAYS, "quick": rules.QUICK_SECONDS, "pause": rules.PAUSE_SECONDS,
    }
    statement = text(indicator.query)
    used = {name: known_names[name] for name in statement.compile().params}
    return statement.bindparams(**used).columns(*_COLUMNS).cte("found")


def _rows(indicator: Indicator, since: datetime, until: datetime, seen: Seen, *, whole: bool) -> Subquery:
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


def _value(indicator: Indicator, rows: Any) -> ColumnElement[Any]:
    """NULL where nothing was counted: neither nothing nor everything."""
    if indicator.how == "median":
        return func.percentile_cont(0.5).within_group(rows.c.numerator).label("value")
    quotient = func.coalesce(func.sum(rows.c.numerator), 0.0) / func.nullif(func.sum(rows.c.denominator), 0.0)
    return (quotient * indicator.factor).label("value")


def _apart(values: Collection[Value]) -> list[Apart]:
    """Of each department and month the inspector furthest from the others."""
    by_place: dict[tuple[date, str | None], list[rules.Tally]] = {}
    for each in values:
        if not each.total and each.detail is not None:
            tally = rules.Tally(each.detail, round(each.numerator), round(each.denominator))
            by_place.setdefault((each.month, each.department_code), []).append(tally)
    return list(_told(by_place.items()))


def _told(places: Iterable[tuple[tuple[date, str | None], list[rules.Tally]]]) -> Iterable[Apart]:
    for (month, department), tallies in places:
        found = rules.spread(tallies)
        if found is not None:
            yield Apart(month=month, department_code=department, **vars(found))

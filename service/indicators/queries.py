"""Values of indicators and the records behind them.

What is counted is counted everywhere, then only departments in the reader's scope are told: a department's value is the
same whoever reads it. Records are named by code alone; to open one, its own route applies the scope again.
"""

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import func, literal, select, tuple_
from sqlalchemy.orm import Session

from service.access import Principal
from service.db.context import everywhere
from service.errors import Forbidden, NotFound
from service.indicators import rules
from service.indicators.catalogue import INDICATORS, SIGNALS, Indicator, known
from service.indicators.counting import Seen, counted, rows_of, today
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
from service.people.tables import Department
from service.records.paging import Cursors
from service.settings import settings

_CURSORS = Cursors("indicator-records", str, str)

def catalogue() -> Catalogue:
    """Every indicator and signal with what it means."""
    said = ("name", "definition", "numerator", "denominator", "belongs")
    return Catalogue(items=[
        IndicatorRead(
            code=each.code, signal=each.code in SIGNALS, unit=each.unit, better=each.better, how=each.how,
            signals=list(each.signals), told=list(each.told), **{what: each.said(what) for what in said},
        )
        for each in INDICATORS.values()
    ])


def values(session: Session, asked: ValuesAsked, actor: Principal) -> Values:
    """The values asked for, of what is told to the reader.

    Raises `NotFound` for an unknown code or department, `Forbidden` for a code told to others alone, and `RetraceError`
    for a wrong period.
    """
    last = first_day(asked.to_month) if asked.to_month else today().replace(day=1)
    period = rules.period(first_day(asked.from_month) if asked.from_month else rules.before(last, 2), last)
    told = [each for each in INDICATORS.values() if _tells(each, actor)]
    wanted = [_told_to(actor, asked.code)] if asked.code else told
    seen = _seen(session, asked.department_code)
    whole = actor.departments is None and asked.department_code is None
    with everywhere(session):
        found = {each.code: counted(session, each, period, seen, whole=whole) for each in wanted}
    # the total of one department is its own value
    return Values(
        items=[value for each in found.values() for value in each if not (value.total and asked.department_code)],
        apart=_worth_a_look(found.get("inspectors", [])),
    )


def records(session: Session, code: str, asked: RecordsAsked, actor: Principal) -> BehindPage:
    """The records behind a value. Raises `NotFound`, `Forbidden`, `BadCursor`."""
    indicator, month = _told_to(actor, code), first_day(asked.month)
    since, until = rules.Period(month, month).bounds(settings().zone)
    seen = _seen(session, asked.department_code)
    whole = actor.departments is None and asked.department_code is None
    rows = rows_of(indicator, since, until, seen, whole=whole)
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


def _seen(session: Session, code: str | None) -> Seen:
    """The departments in the reader's scope by id, or the one asked for. Raises `NotFound`."""
    query = select(Department.id, Department.code)
    found = dict(session.execute(query if code is None else query.where(Department.code == code)).all())
    if code is not None and not found:
        raise NotFound(f"There is no department {code!r} in your departments.")
    return found


def _tells(indicator: Indicator, actor: Principal) -> bool:
    return not indicator.told or actor.may(*indicator.told)


def _told_to(actor: Principal, code: str) -> Indicator:
    """The indicator of a code. Raises `NotFound`, and `Forbidden` where it is told to others alone."""
    indicator = known(code)
    if not _tells(indicator, actor):
        told = " and ".join(indicator.told)
        raise Forbidden(f"{code!r} compares people with each other; it is told to {told} alone.")
    return indicator


def _worth_a_look(values: Collection[Value]) -> list[Apart]:
    """Of each department and month the inspector furthest from the others."""
    by_place: dict[tuple[date, str | None], list[rules.Tally]] = {}
    for each in values:
        if not each.total and each.detail is not None:
            tally = rules.Tally(each.detail, round(each.numerator), round(each.denominator))
            by_place.setdefault((each.month, each.department_code), []).append(tally)
    return list(_furthest(by_place.items()))


def _furthest(places: Iterable[tuple[tuple[date, str | None], list[rules.Tally]]]) -> Iterable[Apart]:
    for (month, department), tallies in places:
        found = rules.spread(tallies)
        if found is not None:
            yield Apart(month=month, department_code=department, **vars(found))

"""Indicators by department and month with what stands beside them, the records behind them, and a table of it all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from service.access import Principal, Transaction, allow
from service.audit.context import note
from service.audit.reads import personal
from service.console.pages import page
from service.console.session import MEMBERS
from service.indicators import counting, queries, reports, rules
from service.indicators.catalogue import INDICATORS, SIGNALS, Indicator, known
from service.indicators.report_schemas import ReportsAsked
from service.indicators.schemas import Apart, Month, RecordsAsked, Value, Values, ValuesAsked, first_day
from service.indicators.table import csv_of
from service.people.tables import Department
from service.records.wiretypes import Code, Named

router = APIRouter(include_in_schema=False, dependencies=MEMBERS, prefix="/indicators")

_Member = Annotated[Principal, Depends(allow("operations", "quality", "people", "data"))]
_Department = Annotated[Code | None, Query()]

#: months beside each other, reports linked to, and clauses: those with the lowest last values
_MONTHS, _REPORTS, _CLAUSES = 3, 30, 10

Targets = Mapping[tuple[str, date, str, str | None], float]


@dataclass
class Line:
    """One department's, or everybody's, values of an indicator by month; `detail` is the clause it is counted by."""

    total: bool
    department_code: str | None
    detail: str | None
    cells: dict[date, tuple[Value, rules.Light | None]] = field(default_factory=dict)
    #: what stands beside it in the last month
    signals: list[Value] = field(default_factory=list)

    @property
    def last(self) -> float:
        """The value last counted."""
        counted = [value.value for _, (value, _) in sorted(self.cells.items()) if value.value is not None]
        return counted[-1] if counted else 0.0


@router.get("", dependencies=[personal("indicators")])
def show(
    request: Request, transaction: Transaction, actor: _Member, department: _Department = None,
    month: Annotated[Month | None, Query()] = None,
) -> Response:
    """Every indicator, month by month."""
    last = first_day(month) if month else counting.today().replace(day=1)
    first = rules.before(last, _MONTHS - 1)
    asked = ValuesAsked(from_month=f"{first:%Y-%m}", to_month=f"{last:%Y-%m}", department_code=department or None)
    found = queries.values(transaction, asked, actor)
    targets = reports.targets(transaction, first, last)
    places = transaction.execute(select(Department.code, Department.name).order_by(Department.code)).all()
    return page(
        request, "indicators.html", department=department or "", month=f"{last:%Y-%m}",
        months=[rules.before(last, number) for number in reversed(range(_MONTHS))],
        sections=[
            (each, _lines(each, found, targets, last), _apart(each, found.apart, last))
            for each in INDICATORS.values() if each.code not in SIGNALS
        ],
        indicators=INDICATORS, places=places, names={place.code: place.name for place in places},
        reports=reports.listed(transaction, ReportsAsked(department_code=department or None, limit=_REPORTS)).items,
    )


@router.get("/values.csv")
def table(
    transaction: Transaction, actor: _Member, department: _Department = None,
    month: Annotated[Month | None, Query()] = None,
) -> Response:
    """What is shown, as a table for a spreadsheet."""
    asked = ValuesAsked(to_month=month, department_code=department or None)
    found = queries.values(transaction, asked, actor)
    note(transaction, "export", "indicators")
    # spreadsheets take it for UTF-8 by its mark
    headers = {"Content-Disposition": 'attachment; filename="indicators.csv"'}
    return Response("\ufeff" + csv_of(found.items), media_type="text/csv", headers=headers)


@router.get("/{code}/records", dependencies=[personal("indicators")])
def records(
    request: Request, transaction: Transaction, actor: _Member, code: Named, asked: Annotated[RecordsAsked, Query()]
) -> Response:
    """The records a numerator or a denominator is made of."""
    found = queries.records(transaction, code, asked, actor)
    return page(request, "behind.html", indicator=known(code), asked=asked, found=found)


def _lines(indicator: Indicator, found: Values, targets: Targets, last: date) -> list[Line]:
    """An indicator's lines, the total first; of what is counted by clause the total of the lowest clauses."""
    lines: dict[tuple[str | None, bool, str | None], Line] = {}
    departments = {each.department_code for each in found.items if not each.total}
    for each in found.items:
        if each.code != indicator.code or (each.detail is not None and not each.total and len(departments) > 1):
            continue
        key = (each.detail, each.total, each.department_code)
        line = lines.setdefault(key, Line(each.total, each.department_code, each.detail))
        target = targets.get((each.department_code or "", each.month, each.code, each.detail))
        line.cells[each.month] = each, rules.light(indicator.better, each.value, target)
    for line in lines.values():
        line.signals = list(_beside(line, indicator, found.items, last))
    clauses = sorted((line for line in lines.values() if line.detail), key=lambda line: (line.last, line.detail))
    whole = [line for line in lines.values() if not line.detail]
    return sorted(whole, key=lambda line: (not line.total, line.department_code or "~")) + clauses[:_CLAUSES]


def _beside(line: Line, indicator: Indicator, values: Iterable[Value], last: date) -> Iterable[Value]:
    place = (last, line.total, line.department_code)
    for each in values:
        if each.code in indicator.signals and each.detail is None and place == (
            each.month, each.total, each.department_code
        ):
            yield each


def _apart(indicator: Indicator, found: Iterable[Apart], last: date) -> list[Any]:
    """The inspectors worth a look in the last month, where they stand beside an indicator."""
    return [each for each in found if each.month == last] if "inspectors" in indicator.signals else []

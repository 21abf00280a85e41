"""The copied inspections added up by month, so that a rate of everybody need not meet them all.

The sums are not changed but added to: what an inspection counted is taken away before it is copied anew, and what it
counts then is added.
"""

from typing import Any

import ibis
from sqlalchemy import Connection, Select, Text, any_, bindparam, column, insert, select, table, text
from sqlalchemy.dialects.postgresql import ARRAY

from features.outcomes import BY_MONTH, by_month
from service.history import postgres
from service.history.postgres import Planned

_INSPECTIONS, _MONTHS = postgres.named("inspections"), postgres.named(BY_MONTH)
_SUMS = ("n", "failures")


def months(inspections: Select[Any]) -> ibis.Table:
    """The sums as a table that a statement knows by name; `inspections`: the query of the copied ones."""
    return ibis.table(by_month(postgres.event_table("inspections", inspections)).schema(), name=_MONTHS)


def count(connection: Connection, inspections: Select[Any]) -> None:
    """Add up all the copied inspections anew."""
    connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{_MONTHS}"))
    sums = by_month(postgres.event_table("inspections", inspections))
    postgres.keep(connection, _MONTHS, postgres.statement(sums, {}))


def counting(connection: Connection, inspections: Select[Any]) -> tuple[Planned, Planned]:
    """What takes away what inspections of some `codes` count now, and what adds it."""
    codes = any_(bindparam("codes", type_=ARRAY(Text)))
    copied = table(_INSPECTIONS, *(column(name) for name in inspections.selected_columns.keys()), schema="pg_temp")
    few = {_INSPECTIONS: select(copied).where(copied.c.inspection_code == codes)}
    sums = postgres.statement(by_month(postgres.event_table("inspections", inspections)), few).subquery()
    kept = table(_MONTHS, *(column(name) for name in sums.c.keys()))
    less, more = (
        insert(kept).from_select(
            sums.c.keys(), select(*((each * sign).label(each.name) if each.name in _SUMS else each for each in sums.c))
        )
        for sign in (-1, 1)
    )
    return Planned(connection, "count_less", less), Planned(connection, "count_more", more)

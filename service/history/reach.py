"""Which records a few subjects' features look at: how live scoring narrows the event tables.

A block that looks at other people, posts or places than those of its subject needs them named here; the test that live
features equal the nightly ones fails where one is forgotten. Departments and processes are few and stay whole.
Inspections stay whole too: rates are shrunk towards everybody's.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    any_,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from service.history.revised import Only
from service.inspections.tables import Inspection
from service.people.tables import Employee
from service.processes.tables import Process
from service.work.tables import Batch, BatchInput, WorkRecord


class Reach(NamedTuple):
    """The ids of everybody and everything a few subjects lead to, in the order of a statement's parameters."""

    people: list[int]
    processes: list[int]
    departments: list[int]
    works: list[int]
    batches: list[int]


def _parameter(number: int) -> ColumnElement[Any]:
    return cast(literal_column(f"${number}"), ARRAY(BigInteger))


_PEOPLE, _PROCESSES, _DEPARTMENTS, _WORKS, _BATCHES = (_parameter(number) for number in range(1, 6))


def _of_person(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.employee_id == any_(_PEOPLE)


def _of_process(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.process_id == any_(_PROCESSES)


def _of_place(rows: FromClause) -> ColumnElement[bool]:
    return or_(_of_process(rows), rows.c.department_id == any_(_DEPARTMENTS))


def _work(rows: FromClause) -> ColumnElement[bool]:
    own = WorkRecord.__table__.alias("own")
    named = select(own.c.code).where(own.c.id == any_(_WORKS))
    return or_(and_(_of_person(rows), _of_process(rows)), rows.c.code.in_(named))


def _inputs(rows: FromClause) -> ColumnElement[bool]:
    """Of the batches themselves, and of every batch that the same inputs went into."""
    own = BatchInput.__table__.alias("own")
    went_in = select(own.c.input_id).where(own.c.batch_id == any_(_BATCHES))
    return or_(rows.c.batch_id == any_(_BATCHES), rows.c.input_id.in_(went_in))


#: event table -> which of the records behind it a statement of few subjects asks for
NARROW: Mapping[str, Only] = {
    "employees": lambda rows: rows.c.id == any_(_PEOPLE),
    "assignments": lambda rows: or_(_of_person(rows), rows.c.department_id == any_(_DEPARTMENTS)),
    "requirements": _of_process,
    "changes": _of_process,
    "retraining": _of_person,
    "work": _work,
    "batch_inputs": _inputs,
    "difficulties": _of_place,
    "issues": _of_place,
    "shifts": _of_person,
}


def _gathered(*values: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """Each column's distinct values as an array."""
    empty = cast(literal_column("'{}'"), ARRAY(BigInteger))
    return [
        func.coalesce(func.array_agg(value.distinct()).filter(value.is_not(None)), empty) for value in values
    ]


def of_orders(codes: list[str]) -> Select[Any]:
    """The `Reach` of inspections, by every revision of them and of their work."""
    order, root = Inspection.__table__, WorkRecord.__table__.alias("root")
    work, batch = WorkRecord.__table__.alias("work"), Batch.__table__.alias("batch")
    home = Process.__table__.alias("home")
    process = func.coalesce(order.c.process_id, work.c.process_id, batch.c.process_id)
    return (
        select(*_gathered(
            func.coalesce(order.c.employee_id, work.c.employee_id), process,
            func.coalesce(order.c.department_id, home.c.department_id), order.c.work_id,
            func.coalesce(order.c.batch_id, work.c.batch_id),
        ))
        .select_from(
            order.outerjoin(root, root.c.id == order.c.work_id)
            .outerjoin(work, work.c.code == root.c.code)
            .outerjoin(batch, batch.c.id == func.coalesce(order.c.batch_id, work.c.batch_id))
            .outerjoin(home, home.c.id == process)
        )
        .where(order.c.code == any_(cast(codes, ARRAY(Text))))
    )


def of_pairs(people: list[str], processes: list[str]) -> Select[Any]:
    """The `Reach` of people on processes."""
    person, process = Employee.__table__, Process.__table__
    found = [
        select(person.c.id).where(person.c.code == any_(cast(people, ARRAY(Text)))),
        select(process.c.id).where(process.c.code == any_(cast(processes, ARRAY(Text)))),
        select(process.c.department_id).where(
            process.c.code == any_(cast(processes, ARRAY(Text))), process.c.department_id.is_not(None)
        ),
    ]
    nothing = cast(literal_column("'{}'"), ARRAY(BigInteger))
    return select(*(func.array(each.scalar_subquery()) for each in found), nothing, nothing)

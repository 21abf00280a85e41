"""Which records a few subjects' features look at: how live scoring narrows the event tables.

A block that looks at other people, posts or places than those of its subject needs them named here; the test that live
features equal the nightly ones fails where one is forgotten. Departments and processes are few and stay whole.
Inspections stay whole too: rates are shrunk towards everybody's.

The records are found first, by their subjects' ids, and the statement is given their codes: so it has one plan that
looks up what it needs, however many records there are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
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

from service.courses.tables import TrainingRecord
from service.db.base import Evidence
from service.difficulties.tables import DifficultyReport
from service.history.revised import Only
from service.inspections.tables import Inspection
from service.issues.tables import Issue
from service.people.tables import Employee, Shift
from service.processes.tables import Process
from service.work.tables import Batch, BatchInput, WorkRecord

_IDS, _CODES = ARRAY(BigInteger), ARRAY(Text)

#: what a statement is given of its subjects, by number, in this order: ids, and the codes of what leads to them
_SUBJECTS = ("people", "processes", "departments", "batches")
_RECORDS = ("work", "retraining", "difficulties", "issues", "shifts")
#: the first parameter after them
NEXT = len(_SUBJECTS) + len(_RECORDS) + 1


def _given(name: str) -> ColumnElement[Any]:
    number = (*_SUBJECTS, *_RECORDS).index(name) + 1
    return cast(literal_column(f"${number}"), _IDS if name in _SUBJECTS else _CODES)


def _coded(name: str) -> Only:
    return lambda rows: rows.c.code == any_(_given(name))


def _inputs(rows: FromClause) -> ColumnElement[bool]:
    """Of the batches themselves, and of every batch that the same inputs went into."""
    own = BatchInput.__table__.alias("own")
    went_in = select(own.c.input_id).where(own.c.batch_id == any_(_given("batches")))
    return or_(rows.c.batch_id == any_(_given("batches")), rows.c.input_id.in_(went_in))


def _of_process(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.process_id == any_(_given("processes"))


#: event table -> which of the records behind it a statement of few subjects asks for
NARROW: Mapping[str, Only] = {
    "employees": lambda rows: rows.c.id == any_(_given("people")),
    "assignments": lambda rows: or_(
        rows.c.employee_id == any_(_given("people")), rows.c.department_id == any_(_given("departments"))
    ),
    "requirements": _of_process,
    "changes": _of_process,
    "batch_inputs": _inputs,
    **{name: _coded(name) for name in _RECORDS},
}


def of_orders(connection: Connection, codes: Sequence[str]) -> tuple[list[Any], ...]:
    """The parameters for inspections, by every revision of them and of their work."""
    order, root = Inspection.__table__, WorkRecord.__table__.alias("root")
    work, batch = WorkRecord.__table__.alias("work"), Batch.__table__.alias("batch")
    home = Process.__table__.alias("home")
    process = func.coalesce(order.c.process_id, work.c.process_id, batch.c.process_id)
    found = connection.execute(
        select(
            func.coalesce(order.c.employee_id, work.c.employee_id), process,
            func.coalesce(order.c.department_id, home.c.department_id),
            func.coalesce(order.c.batch_id, work.c.batch_id), root.c.code,
        )
        .select_from(
            order.outerjoin(root, root.c.id == order.c.work_id)
            .outerjoin(work, work.c.code == root.c.code)
            .outerjoin(batch, batch.c.id == func.coalesce(order.c.batch_id, work.c.batch_id))
            .outerjoin(home, home.c.id == process)
        )
        .where(order.c.code == any_(cast(list(codes), _CODES)))
    ).all()
    *ids, works = ({row[place] for row in found} - {None} for place in range(5))
    return _with_records(connection, [sorted(each) for each in ids], works)


def of_pairs(connection: Connection, people: Sequence[str], processes: Sequence[str]) -> tuple[list[Any], ...]:
    """The parameters for people on processes."""
    person, process = Employee.__table__, Process.__table__
    of_people = select(person.c.id).where(person.c.code == any_(cast(list(people), _CODES)))
    of_processes = select(process.c.id, process.c.department_id).where(
        process.c.code == any_(cast(list(processes), _CODES))
    )
    found = connection.execute(of_processes).all()
    departments = sorted({row.department_id for row in found} - {None})
    ids = [list(connection.scalars(of_people)), [row.id for row in found], departments, []]
    return _with_records(connection, ids, set())


def _with_records(connection: Connection, ids: list[list[int]], works: set[str]) -> tuple[list[Any], ...]:
    people, processes, departments, _ = (cast(each, _IDS) for each in ids)

    def of_person(rows: FromClause) -> ColumnElement[bool]:
        return rows.c.employee_id == any_(people)

    def of_process(rows: FromClause) -> ColumnElement[bool]:
        return rows.c.process_id == any_(processes)

    def of_place(rows: FromClause) -> ColumnElement[bool]:
        return or_(of_process(rows), rows.c.department_id == any_(departments))

    work, *others = connection.execute(select(
        _codes(WorkRecord, lambda rows: and_(of_person(rows), of_process(rows))), _codes(TrainingRecord, of_person),
        _codes(DifficultyReport, of_place), _codes(Issue, of_place), _codes(Shift, of_person),
    )).one()
    return (*ids, [*work, *works.difference(work)], *others)


def _codes(row: type[Evidence], where: Any) -> ColumnElement[Any]:
    """The distinct codes of records, as an array."""
    table = row.__table__
    query: Select[Any] = select(table.c.code).distinct().where(where(table))
    return func.array(query.scalar_subquery(), type_=_CODES)

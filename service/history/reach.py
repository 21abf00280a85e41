"""Which records a few subjects' features look at: how live scoring narrows the event tables.

A block that looks at other people, posts or places than those of its subject needs them named here; the test that live
features equal the nightly ones fails where one is forgotten. Departments and processes are few and stay whole.
What is compared across people, units and products stays whole too: inspections with their findings, since rates are
shrunk towards everybody's, assignments, batches, and what process versions name.

The records are found first, by their subjects' ids, and the statement is given their codes: so it has one plan that
looks up what it needs, however many records there are.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from service.courses.tables import TrainingRecord
from service.db.base import Evidence
from service.difficulties.tables import DifficultyReport, ReportProcess
from service.history.postgres import Planned
from service.history.revised import Only
from service.inspections.tables import Inspection
from service.issues.tables import Issue
from service.people.tables import Employee, Shift
from service.processes.tables import Process
from service.work.tables import Batch, BatchInput, WorkRecord

_IDS, _CODES = ARRAY(BigInteger), ARRAY(Text)

#: what a statement is given, by number, in this order: ids, and the codes of what the subjects lead to
_NUMBERS = ("people", "processes", "inputs")
_RECORDS = ("work", "retraining", "difficulties", "issues", "shifts")
#: the first parameter after them
NEXT = len(_NUMBERS) + len(_RECORDS) + 1


def _given(name: str) -> ColumnElement[Any]:
    number = (*_NUMBERS, *_RECORDS).index(name) + 1
    return cast(literal_column(f"${number}"), _IDS if name in _NUMBERS else _CODES)


def _coded(name: str) -> Only:
    return lambda rows: rows.c.code == any_(_given(name))


def _of_process(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.process_id == any_(_given("processes"))


#: event table -> which of the records behind it a statement of few subjects asks for
NARROW: Mapping[str, Only] = {
    "employees": lambda rows: rows.c.id == any_(_given("people")),
    "requirements": _of_process,
    "changes": _of_process,
    "batch_inputs": lambda rows: rows.c.id == any_(_given("inputs")),
    **{name: _coded(name) for name in _RECORDS},
}


class Reach:
    """Finds the parameters of such a statement, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._orders = Planned(connection, "reach_orders", _orders())
        self._people = Planned(connection, "reach_people", _PEOPLE)
        self._processes = Planned(connection, "reach_processes", _PROCESSES)
        self._leading = Planned(connection, "reach_leading", _LEADING)

    def of_orders(self, codes: Sequence[str]) -> tuple[list[Any], ...]:
        """The parameters for inspections, by every revision of them and of their work."""
        found = self._orders.rows(orders=list(codes))
        *ids, works = ({row[place] for row in found} - {None} for place in range(5))
        return self._with_records([sorted(each) for each in ids], works)

    def of_pairs(self, people: Sequence[str], processes: Sequence[str]) -> tuple[list[Any], ...]:
        """The parameters for people on processes."""
        persons = [person for person, in self._people.rows(people=list(people))]
        found = self._processes.rows(processes=list(processes))
        departments = sorted({department for _, department in found} - {None})
        return self._with_records([persons, [process for process, _ in found], departments, []], set())

    def _with_records(self, ids: list[list[int]], works: set[str]) -> tuple[list[Any], ...]:
        named = dict(zip(("people", "processes", "departments", "batches"), ids, strict=True))
        [(inputs, work, *others)] = self._leading.rows(**named)
        people, processes, *_ = ids
        return (people, processes, inputs, [*work, *works.difference(work)], *others)


def _orders() -> Select[Any]:
    """Person, process, department, batch and work of inspections: by every revision of them and of their work."""
    order, root = Inspection.__table__, WorkRecord.__table__.alias("root")
    work, home = WorkRecord.__table__.alias("work"), Process.__table__.alias("home")
    # apart, as row security keeps what is joined by an expression from being looked up
    own, of_work = Batch.__table__.alias("own"), Batch.__table__.alias("of_work")
    process = func.coalesce(order.c.process_id, work.c.process_id, own.c.process_id, of_work.c.process_id)
    batch_id = func.coalesce(order.c.batch_id, work.c.batch_id)
    return (
        select(
            func.coalesce(order.c.employee_id, work.c.employee_id), process,
            func.coalesce(order.c.department_id, home.c.department_id), batch_id, root.c.code,
        )
        .select_from(
            order.outerjoin(root, root.c.id == order.c.work_id).outerjoin(work, work.c.code == root.c.code)
            .outerjoin(own, own.c.id == order.c.batch_id)
            .outerjoin(of_work, and_(of_work.c.id == work.c.batch_id, order.c.batch_id.is_(None)))
            .outerjoin(home, home.c.id == process)
        )
        .where(order.c.code == any_(bindparam("orders", type_=_CODES)))
    )


def _subjects(name: str) -> ColumnElement[Any]:
    return any_(bindparam(name, type_=_IDS))


def _of_person(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.employee_id == _subjects("people")


def _of_place(rows: FromClause) -> ColumnElement[bool]:
    return or_(rows.c.process_id == _subjects("processes"), rows.c.department_id == _subjects("departments"))


def _codes(row: type[Evidence], where: Callable[[FromClause], ColumnElement[bool]]) -> ColumnElement[Any]:
    """The distinct codes of records, as an array."""
    table = row.__table__
    return func.array(select(table.c.code).distinct().where(where(table)).scalar_subquery(), type_=_CODES)


def _reports() -> ColumnElement[Any]:
    """The codes of reports on the places, and of those whose text told one of the processes, as an array."""
    given, told = DifficultyReport.__table__, ReportProcess.__table__
    found = union(
        select(given.c.code).where(_of_place(given)),
        select(told.c.report_code).where(told.c.process_id == _subjects("processes")),
    )
    return func.array(found.scalar_subquery(), type_=_CODES)


def _inputs() -> ColumnElement[Any]:
    """What went into the batches, and all that the same inputs went into, as an array of ids."""
    own, went_in = BatchInput.__table__.alias("own"), BatchInput.__table__
    of_batch = func.array(select(own.c.input_id).where(own.c.batch_id == _subjects("batches")).scalar_subquery())
    found = select(went_in.c.id).where(
        or_(went_in.c.batch_id == _subjects("batches"), went_in.c.input_id == any_(of_batch))
    )
    return func.array(found.scalar_subquery(), type_=_IDS)


_PEOPLE = select(Employee.id).where(Employee.code == any_(bindparam("people", type_=_CODES)))
_PROCESSES = select(Process.id, Process.department_id).where(
    Process.code == any_(bindparam("processes", type_=_CODES))
)
_LEADING = select(
    _inputs(),
    _codes(WorkRecord, _of_person), _codes(TrainingRecord, _of_person), _reports(),
    _codes(Issue, _of_place), _codes(Shift, _of_person),
)

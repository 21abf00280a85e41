"""Whose inspections count to whom: the groups that rates are made over and pulled towards."""

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir


def _of_work(inspections: ibis.Table) -> ir.BooleanValue:
    return inspections.work_code.notnull() | inspections.batch_code.notnull()


def _of_units(inspections: ibis.Table) -> ir.BooleanValue:
    return inspections.department_code.notnull() & inspections.employee_code.isnull() & ~_of_work(inspections)


#: population -> whether an inspection, or a clause found at one, belongs to it
POPULATIONS: Mapping[str, Callable[[ibis.Table], ir.BooleanValue]] = {
    # A batch's, unit's or team's failure is nobody's own: only inspections that name one person.
    "people": lambda inspections: inspections.employee_code.notnull(),
    "processes": lambda inspections: inspections.process_code.notnull(),
    "batches": lambda inspections: inspections.batch_code.notnull(),
    # of a work record or a batch
    "work": _of_work,
    # of a department as such: of no person, work record or batch
    "units": _of_units,
}


def among(inspections: ibis.Table, *populations: str) -> ibis.Table:
    """The inspections, or the clauses found at them, that belong to all these populations."""
    return inspections.filter([POPULATIONS[name](inspections) for name in populations])

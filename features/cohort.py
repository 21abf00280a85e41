"""Who or what is eligible on a date, per target: the rows of a matrix before it has features."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from features.asof import known_before
from features.history import History
from features.population import among

#: target -> the columns that name its rows, in order. With `as_of`, those of `IDENTITY` are unique.
KEYS: Mapping[str, tuple[str, ...]] = {
    "need": ("employee_code", "process_code", "as_of"),
    "risk-work": (
        "work_code", "inspection_code", "employee_code", "process_code", "batch_code", "department_code",
        "inspector_code", "due_at", "as_of",
    ),
    "risk-unit": ("department_code", "inspection_code", "inspector_code", "due_at", "as_of"),
}  # fmt: skip
IDENTITY: Mapping[str, tuple[str, ...]] = {
    "need": ("employee_code", "process_code"),
    "risk-work": ("work_code", "batch_code", "inspection_code"),
    "risk-unit": ("department_code", "inspection_code"),
}
TARGETS = tuple(KEYS)

_PRACTICE_DAYS = 365


class UnknownTarget(ValueError):
    """A target that is none of `TARGETS`, or one that the question does not apply to."""


def eligible(history: History, target: str, dates: ibis.Table) -> ibis.Table:
    """The cohort of a target on each `as_of` of `dates`: its `KEYS`, and for orders `kind` and the `attr_*` inputs."""
    dates = dates.select(as_of=dates.as_of.cast("timestamp(6)")).distinct()
    if target == "need":
        return _people(history, dates)
    if target == "risk-work":
        return _open_orders(history, target, dates)
    if target == "risk-unit":
        return _units(history, dates)
    raise UnknownTarget(f"unknown target {target}: choose one of {', '.join(TARGETS)}")


def inspected(history: History, target: str, windows: ibis.Table) -> ibis.Table:
    """Every inspection performed in [`as_of`, `until`) of each window, as if it were still an order at `as_of`.

    Same columns as `eligible`; no outcome among them. Planned inspector, due date and attributes are those of the
    order as it stood at `as_of`, else of its first later revision. A result known before `as_of` keeps an inspection
    out. Windows may have a third column, `known_by`: then only what was known before it is used.
    """
    return _as_cohort(history, target, _first_known(_candidates(history, target, windows)))


def waiting(history: History, target: str, windows: ibis.Table) -> ibis.Table:
    """As `inspected`, but only what was an order already at `as_of`: what a list made then would have shown."""
    candidates = _candidates(history, target, windows)
    return _as_cohort(history, target, _first_known(candidates.filter(candidates.known_at < candidates.as_of)))


def _candidates(history: History, target: str, windows: ibis.Table) -> ibis.Table:
    """The revisions in force at `as_of`, or still to come, of every inspection performed in a window."""
    if target not in ("risk-work", "risk-unit"):
        raise UnknownTarget(f"target {target} has no orders: use eligible(history, 'need', dates)")
    revisions = _of_target(history["inspections"], target)
    performed = _performed(revisions, windows)
    first_result = revisions.filter(revisions.failed.notnull())
    first_result = first_result.group_by("inspection_code").aggregate(first_result_at=first_result.known_at.min())
    performed = performed.inner_join(first_result, "inspection_code")
    performed = performed.filter(performed.first_result_at >= performed.as_of)
    chosen = performed.select("inspection_code", "as_of")
    candidates = revisions.inner_join(chosen, "inspection_code").select(revisions, chosen.as_of)
    return candidates.filter(candidates.superseded_at.isnull() | (candidates.superseded_at >= candidates.as_of))


def _performed(revisions: ibis.Table, windows: ibis.Table) -> ibis.Table:
    """The inspections with a result in each window: inspection_code, as_of."""
    windows = windows.mutate(as_of=windows.as_of.cast("timestamp(6)"), until=windows.until.cast("timestamp(6)"))
    results = revisions.filter(revisions.failed.notnull())
    in_window = (results.occurred_at >= windows.as_of) & (results.occurred_at < windows.until)
    if "known_by" in windows.columns:
        known_by = windows.known_by.cast("timestamp(6)")
        settled = (results.known_at < known_by) & (results.superseded_at.isnull() | (results.superseded_at >= known_by))
    else:
        settled = results.superseded_at.isnull()
    joined = results.inner_join(windows, [in_window & settled])
    return joined.select(results.inspection_code, windows.as_of).distinct()


def _of_target(inspections: ibis.Table, target: str) -> ibis.Table:
    """The inspections (any revision) whose subject is the target's: a work record or batch, or a unit as such."""
    return among(inspections, "work" if target == "risk-work" else "units")


def _first_known(candidates: ibis.Table) -> ibis.Table:
    """Of each inspection and `as_of` the candidate revision known first: in force at `as_of`, or the next to come."""
    order = ibis.window(group_by=["inspection_code", "as_of"], order_by=["known_at"])
    numbered = candidates.mutate(_position=ibis.row_number().over(order))
    return numbered.filter(numbered._position == 0).drop("_position")


def _open_orders(history: History, target: str, dates: ibis.Table) -> ibis.Table:
    revisions = _of_target(history["inspections"], target)
    orders = revisions.filter(revisions.failed.isnull())
    # A planner's list must hold every order there is, also one imported after the date it is asked for.
    standing = orders.superseded_at.isnull() | ((orders.known_at < dates.as_of) & (orders.superseded_at >= dates.as_of))
    return _as_cohort(history, target, _first_known(orders.inner_join(dates, [standing]).select(orders, dates.as_of)))


def _as_cohort(history: History, target: str, orders: ibis.Table) -> ibis.Table:
    return orders.select(*KEYS[target], "kind", *history.attributes("inspections"))


def _units(history: History, dates: ibis.Table) -> ibis.Table:
    orders = _open_orders(history, "risk-unit", dates)
    inspections = among(history["inspections"], "units")
    results = inspections.filter(inspections.failed.notnull())
    ever = known_before(results, dates, on=[]).select("department_code", "as_of").distinct()
    without = ever.anti_join(orders, ["department_code", "as_of"])
    blank = {column: ibis.null(dtype) for column, dtype in orders.schema().items() if column not in without.columns}
    return orders.union(without.mutate(**blank).select(*orders.columns))


def _people(history: History, dates: ibis.Table) -> ibis.Table:
    pair = ["employee_code", "process_code"]
    work, trained, inspections = history["work"], history["retraining"], history["inspections"]
    recent = known_before(work, dates, on=[])
    recent = recent.filter(recent.occurred_at >= recent.as_of - ibis.interval(days=_PRACTICE_DAYS))
    results = inspections.filter(inspections.failed.notnull())
    parts = [recent, *(known_before(events, dates, on=[]) for events in (results, trained))]
    pairs = ibis.union(*(part.select(*pair, "as_of") for part in parts), distinct=True)
    pairs = pairs.filter(pairs.employee_code.notnull(), pairs.process_code.notnull())
    return _employed(history, pairs)


def _employed(history: History, pairs: ibis.Table) -> ibis.Table:
    employees = history["employees"]
    employed: ir.BooleanValue = (employees.hired_at.isnull() | (employees.hired_at <= pairs.as_of)) & (
        employees.left_at.isnull() | (employees.left_at > pairs.as_of)
    )
    staff = pairs.inner_join(employees, [pairs.employee_code == employees.employee_code, employed])
    return staff.select(*(pairs[column] for column in KEYS["need"]))

"""Neighbours: units near by, where the site gives their latitude and longitude, and people at work on the same days."""

import ibis
import ibis.expr.types as ir

from features.asof import known_before, moments
from features.block import Block, Feature
from features.history import History
from features.measure import days, fading, millionths, once, total, whole, with_all, within
from features.outcomes import overall, results, shrunk
from features.population import among

_UNIT = ("department_code",)
_PAIR = ("employee_code", "process_code")
_CELL = ("cell_x", "cell_y")
_PLACE = ("attr_latitude_num", "attr_longitude_num")
_ZERO = ibis.literal(0.0, "float64")
#: A unit's cell and the eight around it reach between one and two thirds of a kilometre: about 500 m.
CELL_METRES = 333.0
_CELLS_PER_DEGREE = ibis.literal(111_195.0 / CELL_METRES, "float64")
_RADIANS = ibis.literal(0.017453292519943295, "float64")
_STEPS = (-1, 0, 1)
_SPANS = (90, 365)
#: colleagues are those at work on the same days of so many weeks past
CREW_DAYS = 28
_CREW_FADE = 90
_SECONDS_PER_DAY = 86_400


def blocks(history: History, target: str) -> tuple[Block, ...]:
    """The block of units near by, where departments have both attributes; otherwise none."""
    offered = set(_PLACE) <= set(history.attributes("departments"))
    return (NEAR,) if target == "risk-unit" and offered else ()


def _cells(history: History) -> ibis.Table:
    """department_code -> the square of the grid it lies in; units without a place on Earth are left out."""
    units = history["departments"]
    latitude, longitude = (units[column] for column in _PLACE)
    units = units.filter(latitude.between(-89, 89), longitude.between(-180, 180))
    # The width of a degree is that of the whole degree of latitude near by: squares must not shear within a town.
    width = (units.attr_latitude_num.round().cast("float64") * _RADIANS).cos()
    return units.select(
        *_UNIT,
        cell_x=(units.attr_longitude_num * width * _CELLS_PER_DEGREE).floor().cast("int64"),
        cell_y=(units.attr_latitude_num * _CELLS_PER_DEGREE).floor().cast("int64"),
    )


def near(history: History, cohort: ibis.Table) -> ibis.Table:
    """How the other units within about 500 m have fared in 90 and 365 days; rates are pulled towards that of all."""
    events = results(among(history["inspections"], "units"))
    cells = _cells(history)
    homes = moments(cohort, _UNIT).inner_join(cells, _UNIT[0]).select(*_UNIT, "as_of", *_CELL)
    homes = once(homes, "cells_of_units")
    steps = (
        homes.select(*_UNIT, "as_of", cell_x=homes.cell_x + x, cell_y=homes.cell_y + y) for x in _STEPS for y in _STEPS
    )
    around = once(ibis.union(*steps), "cells_around")
    placed = events.inner_join(cells, "department_code", rname="{name}__1")
    placed = placed.select(*_CELL, "failed", "occurred_at", "known_at", "superseded_at")
    in_cells = _recent(placed, around, _CELL)
    own = _recent(events, cohort, _UNIT)
    joined = around.inner_join(in_cells, [*_CELL, "as_of"])
    sums = joined.group_by(*_UNIT, "as_of").aggregate(
        **{f"near_{name}": total(joined[name]) for name in in_cells.columns if name not in (*_CELL, "as_of")}
    )
    t = with_all(homes, _UNIT, sums, own).inner_join(overall(history, cohort, "units"), "as_of")
    others = {
        name: t[f"near_{name}"].fill_null(_ZERO) - t[name].cast("float64").fill_null(_ZERO)
        for name in own.columns if name not in (*_UNIT, "as_of")
    }  # fmt: skip
    return t.select(
        *_UNIT,
        "as_of",
        near_inspections_365=others["n_365"],
        **{f"near_failure_rate_{span}": shrunk(others[f"failures_{span}"], others[f"n_{span}"], t.overall_rate)
           for span in _SPANS},
    )  # fmt: skip


def _recent(events: ibis.Table, cohort: ibis.Table, on: tuple[str, ...]) -> ibis.Table:
    """Inspections and failures of each span per subject, as whole numbers."""
    known = known_before(events, cohort, on)
    known = known.filter(within(known, max(_SPANS)))
    sums: dict[str, ir.Value] = {}
    for span in _SPANS:
        inside = whole(within(known, span))
        sums[f"n_{span}"] = inside.sum().cast("int64")
        sums[f"failures_{span}"] = (inside * known.failed).sum().cast("int64")
    return known.group_by(*on, "as_of").aggregate(**sums)


def crew(history: History, cohort: ibis.Table) -> ibis.Table:
    """How others fared at the process on the days the person worked on it lately (days are UTC's)."""
    work = known_before(history["work"], cohort, _PAIR)
    work = work.filter(within(work, CREW_DAYS))
    worked = work.select(*_PAIR, "as_of", day=_day(work.occurred_at)).distinct()
    events = results(among(history["inspections"], "people", "processes"))
    seen = known_before(events, once(worked, "crew_days"), ("process_code",))
    seen = seen.filter(within(seen, CREW_DAYS + 1))
    weight = fading(days(seen.as_of, seen.occurred_at), _CREW_FADE)
    weighed = seen.select("employee_code", "process_code", "as_of", "failed", weight=weight, day=_day(seen.occurred_at))
    # Added up per process and day first: people then meet days, not inspections.
    daily = _sums(weighed, ("process_code", "as_of", "day"))
    own = _sums(weighed, (*_PAIR, "as_of", "day"))
    joined = worked.inner_join(daily, ["process_code", "as_of", "day"])
    joined = joined.left_join(own, [*_PAIR, "as_of", "day"], rname="own_{name}")
    others = joined.select(
        *_PAIR, "as_of", **{name: joined[name] - joined[f"own_{name}"].fill_null(0) for name in ("n", "failures")}
    )
    sums = others.group_by(*_PAIR, "as_of").aggregate(n=millionths(others.n), failures=millionths(others.failures))
    t = with_all(cohort, _PAIR, sums, overall(history, cohort, "people", "processes"))
    n, failures = t.n.fill_null(_ZERO), t.failures.fill_null(_ZERO)
    rate = ibis.ifelse(n > 0, shrunk(failures, n, t.overall_rate), ibis.null("float64"))
    return t.select(*_PAIR, "as_of", crew_inspections=n, crew_failure_rate=rate)


def _day(moment: ir.TimestampValue) -> ir.IntegerValue:
    return (moment.truncate("D").epoch_seconds() / _SECONDS_PER_DAY).floor().cast("int64")


def _sums(weighed: ibis.Table, by: tuple[str, ...]) -> ibis.Table:
    return weighed.group_by(*by).aggregate(
        n=weighed.weight.sum().cast("int64"), failures=(weighed.weight * weighed.failed).sum().cast("int64")
    )


NEAR = Block(
    "units near by",
    _UNIT,
    near,
    (
        Feature(
            "near_inspections_365",
            "Inspections of other units within about 500 m in the last 365 days: {value:.0f}.",
            "过去365天约500米内其他受检单元的监督检查：{value:.0f}次。",
        ),
        Feature(
            "near_failure_rate_90",
            "Within about 500 m, about {value:.0%} of the last 90 days' inspections of other units were not passed.",
            "过去90天约500米内其他受检单元的监督检查约{value:.0%}未通过。",
        ),
        Feature(
            "near_failure_rate_365",
            "Within about 500 m, about {value:.0%} of the last 365 days' inspections of other units were not passed.",
            "过去365天约500米内其他受检单元的监督检查约{value:.0%}未通过。",
        ),
    ),
    ("It is not known where this unit lies.", "该受检单元的位置未知。"),
)

CREW = Block(
    "people on the same process and days",
    _PAIR,
    crew,
    (
        Feature(
            "crew_inspections",
            "Recent inspections of others on this process on the days this person worked on it: {value:.1f}.",
            "该人员在该流程操作的日子里，其他人员近期在该流程接受的监督检查：{value:.1f}次。",
        ),
        Feature(
            "crew_failure_rate",
            "On the days this person worked on this process, about {value:.0%} of the others' inspections on it were "
            "not passed.",
            "该人员在该流程操作的日子里，其他人员在该流程的监督检查约{value:.0%}未通过。",
            missing=(
                "On the days this person worked on this process lately, nobody else was inspected on it.",
                "该人员近期在该流程操作的日子里，没有其他人员接受监督检查。",
            ),
        ),
    ),
    ("No single person or process is named.", "未指明具体人员或流程。"),
)

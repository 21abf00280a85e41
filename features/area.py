"""How the units of the same area, and all units, have fared of late."""

import ibis

from features.asof import known_before
from features.block import Block, Feature
from features.history import History
from features.measure import share, total, with_all, within
from features.outcomes import overall, results, shrunk
from features.population import among

_ON = ("department_code",)
_ZERO = ibis.literal(0.0, "float64")


def area(history: History, cohort: ibis.Table) -> ibis.Table:
    """Recent failure rate of the units under the same parent, and of all units, each in 90 and 365 days."""
    departments = history["departments"].select("department_code", "parent_code")
    events = results(among(history["inspections"], "units"))
    parents = with_all(cohort, _ON).left_join(departments, "department_code", rname="{name}__1")
    parents = parents.select("department_code", "as_of", "parent_code")
    everywhere = with_all(cohort, (), _recent(events, cohort, (), "all_units"), overall(history, cohort, "units"))
    nearby = _recent(events.inner_join(departments, "department_code"), parents, ("parent_code",), "area")
    nearby = parents.left_join(nearby, ["parent_code", "as_of"], rname="{name}__2")
    nearby = nearby.drop("parent_code", "parent_code__2", "as_of__2")
    t = with_all(cohort, _ON, nearby, everywhere)
    return t.select(
        *_ON,
        "as_of",
        area_inspections_365=t.area_n_365,
        area_failure_rate_90=shrunk(t.area_failures_90, t.area_n_90, t.overall_rate),
        area_failure_rate_365=shrunk(t.area_failures_365, t.area_n_365, t.overall_rate),
        all_units_failure_rate_90=share(t.all_units_failures_90, t.all_units_n_90),
    )


def _recent(events: ibis.Table, cohort: ibis.Table, on: tuple[str, ...], prefix: str) -> ibis.Table:
    """Inspections and failures in the last 90 and 365 days per subject."""
    # Units share their area's dates, so a day's results of an area are added up before they meet the dates.
    same = [*on, "occurred_at", "known_at", "superseded_at"]
    daily = events.group_by(*same).aggregate(n=events.count(), failures=events.failed.sum().cast("int64"))
    known = known_before(daily, cohort, on)
    sums = {
        f"{prefix}_{name}_{length}": total(known[name], where=within(known, length))
        for name in ("n", "failures")
        for length in (90, 365)
    }
    counted = with_all(cohort, on, known.group_by(*on, "as_of").aggregate(**sums))
    counted = counted.mutate(**{name: counted[name].fill_null(_ZERO) for name in sums})
    return counted


AREA = Block(
    "area of a unit",
    _ON,
    area,
    (
        Feature(
            "area_inspections_365",
            "Inspections in the same area in the last 365 days: {value:.0f}.",
            "过去365天同一区域的监督检查：{value:.0f}次。",
        ),
        Feature(
            "area_failure_rate_90",
            "In the same area about {value:.0%} of the last 90 days' inspections were not passed.",
            "过去90天同一区域的监督检查约{value:.0%}未通过。",
        ),
        Feature(
            "area_failure_rate_365",
            "In the same area about {value:.0%} of the last 365 days' inspections were not passed.",
            "过去365天同一区域的监督检查约{value:.0%}未通过。",
        ),
        Feature(
            "all_units_failure_rate_90",
            "Over all units {value:.0%} of the last 90 days' inspections were not passed.",
            "过去90天所有受检单元的监督检查有{value:.0%}未通过。",
            missing=("No unit was inspected in the last 90 days.", "过去90天没有受检单元接受监督检查。"),
        ),
    ),
    ("This unit belongs to no area.", "该受检单元不属于任何区域。"),
)

"""Neighbours in space and at work."""

import pytest

from features import catalog, neighbour

PRIOR = 5.0


def _unit(code, latitude, longitude):
    return {"department_code": code, "attr_latitude_num": latitude, "attr_longitude_num": longitude}


def _visit(code, unit, failed, at):
    return {"inspection_code": code, "department_code": unit, "failed": failed, "occurred_at": at}


# a degree of latitude is 111 km, one of longitude at 41.9 degrees north 83 km
UNITS = [
    _unit("d", 41.9000, -87.6500), _unit("north", 41.9025, -87.6500), _unit("west", 41.9000, -87.6535),
    _unit("far", 41.9100, -87.6500), _unit("farther", 41.9000, -87.6700), _unit("nowhere", None, None),
    _unit("odd", 400.0, 400.0),
]  # fmt: skip
VISITS = [
    _visit("1", "d", 1, 395), _visit("2", "north", 1, 390), _visit("3", "west", 0, 100), _visit("4", "far", 1, 390),
    _visit("5", "farther", 1, 390), _visit("6", "north", 1, 20), _visit("7", "nowhere", 1, 390),
    _visit("8", "odd", 1, 390),
]  # fmt: skip
ROW = {"department_code": "d", "as_of": 400}


def test_units_within_about_500_metres_without_the_unit_itself(ask):
    found = ask(neighbour.NEAR, ROW, departments=UNITS, inspections=VISITS)
    overall = (7 + 0.5) / (8 + 1)
    assert found["near_inspections_365"] == 2
    assert found["near_failure_rate_365"] == pytest.approx((1 + PRIOR * overall) / (2 + PRIOR))
    assert found["near_failure_rate_90"] == pytest.approx((1 + PRIOR * overall) / (1 + PRIOR))
    alone = ask(neighbour.NEAR, {**ROW, "department_code": "farther"}, departments=UNITS, inspections=VISITS)
    assert alone["near_inspections_365"] == 0
    assert alone["near_failure_rate_365"] == pytest.approx(overall)
    for unknown in ("nowhere", "odd"):
        assert ask(neighbour.NEAR, {**ROW, "department_code": unknown}, departments=UNITS, inspections=VISITS) == {}


def test_the_block_is_there_only_where_units_have_both_attributes(make_history):
    def names(*departments):
        return {block.name for block in catalog.blocks(make_history(departments=departments), "risk-unit")}

    assert neighbour.NEAR.name in names(UNITS[0])
    assert neighbour.NEAR.name not in names({"department_code": "d", "attr_latitude_num": 1.0})
    assert neighbour.NEAR.name not in names()


def test_others_on_the_same_process_and_days(ask):
    def did(person, at, process="p"):
        return {"work_code": f"{person}{at}", "employee_code": person, "process_code": process, "occurred_at": at}

    def seen(person, failed, at, process="p"):
        return {"inspection_code": f"{person}{at}{process}", "employee_code": person, "process_code": process,
                "failed": failed, "occurred_at": at}  # fmt: skip

    work = [did("e", 390.3), did("e", 390.6), did("e", 395.1), did("e", 340)]
    inspections = [
        seen("mate", 1, 390.9), seen("mate", 0, 395.2), seen("e", 1, 390.7),
        # another day, another process, long ago
        seen("mate", 1, 391.1), seen("mate", 1, 390.5, "q"), seen("mate", 1, 340.2),
    ]  # fmt: skip
    row = {"employee_code": "e", "process_code": "p", "as_of": 400}
    found = ask(neighbour.CREW, row, work=work, inspections=inspections)
    weights = [0.5 ** ((400 - at) / 90) for at in (390.9, 395.2)]
    overall = (5 + 0.5) / (6 + 1)
    assert found["crew_inspections"] == pytest.approx(sum(weights), abs=1e-5)
    rate = (weights[0] + PRIOR * overall) / (sum(weights) + PRIOR)
    assert found["crew_failure_rate"] == pytest.approx(rate, abs=1e-5)
    idle = ask(neighbour.CREW, {**row, "employee_code": "new"}, work=work, inspections=inspections)
    assert idle == {"crew_inspections": 0, "crew_failure_rate": None}

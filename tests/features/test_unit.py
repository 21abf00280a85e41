import math

import pytest

from features import area, order, unit

PRIOR = 5.0


def _visit(code, failed, at, unit="d", **fields):
    return {"inspection_code": code, "department_code": unit, "failed": failed, "occurred_at": at, **fields}


VISITS = [
    _visit("1", 0, 10, critical=0, major=1, minor=4, score=90.0),
    _visit("2", 1, 50, critical=2, major=0, minor=1, score=70.0),
    _visit("3", 0, 60, critical=0, major=0, minor=None, score=95.5),
    _visit("4", 1, 99, known_at=100, critical=9),
    _visit("5", 1, 5, employee_code="e"),
    _visit("6", 1, 20, unit="neighbour"),
    _visit("7", 1, 20, unit="far"),
]
ROW = {"department_code": "d", "as_of": 100}


def test_the_record_of_a_unit(ask):
    found = ask(unit.RECORD, ROW, inspections=VISITS)
    overall = (3 + 0.5) / (5 + 1)
    assert (found["unit_inspections"], found["unit_failures"]) == (3, 1)
    assert found["unit_failure_rate"] == pytest.approx(1 / 3)
    assert found["unit_failure_rate_shrunk"] == pytest.approx((1 + PRIOR * overall) / (3 + PRIOR))
    assert (found["unit_days_since_inspection"], found["unit_days_since_failure"]) == (40, 50)
    assert found["unit_last_failed"] == 0
    assert found["unit_last3_failed"] == pytest.approx(1 / 3)


def test_the_findings_of_a_unit(ask):
    found = ask(unit.FINDINGS, ROW, inspections=VISITS)
    assert found["unit_last_score"] == 95.5
    assert (found["unit_last_critical"], found["unit_last_major"], found["unit_last_minor"]) == (0, 0, 0)
    assert found["unit_mean_critical"] == pytest.approx(2 / 3)
    assert found["unit_mean_major"] == pytest.approx(1 / 3)
    assert found["unit_mean_minor"] == pytest.approx(5 / 3)


def test_the_area_of_a_unit(ask):
    departments = [
        {"department_code": "d", "parent_code": "north"},
        {"department_code": "neighbour", "parent_code": "north"},
        {"department_code": "far", "parent_code": "south"},
        {"department_code": "alone"},
    ]
    found = ask(area.AREA, ROW, inspections=VISITS, departments=departments)
    overall = (3 + 0.5) / (5 + 1)
    assert found["area_inspections_365"] == 4
    assert found["area_failure_rate_365"] == pytest.approx((2 + PRIOR * overall) / (4 + PRIOR))
    assert found["area_failure_rate_90"] == found["area_failure_rate_365"]
    assert found["all_units_failure_rate_90"] == pytest.approx(3 / 5)
    # the window is half open: the visit of day 10 is within 90 days of day 100, not of day 101
    later = ask(area.AREA, {**ROW, "as_of": 100.5}, inspections=VISITS[:3], departments=departments)
    assert later["all_units_failure_rate_90"] == pytest.approx(1 / 2)
    alone = ask(area.AREA, {"department_code": "alone", "as_of": 100}, inspections=VISITS, departments=departments)
    assert alone["area_failure_rate_90"] is None
    assert alone["all_units_failure_rate_90"] == pytest.approx(3 / 5)


def test_the_order_s_season_and_kind(ask):
    # 2024-04-01, a Monday, is day 92 of the year
    found = ask(order.PLANNED, {"kind": "patrol", "due_at": 91, "as_of": 80})
    angle = 2 * math.pi * 92 / 365.25
    assert found["order_kind"] == "patrol"
    assert found["season_sin"] == pytest.approx(math.sin(angle))
    assert found["season_cos"] == pytest.approx(math.cos(angle))
    assert found["season_weekday"] == 0
    # without a due date, the moment we stand at: 2024-01-03, a Wednesday
    assert ask(order.PLANNED, {"due_at": None, "as_of": 2})["season_weekday"] == 2

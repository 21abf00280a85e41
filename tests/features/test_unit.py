import math

import pytest

from features import area, clause, kind, order, unit

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
    weights = [0.5 ** ((100 - at) / 365) for at in (10, 50, 60)]
    assert found["unit_faded_critical"] == pytest.approx(2 * weights[1] / sum(weights), abs=1e-5)


def test_a_unit_against_what_the_kinds_of_its_inspections_would_explain(ask):
    visits = [
        *(_visit(f"a{n}", n % 2, 50, unit="other", kind="audit") for n in range(40)),
        *(_visit(f"p{n}", int(n == 0), 50, unit="other", kind="patrol") for n in range(40)),
    ]
    audited = [_visit(f"d{n}", n % 2, 60, kind="audit") for n in range(4)]
    patrolled = [{**visit, "kind": "patrol"} for visit in audited]
    assert ask(kind.UNIT, ROW, inspections=[*visits, *audited])["unit_residual"] == pytest.approx(0, abs=0.02)
    assert ask(kind.UNIT, ROW, inspections=[*visits, *patrolled])["unit_residual"] > 0.15
    assert ask(kind.UNIT, {**ROW, "department_code": "new"}, inspections=visits)["unit_residual"] == 0


def test_the_kind_of_the_order_at_its_process(ask):
    looked = [
        {"inspection_code": f"{of}{n}", "process_code": "p", "kind": of, "failed": int(n < bad), "occurred_at": 50}
        for of, bad in (("final", 20), ("patrol", 2)) for n in range(40)
    ]  # fmt: skip
    row = {"row_code": "r", "process_code": "p", "as_of": 100}
    overall = 22.5 / 81
    process = (22 + PRIOR * overall) / 85
    found = ask(kind.AT_PROCESS, {**row, "kind": "final"}, inspections=looked)
    assert found["kind_process_failure_rate"] == pytest.approx((20 + PRIOR * process) / 45)
    assert found["kind_process_excess"] == pytest.approx((20 + PRIOR * process) / 45 - process)
    assert ask(kind.AT_PROCESS, {**row, "kind": "patrol"}, inspections=looked)["kind_process_excess"] < -0.1
    assert ask(kind.AT_PROCESS, {**row, "kind": "audit"}, inspections=looked) == {}


def _found(code, clause, at, unit="d", failed=0, **fields):
    return {"inspection_code": code, "clause": clause, "department_code": unit, "occurred_at": at, "failed": failed,
            "critical": 0, "major": 1, "minor": 0, **fields}  # fmt: skip


def test_the_clauses_of_a_unit(ask):
    findings = [
        _found("1", "4.1", 10), _found("2", "4.1", 50, failed=1), _found("2", "4.2", 50, failed=1),
        _found("3", "4.1", 60), _found("3", "9", 60), _found("3", "later", 60, known_at=100),
        _found("5", "person", 5, employee_code="e"), _found("6", "9", 20, unit="neighbour", failed=1),
    ]  # fmt: skip
    found = ask(clause.CLAUSES, ROW, inspections=VISITS, findings=findings)
    overall = (3 + 0.5) / (5 + 1)
    assert found["unit_clauses"] == 3
    assert found["unit_top_clause_share"] == 1
    assert found["unit_repeated_clauses"] == 1
    # of five inspections of units, three found clause 4.1 and two clause 9
    assert found["unit_clause_share_elsewhere"] == pytest.approx((3 / 5 + 2 / 5) / 2, abs=1e-5)
    rates = [(1 + PRIOR * overall) / (n + PRIOR) for n in (3, 2)]
    assert found["unit_clause_failure_rate"] == pytest.approx(max(rates))
    clean = ask(clause.CLAUSES, {**ROW, "department_code": "far"}, inspections=VISITS, findings=findings)
    assert (clean["unit_clauses"], clean["unit_repeated_clauses"]) == (0, 0)
    assert (clean["unit_top_clause_share"], clean["unit_clause_failure_rate"]) == (None, None)


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

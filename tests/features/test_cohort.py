import pandas as pd
import pytest

from features.cohort import KEYS, UnknownTarget, eligible, inspected

START = pd.Timestamp("2024-01-01")


def _rows(cohort, *columns):
    found = cohort.to_pyarrow().to_pylist()
    return sorted((tuple(row[column] for column in columns) for row in found), key=str)


def _day(number):
    return (START + pd.Timedelta(days=number)).to_pydatetime()


def test_need_people_practised_inspected_or_trained_and_employed(make_history, make_table):
    def person(code, hired=None, left=None):
        return {"employee_code": code, "hired_at": hired, "left_at": left}

    def pair(code, **fields):
        return {"employee_code": code, "process_code": "p", "occurred_at": 400, **fields}

    history = make_history(
        employees=[
            person("worked"), person("long-ago"), person("inspected"), person("trained"), person("ordered"),
            person("left", left=500), person("leaves-later", left=500.5), person("hired-today", hired=500),
            person("not-yet", hired=501),
        ],
        work=[
            pair("worked"), pair("long-ago", occurred_at=500 - 366), pair("left"), pair("leaves-later"),
            pair("hired-today"), pair("not-yet"), pair("no-such-person"), pair("known-late", known_at=500),
        ],
        inspections=[pair("inspected", failed=0), pair("ordered", known_at=400, occurred_at=None)],
        retraining=[pair("trained", result="open", occurred_at=None, known_at=100)],
    )  # fmt: skip
    cohort = eligible(history, "need", make_table(as_of=[500, 500]))
    assert cohort.columns == KEYS["need"]
    assert [code for (code,) in _rows(cohort, "employee_code")] == [
        "hired-today", "inspected", "leaves-later", "trained", "worked",
    ]  # fmt: skip


def test_orders_stay_in_the_cohort_until_their_result_is_known(make_history, make_table):
    def order(code, **fields):
        return {"inspection_code": code, "kind": "final", "work_code": "w", "due_at": 20, **fields}

    history = make_history(
        inspections=[
            order("open", known_at=1),
            order("imported-late", known_at=90),
            order("done-later", known_at=1, superseded_at=30),
            order("done-later", known_at=30, failed=1, occurred_at=29),
            order("done-before", known_at=1, superseded_at=9),
            order("done-before", known_at=9, failed=0, occurred_at=9),
            order("moved-later", known_at=1, superseded_at=50),
            order("moved-later", known_at=50, due_at=60),
            order("never-an-order", known_at=40, occurred_at=40, failed=0),
            {"inspection_code": "of-a-batch", "batch_code": "b", "known_at": 1},
            {"inspection_code": "of-a-unit", "department_code": "d", "known_at": 1},
        ]
    )
    cohort = eligible(history, "risk-work", make_table(as_of=[10]))
    assert cohort.columns[: len(KEYS["risk-work"])] == KEYS["risk-work"]
    assert _rows(cohort, "inspection_code", "due_at") == [
        ("done-later", _day(20)), ("imported-late", _day(20)), ("moved-later", _day(20)), ("of-a-batch", None),
        ("open", _day(20)),
    ]  # fmt: skip


def test_units_once_inspected_or_with_an_order(make_history, make_table):
    history = make_history(
        departments=[{"department_code": "never"}],
        inspections=[
            {"inspection_code": "1", "department_code": "seen", "occurred_at": 1, "failed": 0, "attr_k_num": 7.0},
            {"inspection_code": "2", "department_code": "due", "known_at": 1, "inspector_code": "i", "kind": "patrol"},
            {"inspection_code": "3", "department_code": "both", "occurred_at": 1, "failed": 1},
            {"inspection_code": "4", "department_code": "both", "known_at": 2, "attr_k_num": 4.0},
            {"inspection_code": "5", "department_code": "both", "known_at": 3},
            {"inspection_code": "6", "department_code": "too-new", "occurred_at": 10, "failed": 0},
            {"inspection_code": "7", "department_code": "person", "employee_code": "e", "occurred_at": 1, "failed": 0},
        ],
    )
    cohort = eligible(history, "risk-unit", make_table(as_of=[10]))
    assert _rows(cohort, "department_code", "inspection_code", "inspector_code", "kind", "attr_k_num") == [
        ("both", "4", None, None, 4.0),
        ("both", "5", None, None, None),
        ("due", "2", "i", "patrol", None),
        ("seen", None, None, None, None),
    ]


def test_inspected_takes_the_order_as_it_stood_and_no_outcome(make_history, make_table):
    def visit(code, **fields):
        return {"inspection_code": code, "department_code": "d", "kind": "patrol", **fields}

    history = make_history(
        inspections=[
            visit("ordered", known_at=1, superseded_at=6, inspector_code="old", due_at=14),
            visit("ordered", known_at=6, superseded_at=15, inspector_code="planned", due_at=15),
            visit("ordered", known_at=15, occurred_at=15, failed=1, inspector_code="came", due_at=15),
            visit("ordered-after", known_at=12, superseded_at=16, inspector_code="planned", due_at=16),
            visit("ordered-after", known_at=16, occurred_at=16, failed=0, inspector_code="came", due_at=16),
            visit("unannounced", known_at=17, occurred_at=17, failed=0, inspector_code="came", due_at=17),
            visit("first-instant", known_at=11, occurred_at=10, failed=0),
            visit("at-until", known_at=20, occurred_at=20, failed=0),
            visit("before", known_at=9, occurred_at=9, failed=0),
            visit("known-before-it-happened", known_at=9, occurred_at=12, failed=0),
            visit("redated", known_at=9, superseded_at=13, occurred_at=9, failed=0),
            visit("redated", known_at=13, occurred_at=13, failed=0),
        ]
    )
    windows = make_table(as_of=[10], until=[20])
    cohort = inspected(history, "risk-unit", windows)
    assert "failed" not in cohort.columns
    assert cohort.columns == eligible(history, "risk-unit", make_table(as_of=[10])).columns
    assert _rows(cohort, "inspection_code", "inspector_code", "due_at") == [
        ("first-instant", None, None),
        ("ordered", "planned", _day(15)),
        ("ordered-after", "planned", _day(16)),
        ("unannounced", "came", _day(17)),
    ]


def test_inspected_can_be_limited_to_what_was_known_by_a_date(make_history, make_table):
    history = make_history(
        inspections=[
            {"inspection_code": "a", "department_code": "d", "occurred_at": 12, "known_at": 13, "failed": 0},
            {"inspection_code": "b", "department_code": "d", "occurred_at": 12, "known_at": 30, "failed": 0},
            {"inspection_code": "c", "department_code": "d", "occurred_at": 12, "known_at": 13, "failed": 0,
             "superseded_at": 40},
            {"inspection_code": "c", "department_code": "d", "occurred_at": 99, "known_at": 40, "failed": 0},
        ]
    )  # fmt: skip
    cohort = inspected(history, "risk-unit", make_table(as_of=[10], until=[20], known_by=[30]))
    assert _rows(cohort, "inspection_code") == [("a",), ("c",)]


def test_an_unknown_target_is_refused(make_history, make_table):
    with pytest.raises(UnknownTarget, match="unknown target nonsense"):
        eligible(make_history(), "nonsense", make_table(as_of=[1]))
    with pytest.raises(UnknownTarget, match="need has no orders"):
        inspected(make_history(), "need", make_table(as_of=[1], until=[2]))

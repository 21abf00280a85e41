import ibis
import numpy as np
import pytest

from features import catalog
from features.cohort import KEYS, TARGETS, eligible
from features.history import History, IncompleteHistory
from features.matrix import DuplicateRows, build, expression


def _units(make_history, order=1, failed=1):
    visits = [
        {"inspection_code": "1", "department_code": "a", "failed": failed, "occurred_at": 1, "attr_k_text": "x"},
        {"inspection_code": "2", "department_code": "b", "failed": 0, "occurred_at": 2, "attr_k_text": "y"},
        {"inspection_code": "3", "department_code": "a", "failed": 0, "occurred_at": 1, "attr_k_text": None},
        {"inspection_code": "4", "department_code": "b", "known_at": 3, "due_at": 9, "inspector_code": "i"},
    ]
    return make_history(inspections=visits[::order])


def test_keys_and_columns_are_in_order_and_typed(make_history, make_table):
    history = _units(make_history)
    matrix = build(history, eligible(history, "risk-unit", make_table(as_of=[5, 4])), "risk-unit")
    assert tuple(matrix.keys.columns) == KEYS["risk-unit"]
    assert matrix.keys.department_code.tolist() == ["a", "a", "b", "b"]
    assert matrix.keys.as_of.is_monotonic_increasing is False
    assert [stamp.day for stamp in matrix.keys.as_of] == [5, 6, 5, 6]
    features = catalog.features(history, "risk-unit")
    assert list(matrix.X.columns) == [feature.name for feature in features]
    for feature in features:
        assert (matrix.X[feature.name].dtype == "float64") is not feature.text
    assert matrix.X.inspection_attr_k_text.cat.categories.tolist() == ["x", "y"]
    assert matrix.X.unit_inspections.tolist() == [2, 2, 1, 1]
    # a unit without an order still has its history, and nothing of an order
    assert np.isnan(matrix.X.inspector_severity[0])
    assert matrix.X.inspector_severity[2] == 0


def test_a_row_without_person_or_process_keeps_its_other_features(make_history, make_table):
    history = make_history(
        inspections=[
            {"inspection_code": "1", "batch_code": "b", "failed": 1, "occurred_at": 1},
            {"inspection_code": "2", "batch_code": "b", "known_at": 2, "due_at": 9, "inspector_code": "i",
             "department_code": "d"},
        ],
        difficulties=[{"department_code": "d", "occurred_at": 3}],
    )  # fmt: skip
    matrix = build(history, eligible(history, "risk-work", make_table(as_of=[5])), "risk-work")
    (row,) = matrix.X.to_dict("records")
    assert row["batch_failures"] == 1
    assert row["department_difficulty_90"] == 1
    assert row["inspector_severity"] == 0
    assert not np.isnan(row["season_sin"])
    assert np.isnan(row["pair_inspections"])
    assert np.isnan(row["training_gap"])


def test_fingerprint_depends_on_content_not_on_the_order_of_rows(make_history, make_table):
    def made(history, as_of=(4, 5)):
        return build(history, eligible(history, "risk-unit", make_table(as_of=as_of)), "risk-unit").fingerprint

    first = made(_units(make_history))
    assert made(_units(make_history)) == first
    assert made(_units(make_history, order=-1), as_of=(5, 4)) == first
    assert made(_units(make_history, failed=0)) != first
    assert made(_units(make_history), as_of=(4,)) != first


def test_fingerprint_depends_on_the_catalog(make_history, make_table, monkeypatch):
    history = _units(make_history)
    cohort = eligible(history, "risk-unit", make_table(as_of=[5]))
    first = build(history, cohort, "risk-unit").fingerprint
    monkeypatch.setattr(catalog, "VERSION", "another")
    assert build(history, cohort, "risk-unit").fingerprint != first


def test_a_subject_twice_at_one_moment_is_refused(make_history, make_table):
    history = make_history(departments=[{"department_code": "d"}])
    cohort = make_table(
        department_code=["d", "d"], inspection_code=[None, None], inspector_code=["i", "j"], kind=["k", "k"],
        due_at=[1, 1], as_of=[5, 5],
    )  # fmt: skip
    with pytest.raises(DuplicateRows, match="risk-unit"):
        build(history, cohort, "risk-unit")


@pytest.mark.parametrize("target", TARGETS)
def test_an_empty_history_makes_an_empty_matrix_with_all_columns(make_history, make_table, target):
    history = make_history()
    matrix = build(history, eligible(history, target, make_table(as_of=[5])), target)
    assert len(matrix.keys) == len(matrix.X) == 0
    assert list(matrix.X.columns) == [feature.name for feature in catalog.features(history, target)]


@pytest.mark.parametrize("target", TARGETS)
def test_the_expression_compiles_for_postgresql(make_history, make_table, target):
    history = make_history(employees=[{"employee_code": "e", "attr_k_num": 1.0}])
    cohort = eligible(history, target, make_table(as_of=[5]))
    assert ibis.to_sql(expression(history, cohort, target), dialect="postgres").startswith("WITH")


def test_a_history_must_keep_the_contract(make_history):
    tables = dict(make_history().tables)
    with pytest.raises(IncompleteHistory, match="no table work"):
        History({name: table for name, table in tables.items() if name != "work"})
    with pytest.raises(IncompleteHistory, match="no column night"):
        History({**tables, "shifts": tables["shifts"].drop("night")})
    zoned = tables["work"].mutate(known_at=tables["work"].known_at.cast("timestamp('UTC', 6)"))
    with pytest.raises(IncompleteHistory, match="column known_at"):
        History({**tables, "work": zoned})


def test_work_is_seen_as_things_stood_when_it_began(make_history, make_table):
    def trained(at):
        return {"record_code": f"t{at}", "employee_code": "e", "process_code": "p", "course_code": "c",
                "result": "passed", "occurred_at": at}  # fmt: skip

    history = make_history(
        work=[{"work_code": "w", "employee_code": "e", "process_code": "p", "occurred_at": 50, "known_at": 51}],
        inspections=[
            {"inspection_code": "1", "work_code": "w", "employee_code": "e", "process_code": "p", "known_at": 52},
            {"inspection_code": "0", "employee_code": "e", "process_code": "p", "failed": 1, "occurred_at": 55},
        ],
        retraining=[trained(20), trained(58)],
    )
    matrix = build(history, eligible(history, "risk-work", make_table(as_of=[60])), "risk-work")
    (row,) = matrix.X.to_dict("records")
    # the course after the work made no difference to it; what an inspection showed meanwhile tells of the person
    assert (row["training_passed"], row["training_days_since_passed"]) == (1, 30)
    assert row["pair_failures"] == 1
    assert row["record_days_since"] == 10


def test_where_only_people_processes_and_inspections_are_kept_nothing_else_varies(make_history, make_table):
    history = make_history(
        employees=[{"employee_code": code} for code in ("a", "b")],
        processes=[{"process_code": code} for code in ("p", "q")],
        inspections=[
            {"inspection_code": f"{person}{process}{at}", "employee_code": person, "process_code": process,
             "failed": int(person == "a" and at % 3 == 0), "occurred_at": at}
            for person in ("a", "b") for process in ("p", "q") for at in range(10, 90, 7)
        ],
    )  # fmt: skip
    matrix = build(history, eligible(history, "need", make_table(as_of=[60, 100])), "need")
    varying = [name for name in matrix.X.columns if matrix.X[name].nunique(dropna=False) > 1]
    assert {name.partition("_")[0] for name in varying} == {"pair", "person", "process"}
    now = matrix.X[matrix.keys.as_of == matrix.keys.as_of.max()]
    assert now.person_residual.tolist() == sorted(now.person_residual, reverse=True)
    assert now.person_residual.iloc[0] > 0 > now.person_residual.iloc[-1]

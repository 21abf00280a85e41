"""Labels: half-open windows, nothing not known yet, blame only where the evidence is."""

from datetime import datetime, timedelta

import ibis
import pandas as pd
import pytest

from training.labels import inspection_labels, need_labels

AS_OF = datetime(2026, 3, 1)  # noqa: DTZ001 - UTC without a zone
END = AS_OF + timedelta(days=60)
LATER = AS_OF + timedelta(days=300)
PAIR = {"employee_code": "E1", "process_code": "P1"}


def labels(history, until=LATER):
    cohort = ibis.memtable(pd.DataFrame([{**PAIR, "as_of": AS_OF}]))
    return need_labels(history, cohort, 60, until).to_pyarrow().to_pandas()


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (AS_OF - timedelta(microseconds=1), False),
        (AS_OF, True),
        (END - timedelta(microseconds=1), True),
        (END, False),
    ],
)
def test_the_window_is_half_open(history_of, inspected, at, counts):
    found = labels(history_of({"inspections": [inspected("I1", at, 1, **PAIR)]}))
    assert list(found["failed"]) == ([1.0] if counts else [])


def test_each_inspection_is_a_label_of_its_own(history_of, inspected):
    day = timedelta(days=1)
    passed = [inspected(f"I{number}", AS_OF + number * day, 0, **PAIR) for number in range(3)]
    assert list(labels(history_of({"inspections": passed}))["failed"]) == [0.0] * 3
    failed = [*passed, inspected("I9", AS_OF + 9 * day, 1, **PAIR)]
    assert sorted(labels(history_of({"inspections": failed}))["failed"]) == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    "subject",
    [
        {"batch_code": "B1", "process_code": "P1"},
        {"department_code": "D1"},
        {"employee_code": "E2", "process_code": "P1"},
    ],
)
def test_a_batch_a_unit_or_another_person_labels_nobody(history_of, inspected, subject):
    assert labels(history_of({"inspections": [inspected("I1", AS_OF, 1, **subject)]})).empty


def test_what_is_not_known_before_the_cut_does_not_label(history_of, inspected):
    cut = AS_OF + timedelta(days=30)
    late = inspected("I1", AS_OF, 1, **PAIR, known_at=cut)
    assert labels(history_of({"inspections": [late]}), until=cut).empty
    assert len(labels(history_of({"inspections": [late]}), until=cut + timedelta(microseconds=1))) == 1


def test_a_correction_counts_only_once_it_is_known(history_of, inspected):
    cut = AS_OF + timedelta(days=30)
    first = inspected("I1", AS_OF, 1, **PAIR, superseded_at=cut)
    second = inspected("I1", AS_OF, 0, **PAIR, known_at=cut)
    history = history_of({"inspections": [first, second]})
    assert list(labels(history, until=cut)["failed"]) == [1.0]
    assert list(labels(history)["failed"]) == [0.0]


def test_an_order_without_a_result_has_no_label(history_of, inspected):
    history = history_of({"inspections": [inspected("I1", None, None, known_at=AS_OF), inspected("I2", AS_OF, 1)]})
    found = inspection_labels(history, LATER).to_pyarrow().to_pandas()
    assert list(found["inspection_code"]) == ["I2"]
    assert list(found["failed"]) == [1.0]

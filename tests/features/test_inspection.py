import pytest

from features import batch, inspection, inspector, product

PRIOR = 5.0


def _result(code, failed, at, **fields):
    return {"inspection_code": code, "employee_code": "e", "process_code": "p", "failed": failed, "occurred_at": at,
            **fields}  # fmt: skip


RESULTS = [
    _result("1", 1, 10),
    _result("2", 0, 20),
    _result("3", 1, 100, known_at=102),
    _result("4", 0, 110),
    # the same day as the one before: the worse result stands for the day
    _result("5", 1, 110),
    # not known before day 200, or of others, or without a result
    _result("6", 1, 150, known_at=200),
    _result("7", 0, 30, employee_code="other"),
    _result("8", 1, 30, employee_code=None, batch_code="b"),
    _result("9", None, None, known_at=5),
    _result("10", 1, 30, process_code="q"),
]
ROW = {"employee_code": "e", "process_code": "p", "as_of": 200}


def test_a_person_on_a_process(ask):
    found = ask(inspection.PAIR, ROW, inspections=RESULTS)
    overall = (5 + 0.5) / (8 + 1)
    prior = (4 + PRIOR * overall) / (7 + PRIOR)
    assert found["pair_inspections"] == 5
    assert found["pair_failures"] == 3
    assert found["pair_failure_rate"] == 3 / 5
    assert found["pair_failure_rate_shrunk"] == pytest.approx((3 + PRIOR * prior) / (5 + PRIOR))
    assert found["pair_days_since_inspection"] == 90
    assert found["pair_days_since_failure"] == 90
    assert found["pair_last_failed"] == 1
    assert found["pair_last3_failed"] == pytest.approx(2 / 3)
    for half_life in (90, 365):
        weights = {at: 0.5 ** ((200 - at) / half_life) for at in (10, 20, 100, 110)}
        failures = weights[10] + weights[100] + weights[110]
        expected = (failures + PRIOR * prior) / (sum(weights.values()) + weights[110] + PRIOR)
        assert found[f"pair_failure_rate_{half_life}"] == pytest.approx(expected, abs=1e-5)


def test_a_person_never_inspected(ask):
    found = ask(inspection.PAIR, {**ROW, "employee_code": "new"}, inspections=RESULTS)
    assert (found["pair_inspections"], found["pair_failures"]) == (0, 0)
    assert found["pair_failure_rate"] is None
    assert found["pair_last_failed"] is None
    assert found["pair_days_since_inspection"] is None
    overall = (5 + 0.5) / (8 + 1)
    assert found["pair_failure_rate_shrunk"] == pytest.approx((4 + PRIOR * overall) / (7 + PRIOR))


def test_a_person_over_all_processes_without_the_batch_s_failure(ask):
    found = ask(inspection.PERSON, ROW, inspections=RESULTS)
    overall = (4 + 0.5) / (7 + 1)
    assert found["person_inspections"] == 6
    assert found["person_failure_rate"] == pytest.approx((4 + PRIOR * overall) / (6 + PRIOR))


def test_a_process_whoever_worked(ask):
    found = ask(inspection.PROCESS, ROW, inspections=RESULTS)
    overall = (5 + 0.5) / (8 + 1)
    assert found["process_inspections"] == 7
    assert found["process_failure_rate"] == pytest.approx((4 + PRIOR * overall) / (7 + PRIOR))


def test_a_corrected_result_counts_once_and_as_it_stood(ask):
    corrected = [_result("1", 1, 10, superseded_at=50), _result("1", 0, 10, known_at=50)]
    for as_of, failures in ((49, 1), (50, 1), (51, 0)):
        found = ask(inspection.PAIR, {**ROW, "as_of": as_of}, inspections=corrected)
        assert (found["pair_inspections"], found["pair_failures"]) == (1, failures)


def test_an_inspector_s_severity_is_against_all_inspectors(ask):
    visits = [
        {"inspection_code": str(n), "department_code": "d", "inspector_code": who, "failed": failed, "occurred_at": n}
        for n, (who, failed) in enumerate([("strict", 1), ("strict", 1), ("mild", 0), ("mild", 0)])
    ]
    overall = (2 + 0.5) / (4 + 1)
    for who, failures in (("strict", 2), ("mild", 0)):
        found = ask(inspector.OF_UNITS, {"inspector_code": who, "as_of": 10}, inspections=visits)
        expected = (failures + PRIOR * overall) / (2 + PRIOR) - overall
        assert found["inspector_severity"] == pytest.approx(expected)
    assert ask(inspector.OF_UNITS, {"inspector_code": "new", "as_of": 10}, inspections=visits) == {
        "inspector_severity": 0.0
    }
    assert ask(inspector.OF_UNITS, {"inspector_code": None, "as_of": 10}, inspections=visits) == {}
    # units and work are judged apart
    assert ask(inspector.OF_WORK, {"inspector_code": "strict", "as_of": 10}, inspections=visits) == {
        "inspector_severity": 0.0
    }


def test_a_batch_and_what_went_into_it(ask):
    inspections = [
        {"inspection_code": "1", "batch_code": "b", "failed": 1, "occurred_at": 1},
        {"inspection_code": "2", "batch_code": "in1", "failed": 1, "occurred_at": 1},
        {"inspection_code": "3", "batch_code": "in1", "failed": 0, "occurred_at": 2},
        {"inspection_code": "4", "batch_code": "in1", "failed": 1, "occurred_at": 9, "known_at": 10},
        {"inspection_code": "5", "batch_code": "elsewhere", "failed": 1, "occurred_at": 2},
    ]
    inputs = [
        {"batch_code": "b", "input_code": "in1", "occurred_at": 3},
        {"batch_code": "b", "input_code": "in2", "occurred_at": 3},
        {"batch_code": "b", "input_code": "elsewhere", "occurred_at": 3, "known_at": 10},
    ]
    row = {"batch_code": "b", "as_of": 10}
    assert ask(batch.RECORD, row, inspections=inspections) == {"batch_inspections": 1, "batch_failures": 1}
    found = ask(batch.INPUTS, row, inspections=inspections, batch_inputs=inputs)
    overall = (3 + 0.5) / (4 + 1)
    assert found["input_batches"] == 2
    assert (found["input_inspections"], found["input_failures"]) == (2, 1)
    assert found["input_failure_rate"] == 0.5
    assert found["input_failure_rate_shrunk"] == pytest.approx((1 + PRIOR * overall) / (2 + PRIOR))
    assert found["input_worst_failure_rate"] == pytest.approx((1 + PRIOR * overall) / (2 + PRIOR))
    assert found["input_refused_share"] == 0
    none = ask(batch.INPUTS, {"batch_code": "bare", "as_of": 10}, inspections=inspections, batch_inputs=inputs)
    assert (none["input_batches"], none["input_failure_rate"]) == (0, None)


def test_the_worst_input_and_those_refused_on_coming_in(ask):
    def seen(code, failed, kind="incoming"):
        return {"inspection_code": f"{code}{kind}", "batch_code": code, "kind": kind, "failed": failed,
                "occurred_at": 2}  # fmt: skip

    inspections = [seen("in1", 1), seen("in1", 1, "final"), seen("in2", 0), seen("in3", 1, "final")]
    inputs = [{"batch_code": "b", "input_code": code, "occurred_at": 3} for code in ("in1", "in2", "in3", "in4")]
    found = ask(batch.INPUTS, {"batch_code": "b", "as_of": 10}, inspections=inspections, batch_inputs=inputs)
    overall = (3 + 0.5) / (4 + 1)
    assert found["input_refused_share"] == 1 / 4
    assert found["input_worst_failure_rate"] == pytest.approx((2 + PRIOR * overall) / (2 + PRIOR))


def test_products_of_a_batch_and_of_what_went_in(ask):
    def made(code, name, **fields):
        return {"batch_code": code, "product": name, "occurred_at": 0, **fields}

    batches = [
        made("b", "cake"), made("c", "cake"), made("in1", "milk"), made("in2", "salt"), made("m", "milk"),
        made("x", "milk", superseded_at=6), made("x", "cake", known_at=6),
    ]  # fmt: skip
    inspections = [
        {"inspection_code": code, "batch_code": code, "failed": failed, "occurred_at": 1}
        for code, failed in (("c", 0), ("m", 1), ("in2", 0), ("x", 1))
    ]
    inputs = [{"batch_code": "b", "input_code": code, "occurred_at": 1} for code in ("in1", "in2")]
    overall = (2 + 0.5) / (4 + 1)

    def rate(failures, n, as_of):
        weight = 0.5 ** ((as_of - 1) / 365)
        return pytest.approx((failures * weight + PRIOR * overall) / (n * weight + PRIOR), abs=1e-5)

    def at(as_of):
        row = {"batch_code": "b", "as_of": as_of}
        return ask(product.PRODUCT, row, batches=batches, inspections=inspections, batch_inputs=inputs)

    # until day 6 the batch x was taken for milk
    assert at(5)["product_failure_rate"] == rate(0, 1, 5)
    assert at(5)["input_worst_product_rate"] == rate(2, 2, 5)
    assert at(10)["product_failure_rate"] == rate(1, 2, 10)
    assert at(10)["input_worst_product_rate"] == rate(1, 1, 10)
    milk, salt = rate(1, 1, 10).expected, rate(0, 1, 10).expected
    assert at(10)["input_product_failure_rate"] == pytest.approx((milk + salt) / 2, abs=1e-5)
    unknown = ask(product.PRODUCT, {"batch_code": "z", "as_of": 10}, batches=batches, inspections=inspections)
    assert set(unknown.values()) == {None}

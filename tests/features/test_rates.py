"""Rates and residuals: who does worse than others do at the same processes."""

import pytest

from features import rates, work

PRIOR = 5.0
ROW = {"employee_code": "e", "process_code": "hard", "as_of": 400}


def _inspections(person, process, failures, passes, at=390, kind="patrol"):
    rows = [1] * failures + [0] * passes
    return [
        {"inspection_code": f"{person}{process}{kind}{at}{n}", "employee_code": person, "process_code": process,
         "kind": kind, "failed": failed, "occurred_at": at}
        for n, failed in enumerate(rows)
    ]  # fmt: skip


# at the hard process everybody fails half of the time, at the easy one hardly ever
PLANT = [*_inspections("other", "hard", 50, 50), *_inspections("other", "easy", 5, 95)]


def test_failing_where_all_fail_is_no_fault_of_the_person(ask):
    same = ask(rates.PERSON, ROW, inspections=[*PLANT, *_inspections("e", "hard", 5, 5)])
    worse = ask(rates.PERSON, ROW, inspections=[*PLANT, *_inspections("e", "easy", 5, 5)])
    better = ask(rates.PERSON, ROW, inspections=[*PLANT, *_inspections("e", "hard", 0, 10)])
    assert same["person_failure_rate_90"] == pytest.approx(worse["person_failure_rate_90"], abs=0.02)
    assert same["person_residual"] == pytest.approx(0, abs=0.02)
    assert worse["person_residual"] > 0.2
    assert better["person_residual"] < -0.2


def test_the_residual_in_numbers(ask):
    rows = [*PLANT, *_inspections("e", "easy", 2, 0)]
    overall = (57 + 0.5) / (202 + 1)
    process = (7 + PRIOR * overall) / (102 + PRIOR)
    rate = (7 + PRIOR * process) / (102 + PRIOR)
    weight = 0.5 ** (10 / 365)
    found = ask(rates.PERSON, ROW, inspections=rows)["person_residual"]
    assert found == pytest.approx((2 * weight - 2 * weight * rate) / (2 * weight + PRIOR), abs=1e-5)
    assert ask(rates.PAIR, {**ROW, "process_code": "easy"}, inspections=rows)["pair_residual"] == pytest.approx(found)
    assert ask(rates.PAIR, ROW, inspections=rows)["pair_residual"] == 0


def test_a_kind_that_finds_more_is_expected_to(ask):
    looks_closer = [*_inspections("other", "p", 40, 40, kind="final"), *_inspections("other", "p", 0, 80)]
    row = {**ROW, "process_code": "p"}
    audited = ask(rates.PAIR, row, inspections=[*looks_closer, *_inspections("e", "p", 2, 2, kind="final")])
    watched = ask(rates.PAIR, row, inspections=[*looks_closer, *_inspections("e", "p", 2, 2)])
    assert audited["pair_residual"] == pytest.approx(0, abs=0.02)
    assert watched["pair_residual"] > 0.1


def test_a_person_never_inspected_is_like_all(ask):
    assert ask(rates.PERSON, {**ROW, "employee_code": "new"}, inspections=PLANT)["person_residual"] == 0
    # people and inspections of no process at all, as where only units are kept
    bare = [{**row, "process_code": None} for row in _inspections("e", None, 1, 3)]
    found = ask(rates.PERSON, ROW, inspections=bare)
    assert found["person_residual"] == pytest.approx(0, abs=0.05)


def _assigned(person, department, post=None, since=0, until=None):
    return {"employee_code": person, "department_code": department, "post_code": post, "from_at": since,
            "to_at": until}  # fmt: skip


DEPARTMENTS = [
    {"department_code": "d1", "parent_code": "area"}, {"department_code": "d2", "parent_code": "area"},
    {"department_code": "d3"},
]  # fmt: skip


def test_those_a_person_belongs_with(ask):
    people = [
        _assigned("e", "d1", "filler"), _assigned("mate", "d1", "filler"), _assigned("near", "d1", "packer"),
        _assigned("next", "d2", "filler"), _assigned("far", "d3", "packer"),
    ]  # fmt: skip
    inspections = [
        *_inspections("e", "p", 9, 1), *_inspections("mate", "p", 2, 8), *_inspections("near", "p", 3, 7),
        *_inspections("next", "p", 4, 6), *_inspections("far", "p", 0, 10),
    ]  # fmt: skip
    found = ask(rates.GROUPS, ROW, assignments=people, departments=DEPARTMENTS, inspections=inspections)
    overall, weight = (18 + 0.5) / 51, 0.5 ** (10 / 365)

    def shrunk(failures, n):
        return pytest.approx((failures * weight + PRIOR * overall) / (n * weight + PRIOR), abs=1e-5)

    assert found["team_failure_rate_365"] == shrunk(2, 10)
    assert found["home_failure_rate_365"] == shrunk(14, 30)
    assert found["post_failure_rate_365"] == shrunk(15, 30)
    assert found["home_area_failure_rate_365"] == shrunk(18, 40)
    assert found["team_residual"] < 0 < found["home_residual"]
    far = ask(rates.GROUPS, {**ROW, "employee_code": "far"}, assignments=people, departments=DEPARTMENTS,
              inspections=inspections)  # fmt: skip
    # nobody else in that team: as all; a department without an area above it: none
    assert far["team_failure_rate_365"] == pytest.approx(overall)
    assert far["home_area_failure_rate_365"] is None
    free = ask(rates.GROUPS, {**ROW, "employee_code": "free"}, assignments=people, inspections=inspections)
    assert free == dict.fromkeys(rates.GROUPS.columns)


def test_an_inspection_counts_where_its_person_belonged_then(ask):
    people = [_assigned("moved", "d1", since=0, until=395), _assigned("moved", "d2", since=395), _assigned("e", "d1")]
    inspections = _inspections("moved", "p", 10, 0)
    here = ask(rates.GROUPS, ROW, assignments=people, departments=DEPARTMENTS, inspections=inspections)
    there = ask(rates.GROUPS, {**ROW, "employee_code": "moved"}, assignments=people, departments=DEPARTMENTS,
                inspections=inspections)  # fmt: skip
    assert here["home_residual"] > 0
    assert there["home_residual"] == 0
    assert here["home_area_failure_rate_90"] == there["home_area_failure_rate_90"]


def test_self_checks_of_a_person_over_all_processes(ask):
    def did(check, at, process="p"):
        return {"work_code": f"{check}{at}", "employee_code": "e", "process_code": process, "self_check": check,
                "occurred_at": at}  # fmt: skip

    records = [did("pass", 399), did("fail", 310, "q"), did(None, 220), did("fail", 30)]
    found = ask(work.PERSON, ROW, work=records)
    weights = {day: 0.5 ** ((400 - day) / 90) for day in (399, 310, 220)}
    assert found["person_days_since_work"] == 1
    assert found["person_work_faded"] == pytest.approx(sum(weights.values()), abs=1e-5)
    assert found["person_check_failed_share"] == pytest.approx(weights[310] / sum(weights.values()), abs=1e-5)
    assert found["person_check_missing_share"] == pytest.approx(weights[220] / sum(weights.values()), abs=1e-5)
    nothing = ask(work.PERSON, {**ROW, "employee_code": "new"}, work=records)
    assert (nothing["person_work_faded"], nothing["person_check_failed_share"]) == (0, None)

import pytest

from features import batch, difficulty, record, shift, work

ROW = {"employee_code": "e", "process_code": "p", "as_of": 400}


def _work(at, **fields):
    return {"employee_code": "e", "process_code": "p", "occurred_at": at, "self_check": "pass", "supervised": 0,
            **fields}  # fmt: skip


def test_practice_on_a_process(ask):
    found = ask(
        work.PRACTICE,
        ROW,
        work=[
            _work(395, supervised=1),
            _work(370),
            _work(369.9, self_check="fail"),
            _work(200, self_check="missing"),
            _work(34.5, self_check="fail"),
            _work(399, known_at=400),
            _work(399, process_code="q"),
        ],
    )
    # of the pieces 5, 30.1, 30, 200 and 365.5 days ago, each counting half as much after 30 or 180 days
    ages = (5, 30, 30.1, 200, 365.5)
    for half_life in (30, 180):
        assert found.pop(f"work_faded_{half_life}") == pytest.approx(
            sum(0.5 ** (age / half_life) for age in ages), abs=1e-5
        )
    assert found == {
        "work_30": 2, "work_90": 3, "work_365": 4, "work_days_since": 5, "work_supervised_share": 0.25,
        "work_check_failed_share": 0.25, "work_check_missing_share": 0.25,
    }  # fmt: skip


def test_no_practice(ask):
    found = ask(work.PRACTICE, ROW)
    assert (found["work_365"], found["work_days_since"], found["work_supervised_share"]) == (0, None, None)


def test_shift_hours_and_nights(ask):
    def on(at, hours, night=0, known_at=1):
        return {"employee_code": "e", "occurred_at": at, "ends_at": at + hours / 24, "night": night,
                "known_at": known_at}  # fmt: skip

    shifts = [on(393, 8), on(399, 12, night=1), on(380, 8), on(375, 8), on(400, 8), on(300, 8),
              on(398, 8, known_at=400)]  # fmt: skip
    assert ask(shift.HOURS, ROW, shifts=shifts) == {"shift_hours_7": 20, "shift_night_share_28": 0.25}
    assert ask(shift.HOURS, {**ROW, "as_of": 350}, shifts=shifts) == {"shift_hours_7": 0, "shift_night_share_28": None}
    assert ask(shift.HOURS, ROW) == {"shift_hours_7": None, "shift_night_share_28": None}


def test_tenure(ask):
    staff = [{"employee_code": "e", "hired_at": 100}]
    assert ask(work.TENURE, ROW, employees=staff) == {"tenure_days": 300}
    assert ask(work.TENURE, {**ROW, "employee_code": "x"}, employees=staff) == {"tenure_days": None}


def test_the_inspected_record_itself(ask):
    versions = [
        {"process_code": "p", "version": "1", "occurred_at": 0},
        {"process_code": "p", "version": "2", "occurred_at": 395},
        {"process_code": "p", "version": "3", "occurred_at": 399},
    ]
    revisions = [
        _work(398, work_code="w", process_version="1", superseded_at=399, self_check="missing"),
        _work(398, work_code="w", process_version="1", known_at=399, finished_at=398.5, self_check="fail",
              supervised=1),
    ]  # fmt: skip
    row = {"work_code": "w", "as_of": 400}
    assert ask(record.RECORD, row, work=revisions, process_changes=versions) == {
        "record_days_since": 2, "record_hours": 12, "record_supervised": 1, "record_check_failed": 1,
        "record_check_missing": 0, "record_old_version": 1,
    }  # fmt: skip
    earlier = ask(record.RECORD, {**row, "as_of": 399}, work=revisions, process_changes=versions)
    assert (earlier["record_hours"], earlier["record_check_failed"], earlier["record_check_missing"]) == (None, 0, 1)


def test_the_load_of_the_shift_under_way(ask):
    def on(at, hours, night=0, **more):
        return {"employee_code": "e", "occurred_at": at, "ends_at": at + hours / 24, "night": night, **more}

    shifts = [on(393, 8, 1), on(396, 8, 1), on(398.5, 12), on(399.75, 8, 1), on(400.25, 8)]
    assert ask(shift.LOAD, ROW, shifts=shifts) == {
        "load_shifts_6": 3, "load_nights_6": 2, "load_night": 1, "load_hours": 6, "load_rest_hours": 18,
    }  # fmt: skip
    assert ask(shift.LOAD, ROW)["load_hours"] is None


def test_the_strain_of_the_shifts(ask):
    def on(at, hours=8, night=0, **more):
        return {"employee_code": "e", "occurred_at": at, "ends_at": at + hours / 24, "night": night, **more}

    shifts = [on(395.3), on(397.9, night=1), on(398.9, night=1), on(399.3), on(399.6), on(330, 24), on(400.5)]
    found = ask(shift.STRAIN, ROW, shifts=shifts)
    # days 397, 398 and 399; day, night, night, day, day
    assert (found["load_days_in_a_row"], found["load_turns_7"]) == (3, 2)
    assert found["load_hours_against_own"] == pytest.approx(40 / (64 / 10))
    # after a day off nothing is in a row
    rested = ask(shift.STRAIN, {**ROW, "as_of": 402}, shifts=shifts[:-1])
    assert rested["load_days_in_a_row"] == 0
    long_ago = ask(shift.STRAIN, ROW, shifts=[on(330)])
    assert (long_ago["load_days_in_a_row"], long_ago["load_hours_against_own"]) == (None, 0)
    assert set(ask(shift.STRAIN, {**ROW, "as_of": 100}, shifts=shifts).values()) == {None}


def test_batches_made_of_the_same_inputs(ask):
    def went(source, into, at=1):
        return {"batch_code": into, "input_code": source, "occurred_at": at}

    def seen(code, batch, failed, at=5):
        return {"inspection_code": code, "batch_code": batch, "failed": failed, "occurred_at": at}

    found = ask(
        batch.SIBLINGS, {"batch_code": "b", "as_of": 400},
        batch_inputs=[went("x", "b"), went("y", "b"), went("x", "c"), went("y", "c"), went("x", "d", at=401)],
        inspections=[seen("1", "b", 1), seen("2", "c", 1), seen("3", "c", 0), seen("4", "d", 1)],
    )  # fmt: skip
    assert found["sibling_inspections"] == 2
    # one of two failed, drawn towards the rate of all
    assert 0.5 < found["sibling_failure_rate_shrunk"] < 0.75


def test_reports_on_a_process_and_its_department(ask):
    def report(at, **fields):
        return {"process_code": "p", "department_code": "d", "occurred_at": at, **fields}

    reports = [report(390, severity=5), report(320, severity=2), report(250, severity=None), report(10, severity=1),
               report(399, known_at=400), report(390, process_code=None, severity=1)]  # fmt: skip
    found = ask(difficulty.PROCESS, ROW, difficulties=reports, issues=[report(100, severity=4)])
    assert found == {
        "process_difficulty_90": 2, "process_difficulty_365": 3, "process_difficulty_trend": 1,
        "process_difficulty_severity": 3.5, "process_issue_90": 0, "process_issue_365": 1, "process_issue_trend": 0,
        "process_issue_severity": 4,
    }  # fmt: skip
    home = ask(
        difficulty.HOME_DEPARTMENT, ROW, difficulties=reports,
        processes=[{"process_code": "p", "department_code": "d"}],
    )  # fmt: skip
    assert (home["department_difficulty_90"], home["department_issue_365"]) == (3, 0)
    unit = ask(difficulty.DEPARTMENT, {"department_code": "d", "as_of": 400}, difficulties=reports)
    assert unit["department_difficulty_severity"] == (5 + 2 + 1) / 3

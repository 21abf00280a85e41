from features import retraining, standard

ROW = {"employee_code": "e", "process_code": "p", "as_of": 100}


def _record(result, at, **fields):
    return {"employee_code": "e", "process_code": "p", "course_code": "c", "result": result, "occurred_at": at,
            **fields}  # fmt: skip


def test_training_records_of_a_person_for_a_process(ask):
    found = ask(
        retraining.RECORD,
        ROW,
        retraining=[
            _record("passed", 10, score=80.0),
            _record("failed", 40, score=55.0),
            _record("absent", 60),
            _record("open", None, known_at=70, assigned_at=70),
            _record("passed", 90, known_at=100, score=99.0),
            _record("passed", 50, process_code="q"),
        ],
    )
    assert found == {
        "training_passed": 1, "training_failed": 1, "training_absences": 1, "training_open": 1,
        "training_faded": 0.659753,
        "training_days_since_passed": 90, "training_days_since_last": 60, "training_days_since_assigned": 30,
        "training_last_score": 55,
    }  # fmt: skip


def test_no_training(ask):
    found = ask(retraining.RECORD, ROW)
    assert found["training_passed"] == 0
    assert found["training_days_since_passed"] is None


def test_an_open_record_is_replaced_when_it_is_completed(ask):
    revisions = [
        _record("open", None, known_at=10, superseded_at=50, assigned_at=10),
        _record("passed", 45, known_at=50, assigned_at=10),
    ]
    before = ask(retraining.RECORD, {**ROW, "as_of": 50}, retraining=revisions)
    assert (before["training_open"], before["training_passed"]) == (1, 0)
    after = ask(retraining.RECORD, {**ROW, "as_of": 51}, retraining=revisions)
    assert (after["training_open"], after["training_passed"], after["training_days_since_passed"]) == (0, 1, 6)


def test_the_gap_counts_required_courses_not_passed_or_expired(ask):
    requirements = [
        {"process_code": "p", "course_code": "c"},
        {"process_code": "p", "course_code": "short", "validity_days": 30},
        {"process_code": "p", "course_code": "exact", "validity_days": 50},
        {"process_code": "p", "course_code": "never"},
        {"process_code": "q", "course_code": "other"},
    ]
    records = [
        # passed for another process that the course covers as well
        _record("passed", 1, process_code="q"),
        _record("passed", 69, course_code="short"),
        _record("passed", 50, course_code="exact"),
        _record("failed", 80, course_code="never"),
    ]
    found = ask(retraining.GAP, ROW, requirements=requirements, retraining=records)
    assert found == {"training_required": 4, "training_gap": 2}
    assert ask(retraining.GAP, {**ROW, "process_code": "free"}, requirements=requirements) == {
        "training_required": 0,
        "training_gap": 0,
    }


def _standard(version, at, **fields):
    return {"process_code": "p", "standard_code": "s", "version": version, "occurred_at": at, **fields}


def test_changes_of_standard_and_process(ask):
    found = ask(
        standard.CHANGES,
        ROW,
        standard_changes=[
            _standard("1", -400),
            _standard("2", 40, known_at=20),
            _standard("3", 130, known_at=80),
            _standard("4", 60, known_at=100),
        ],
        process_changes=[{"process_code": "p", "version": "1", "occurred_at": 90}],
    )
    assert found == {
        "standard_days_since_change": 60, "standard_changes_365": 1, "process_days_since_change": 10,
        "process_changes_365": 1, "standard_days_until_change": 30,
    }  # fmt: skip

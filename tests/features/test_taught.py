"""Whether a person was taught what the standards demand now, by a course that is about them."""

from features import taught

ROW = {"employee_code": "e", "process_code": "p", "as_of": 100}


def _record(result, at, **fields):
    return {"employee_code": "e", "process_code": "p", "result": result, "occurred_at": at, **fields}


def _standard(version, at, code="s"):
    return {"process_code": "p", "standard_code": code, "version": version, "occurred_at": at}


def test_whether_the_version_in_force_was_taught(ask):
    changes = [_standard("1", 0), _standard("2", 50)]
    old = [_record("passed", 10, standard_version="1")]
    for as_of, current, changed in ((40, 1, 0), (50, 1, 0), (51, 0, 1)):
        row = {**ROW, "as_of": as_of}
        found = ask(taught.VERSION, row, retraining=old, standard_changes=changes)
        assert found == {
            "training_current_version": current, "changed_since_training": changed,
            "standard_changed_since_training": changed, "training_days_after_change": -40 if changed else 10,
        }
    for version in ("2", "s@2"):
        new = [*old, _record("passed", 60, standard_version=version)]
        found = ask(taught.VERSION, ROW, retraining=new, standard_changes=changes)
        assert found == {
            "training_current_version": 1, "changed_since_training": 0, "standard_changed_since_training": 0,
            "training_days_after_change": 10,
        }


def test_a_change_of_the_process_alone_is_told_apart(ask):
    found = ask(
        taught.VERSION, ROW, retraining=[_record("passed", 60, standard_version="1")],
        standard_changes=[_standard("1", 0)],
        process_changes=[{"process_code": "p", "version": "B", "occurred_at": 90}],
    )
    assert (found["changed_since_training"], found["standard_changed_since_training"]) == (1, 0)


def test_an_untrained_person_and_a_process_without_standard(ask):
    untrained = ask(taught.VERSION, ROW, standard_changes=[_standard("1", 0)])
    assert untrained == {
        "training_current_version": 0, "changed_since_training": None, "standard_changed_since_training": None,
        "training_days_after_change": None,
    }
    no_standard = ask(taught.VERSION, ROW, retraining=[_record("passed", 10)])
    assert no_standard == {
        "training_current_version": None, "changed_since_training": 0, "standard_changed_since_training": 0,
        "training_days_after_change": None,
    }


def test_a_course_on_something_else_is_no_training_on_a_change(ask):
    about = [{"course_code": "own", "standard_code": "s"}, {"course_code": "common", "standard_code": "t"}]
    changes = [_standard("1", 0), _standard("2", 50), _standard("1", 0, "t"), _standard("2", 50, "t")]
    before = [_record("passed", 10, course_code=course, standard_version="1") for course in ("own", "common")]

    def told(*records):
        given = {"retraining": [*before, *records], "standard_changes": changes, "course_standards": about}
        found = ask(taught.VERSION, ROW, **given)
        return found["training_current_version"], found["standard_changed_since_training"]

    own, common = (
        _record("passed", 60, course_code=course, standard_version="2") for course in ("own", "common")
    )
    assert told() == (0, 1)
    assert told(common) == (0, 1)
    assert told(own, common) == (1, 0)
    newcomer = _record("passed", 70, course_code="common", standard_version="2")
    found = ask(
        taught.VERSION, ROW, retraining=[newcomer], standard_changes=changes, course_standards=about
    )
    assert (found["training_current_version"], found["standard_changed_since_training"]) == (0, 0)
    unnamed = [_record("passed", 60, course_code=course) for course in ("own", "common")]
    assert told(*unnamed) == (1, 0)
    assert told(unnamed[1]) == (0, 1)


def test_a_standard_that_no_course_teaches_is_unfollowed_once_it_changes(ask):
    given = {
        "retraining": [_record("passed", at, course_code="common", standard_version="1") for at in (40, 90)],
        "course_standards": [{"course_code": "common", "standard_code": "t"}],
    }
    for changes, changed in (([_standard("1", 0)], 0), ([_standard("1", 0), _standard("2", 50)], 1)):
        found = ask(taught.VERSION, ROW, standard_changes=changes, **given)
        assert (found["training_current_version"], found["standard_changed_since_training"]) == (0, changed)

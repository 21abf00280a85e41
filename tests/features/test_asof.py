import ibis

from features.asof import known_before, moments


def _days(table, column="occurred_at"):
    return sorted(value.day for value in table[column].to_pyarrow().to_pylist())


def test_known_at_exactly_as_of_is_not_yet_known(make_history, make_table):
    work = make_history(work=[{"employee_code": "e", "occurred_at": 1, "known_at": at} for at in (4.999, 5, 6)])["work"]
    known = known_before(work, make_table(employee_code=["e"], as_of=[5]), ["employee_code"])
    assert known.count().to_pyarrow().as_py() == 1


def test_what_happened_before_but_became_known_later_is_not_known(make_history, make_table):
    work = make_history(work=[{"employee_code": "e", "occurred_at": 1, "known_at": 9}])["work"]
    known = known_before(work, make_table(employee_code=["e"], as_of=[5]), ["employee_code"])
    assert known.count().to_pyarrow().as_py() == 0


def test_exactly_one_revision_is_in_force_at_every_moment(make_history, make_table):
    work = make_history(
        work=[
            {"employee_code": "e", "occurred_at": 1, "known_at": 2, "superseded_at": 5},
            {"employee_code": "e", "occurred_at": 2, "known_at": 5, "superseded_at": 8},
            {"employee_code": "e", "occurred_at": 3, "known_at": 8},
        ]
    )["work"]
    moments_asked = make_table(employee_code=["e"] * 7, as_of=[2, 3, 5, 5.5, 8, 8.5, 100])
    known = known_before(work, moments_asked, ["employee_code"])
    # a revision known exactly at as_of does not yet replace the one before it
    assert sorted(zip(known.as_of.to_pyarrow().to_pylist(), _days(known), strict=True))[0][0].day == 4
    assert _days(known) == [2, 2, 3, 3, 4, 4]


def test_subjects_are_kept_apart_and_unknown_subjects_have_no_events(make_history, make_table):
    work = make_history(
        work=[{"employee_code": code, "process_code": "p", "occurred_at": 1} for code in ("a", "b", None)]
    )["work"]
    cohort = make_table(employee_code=["a", None], process_code=["p", "p"], as_of=[5, 5])
    known = known_before(work, cohort, ["employee_code", "process_code"])
    assert known.employee_code.to_pyarrow().to_pylist() == ["a"]


def test_without_subject_every_event_meets_every_date(make_history, make_table):
    work = make_history(work=[{"employee_code": "a", "occurred_at": day} for day in (1, 2)])["work"]
    known = known_before(work, make_table(as_of=[2, 3, 3]), [])
    assert known.count().to_pyarrow().as_py() == 1 + 2


def test_moments_are_distinct(make_table):
    cohort = make_table(employee_code=["a", "a", None], as_of=[1, 1, 1])
    assert moments(cohort, ["employee_code"]).count().to_pyarrow().as_py() == 1


def test_the_cut_compiles_for_every_engine(make_history, make_table):
    known = known_before(make_history()["work"], make_table(employee_code=["a"], as_of=[1]), ["employee_code"])
    for dialect in ("duckdb", "postgres"):
        assert "superseded_at" in ibis.to_sql(known, dialect=dialect)

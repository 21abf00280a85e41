"""Every row of the written folder keeps the rules of the folder format (section 8), written down here a second time."""

from collections.abc import Callable

import pandas as pd
import pytest

from training.world import World

Folder = dict[str, pd.DataFrame]
Moments = Callable[[pd.Series], pd.Series]

COLUMNS = {
    "departments": "code name function parent_code?",
    "posts": "code name department_code",
    "employees": "code name email? hired_on? left_on? locale? employment_type? employer?",
    "credentials": "employee_code kind number? issued_at? expires_at? authorised_by?",
    "assignments": "employee_code department_code post_code? from_date to_date? mentor_code?",
    "standards": "code title",
    "standard_versions": "standard_code version effective_at known_at? change_summary?",
    "clauses": "standard_code version clause text",
    "processes": "code name department_code?",
    "process_versions": "process_code version effective_at known_at? standards? status?",
    "courses": "code title minutes? validity_days? method? credits?",
    "course_covers": "course_code standard_code? standard_version? process_code?",
    "requirements": "process_code? post_code? kind? course_code? standard_code? credential_kind? count? validity_days?",
    "difficulty_reports":
        "code kind? department_code process_code? reported_by? occurred_at known_at? severity text",
    "training_records": "code employee_code course_code standard_version? assigned_at? completed_at? known_at? result "
                        "score? trainer_code? minutes?",
    "batches": "code product? process_code? quantity? started_at finished_at?",
    "batch_inputs": "batch_code input_code quantity?",
    "work_records": "code batch_code? process_code process_version? post_code? employee_code started_at finished_at? "
                    "known_at? self_check supervised_by?",
    "work_participants": "work_code employee_code role",
    "inspections": "code kind batch_code? work_code? employee_code? process_code? department_code? inspector_code? "
                   "due_at? performed_at? known_at? result? sample_size? nonconforming? score?",
    "findings": "inspection_code clause? severity count? text?",
    "issues": "code kind batch_code? work_code? process_code? department_code? occurred_at known_at? severity text",
    "shifts": "employee_code starts_at ends_at department_code? post_code?",
    "surveys": "code department_code? course_code? occurred_at score max_score text?",
}

REFERENCES = {
    "department_code": ("departments", "code"), "parent_code": ("departments", "code"),
    "post_code": ("posts", "code"), "employee_code": ("employees", "code"), "mentor_code": ("employees", "code"),
    "reported_by": ("employees", "code"), "trainer_code": ("employees", "code"),
    "authorised_by": ("employees", "code"),
    "supervised_by": ("employees", "code"), "standard_code": ("standards", "code"),
    "process_code": ("processes", "code"), "course_code": ("courses", "code"), "batch_code": ("batches", "code"),
    "input_code": ("batches", "code"), "work_code": ("work_records", "code"),
    "inspection_code": ("inspections", "code"),
}

ENUMS = {
    ("departments", "function"): "operations quality people service_desk",
    ("difficulty_reports", "kind"): "difficulty bottleneck",
    ("difficulty_reports", "severity"): "1 2 3 4 5",
    ("training_records", "result"): "passed failed absent open",
    ("work_records", "self_check"): "pass fail missing",
    ("inspections", "kind"):
        "routine incoming first_article in_process final patrol record_review audit effectiveness random",
    ("findings", "severity"): "minor major critical",
    ("issues", "kind"): "nonconformity deviation complaint adverse_event near_miss audit_finding recall",
    ("issues", "severity"): "1 2 3 4 5",
    ("requirements", "kind"): "course assessment supervised licence authorisation practice",
}

#: table -> pairs of columns of which the second is never before the first, where both are given
ORDERS = {
    "employees": [("hired_on", "left_on")],
    "credentials": [("issued_at", "expires_at")],
    "assignments": [("from_date", "to_date")],
    "standard_versions": [("effective_at", "known_at")],
    "difficulty_reports": [("occurred_at", "known_at")],
    "training_records": [("assigned_at", "completed_at"), ("completed_at", "known_at"), ("assigned_at", "known_at")],
    "batches": [("started_at", "finished_at"), ("finished_at", "known_at"), ("started_at", "known_at")],
    "work_records": [("started_at", "finished_at"), ("finished_at", "known_at"), ("started_at", "known_at")],
    "inspections": [("performed_at", "known_at")],
    "issues": [("occurred_at", "known_at")],
    "shifts": [("starts_at", "ends_at")],
}

NATURAL_KEYS = {
    "credentials": ["employee_code", "kind", "issued_at"],
    "assignments": ["employee_code", "department_code", "post_code", "mentor_code", "from_date"],
    "standard_versions": ["standard_code", "version"], "clauses": ["standard_code", "version", "clause"],
    "process_versions": ["process_code", "version"], "batch_inputs": ["batch_code", "input_code"],
    "work_participants": ["work_code", "employee_code"], "findings": ["inspection_code", "clause"],
    "shifts": ["employee_code", "starts_at"],
}


def test_every_table_of_a_factory_is_there(folder: Folder) -> None:
    assert set(folder) == set(COLUMNS)
    assert all(len(table) for table in folder.values())


@pytest.mark.parametrize("name", COLUMNS)
def test_columns(folder: Folder, name: str) -> None:
    known = [column.rstrip("?") for column in COLUMNS[name].split()]
    needed = [column for column in COLUMNS[name].split() if not column.endswith("?")]
    extra = {"known_at", "reason"} if "code" in known else set()
    table = folder[name]
    unknown = [column for column in table if column not in {*known, *extra} and not column.startswith("attr_")]
    assert not unknown
    for column in needed:
        assert (table[column] != "").all(), f"{name}.{column}"


@pytest.mark.parametrize("name", COLUMNS)
def test_references_resolve(folder: Folder, name: str) -> None:
    for column in folder[name]:
        if column in REFERENCES:
            target, key = REFERENCES[column]
            used = set(folder[name][column]) - {""}
            assert used <= set(folder[target][key]), f"{name}.{column}"


def test_versions_resolve(folder: Folder) -> None:
    held = set(folder["standard_versions"]["standard_code"] + "@" + folder["standard_versions"]["version"])
    assert set(folder["clauses"]["standard_code"] + "@" + folder["clauses"]["version"]) <= held
    assert set(";".join(folder["process_versions"]["standards"]).split(";")) <= held
    editions = set(folder["process_versions"]["process_code"] + "@" + folder["process_versions"]["version"])
    assert set(folder["work_records"]["process_code"] + "@" + folder["work_records"]["process_version"]) <= editions
    covers = folder["course_covers"].set_index("course_code")["standard_code"]
    taught = folder["training_records"].query("standard_version != ''")
    assert set(taught["course_code"].map(covers) + "@" + taught["standard_version"]) <= held


@pytest.mark.parametrize(("name", "column"), ENUMS)
def test_enums(folder: Folder, name: str, column: str) -> None:
    assert set(folder[name][column]) <= set(ENUMS[name, column].split())


def test_results_of_inspections(folder: Folder) -> None:
    table = folder["inspections"]
    assert set(table["result"]) == {"pass", "fail", ""}
    assert ((table["result"] == "") == (table["performed_at"] == "")).all()
    assert (table[["batch_code", "work_code", "employee_code", "department_code"]] != "").any(axis=1).all()
    sampled = table[table["sample_size"] != ""]
    assert (sampled["nonconforming"].astype(int) <= sampled["sample_size"].astype(int)).all()


@pytest.mark.parametrize("name", ORDERS)
def test_times_are_in_order(folder: Folder, moments: Moments, name: str) -> None:
    for first, second in ORDERS[name]:
        table = folder[name]
        both = table[(table[first] != "") & (table[second] != "")]
        assert (moments(both[first]) <= moments(both[second])).all(), f"{name}: {first} > {second}"


def test_nothing_is_known_at_or_after_the_end(folder: Folder, moments: Moments, world: World) -> None:
    end = pd.Timestamp(world.spec.until, tz="Asia/Shanghai")
    for name, table in folder.items():
        if "known_at" in table and name != "standard_versions":
            assert moments(table["known_at"]).max() < end, name


@pytest.mark.parametrize("name", NATURAL_KEYS)
def test_natural_keys_are_unique(folder: Folder, name: str) -> None:
    assert not folder[name].duplicated(NATURAL_KEYS[name]).any()

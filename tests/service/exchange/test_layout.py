"""The folder format is what the design's section 8 says, to the letter."""

import pytest

from service.exchange.layout import FOLDER
from service.records.folder import is_evidence

# transcribed from the design, section 8
DESIGN = """
departments | code, name, function, parent_code?
posts | code, name, department_code
employees | code, name, email?, hired_on?, left_on?, locale?, employment_type?, employer?
credentials | employee_code, kind, number?, issued_at?, expires_at?, authorised_by?
assignments | employee_code, department_code, post_code?, from_date, to_date?, mentor_code?
standards | code, title
standard_versions | standard_code, version, effective_at, known_at?, change_summary?
clauses | standard_code, version, clause, text
processes | code, name, department_code?
process_versions | process_code, version, effective_at, known_at?, standards?, status?
courses | code, title, minutes?, validity_days?, method?, credits?
course_covers | course_code, standard_code?, standard_version?, process_code?
requirements | process_code?, post_code?, kind?, course_code?, standard_code?, credential_kind?, count?, validity_days?
difficulty_reports | code, kind?, department_code, process_code?, reported_by?, occurred_at, known_at?, severity, text
training_records | code, employee_code, course_code, standard_version?, assigned_at?, completed_at?, known_at?, result, score?, trainer_code?, minutes?
batches | code, product?, process_code?, quantity?, started_at, finished_at?
batch_inputs | batch_code, input_code, quantity?
work_records | code, batch_code?, process_code, process_version?, post_code?, employee_code, started_at, finished_at?, known_at?, self_check, supervised_by?
work_participants | work_code, employee_code, role
inspections | code, kind, batch_code?, work_code?, employee_code?, process_code?, department_code?, inspector_code?, due_at?, performed_at?, known_at?, result?, sample_size?, nonconforming?, score?
findings | inspection_code, clause?, severity, count?, text?
issues | code, kind, batch_code?, work_code?, process_code?, department_code?, occurred_at, known_at?, severity, text
shifts | employee_code, starts_at, ends_at, department_code?, post_code?
surveys | code, department_code?, course_code?, occurred_at, score, max_score, text?
"""  # noqa: E501

TABLES = {
    name.strip(): [column.strip() for column in columns.split(",")]
    for name, columns in (line.split("|") for line in DESIGN.strip().splitlines())
}

CHOICES = {
    ("departments", "function"): "operations quality people service_desk",
    ("requirements", "kind"): "course assessment supervised licence authorisation practice",
    ("difficulty_reports", "kind"): "difficulty bottleneck",
    ("training_records", "result"): "passed failed absent open",
    ("work_records", "self_check"): "pass fail missing",
    ("inspections", "kind"):
        "routine incoming first_article in_process final patrol record_review audit effectiveness random",
    ("inspections", "result"): "pass fail",
    ("findings", "severity"): "minor major critical",
    ("issues", "kind"): "nonconformity deviation complaint adverse_event near_miss audit_finding recall",
}  # fmt: skip

#: columns every evidence table may have, and every set: which revision of its parent it is of
BESIDE = {"known_at?", "reason?"}


def test_the_tables_are_those_of_the_design() -> None:
    assert set(FOLDER) == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_the_columns_are_those_of_the_design(name: str) -> None:
    table = FOLDER[name]
    columns = {column.name + ("" if column.required else "?") for column in table.columns}
    allowed = BESIDE if is_evidence(table) else {"known_at?"} if name in {"findings", "batch_inputs"} else set()
    assert columns - allowed == set(TABLES[name]) - allowed


def test_words_are_those_of_the_design() -> None:
    found = {(t.name, c.name): " ".join(c.choices) for t in FOLDER.values() for c in t.columns if c.choices}
    assert found == CHOICES


def test_what_is_pointed_at_stands_before_what_points() -> None:
    seen: set[str] = set()
    for table in FOLDER.values():
        seen.add(table.name)
        assert {column.references for column in table.columns if column.references} <= seen

"""The rules of the folder format (section 8 of the design), written down a second time to check the world against."""

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
    "reported_by": ("employees", "code"), "trainer_code": ("employees", "code"), "authorised_by": ("employees", "code"),
    "supervised_by": ("employees", "code"), "standard_code": ("standards", "code"),
    "process_code": ("processes", "code"), "course_code": ("courses", "code"), "batch_code": ("batches", "code"),
    "input_code": ("batches", "code"), "work_code": ("work_records", "code"), "inspection_code": ("inspections", "code"),
}

ENUMS = {
    ("departments", "function"): "operations quality people service_desk",
    ("difficulty_reports", "kind"): "difficulty bottleneck",
    ("difficulty_reports", "severity"): "1 2 3 4 5",
    ("training_records", "result"): "passed failed absent open",
    ("work_records", "self_check"): "pass fail missing",
    ("inspections", "kind"): "routine incoming first_article in_process final patrol record_review audit effectiveness "
                             "random",
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
REVISED = ("training_records", "batches", "work_records", "inspections")

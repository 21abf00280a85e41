# ruff: noqa: E501  (the rows of a file stay on one line)
"""What is exported and imported into an empty database is exported again as the same files, byte by byte."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from service.errors import Conflict
from service.exchange.exporting import export_folder
from service.exchange.importing import import_folder
from service.exchange.layout import FOLDER

FIRST = {
    "departments.csv": 'code,name,function,parent_code,attr_area,attr_note\n'
                       'D2,"二车间, ""新""",operations,D1,12.50,甲\nD1,"一\n车间",operations,,7,\nD0,无,quality,,,乙\n',
    "posts.csv": "code,name,department_code\n001,灌装工,D1\n",
    "employees.csv": "code,name,email,hired_on,left_on\n007,李雷,li@site.example,2020-02-29,\n08,韩梅梅,,2019-01-01,2024-01-01\n",
    "credentials.csv": "employee_code,kind,number,issued_at\n007,健康证,000123,2024-01-01\n",
    "assignments.csv": "employee_code,department_code,post_code,from_date,mentor_code\n007,D1,001,2024-01-01,08\n08,D2,,2024-01-01,\n",
    "standards.csv": "code,title\nS,清洁标准\n",
    "standard_versions.csv": "standard_code,version,effective_at,known_at\nS,1,2024-01-01,\nS,2.10,2024-06-01,2024-05-01\nS,3,2199-01-01,\n",
    "clauses.csv": "standard_code,version,clause,text\nS,1,4.1,洗手\nS,1,4.10,擦干\n",
    "processes.csv": "code,name,department_code\nP1,灌装,D1\n",
    "process_versions.csv": "process_code,version,effective_at,standards\nP1,1,2024-02-01,S@1;S@2.10\n",
    "courses.csv": "code,title,credits\nC1,灌装基础,0.5\n",
    "course_covers.csv": "course_code,standard_code,standard_version,process_code\nC1,S,1,\nC1,,,P1\n",
    "requirements.csv": "process_code,kind,course_code,count\nP1,course,C1,\nP1,supervised,,3\n",
    "difficulty_reports.csv": "code,department_code,occurred_at,severity,text\nX1,D1,2024-03-01T08:00:00.5,3,太快\n",
    "training_records.csv": "code,employee_code,course_code,assigned_at,result\nT1,007,C1,2024-03-01,open\n",
    "batches.csv": "code,process_code,quantity,started_at,finished_at\nB1,P1,1e15,2024-03-01,2024-03-02\nB2,P1,0.1,2024-03-03,\nB3,,,2024-03-01,\n",
    "batch_inputs.csv": "batch_code,input_code,quantity\nB2,B1,2\nB2,B3,\n",
    "work_records.csv": "code,process_code,employee_code,started_at,self_check\nW1,P1,007,2024-03-01T10:00:00+08:00,pass\n",
    "work_participants.csv": "work_code,employee_code,role\nW1,08,mentor\n",
    "inspections.csv": "code,kind,work_code,due_at,performed_at,known_at,result,attr_x\n"
                       "I1,final,W1,2024-03-02,,2024-03-01,,\n"
                       "I1,final,W1,2024-03-02,2024-03-05,2024-03-06,fail,2\n"
                       "I2,final,W1,,2024-03-05,,pass,\nI3,final,W1,2024-03-09,,,,\n",
    "findings.csv": "inspection_code,severity,count,text,known_at\nI1,minor,1,脏,2024-03-06\nI1,major,2,,2024-03-06\nI2,minor,,,\n",
    "issues.csv": "code,kind,batch_code,occurred_at,severity,text\nQ1,complaint,B1,2024-04-01,严重,漏\n",
    "shifts.csv": "employee_code,starts_at,ends_at\n007,2024-03-01T08:00,2024-03-01T16:00\n08,2198-01-01,2198-01-02\n",
    "surveys.csv": "code,course_code,occurred_at,score,max_score\nU1,C1,2024-04-01,4,5\nU2,C1,2024-04-02,4,5\n",
}  # fmt: skip

#: completions, corrections, further sets, and a site attribute that comes later
SECOND = {
    "training_records.csv": "code,completed_at,known_at,result,score\nT1,2024-03-08,2024-03-09,passed,81.5\n",
    "batches.csv": "code,quantity,attr_line\nB2,0.25,甲\n",
    "batch_inputs.csv": "batch_code,input_code,quantity\nB2,B1,3\n",
    "inspections.csv": "code,result,reason\nI2,fail,读错了\n",
    "findings.csv": "inspection_code,severity,count\nI1,critical,1\nI3,minor,1\n",
    "surveys.csv": "code,score\nU2,5\n",
}


@pytest.fixture
def exported(connection: Connection, write: Callable[..., Path], tmp_path: Path) -> Path:
    """The folder that both imports, one after the other, leave behind; the database is empty again."""
    there = tmp_path / "exported"
    start = connection.begin_nested()
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        import_folder(session, write(FIRST, "first"), progress=_silently)
        import_folder(session, write(SECOND, "second"), reason="测试", progress=_silently)
        export_folder(session, there, progress=_silently)
    start.rollback()
    return there


def _silently(_line: str) -> None: ...


def _contents(folder: Path) -> dict[str, list[bytes]]:
    return {file.name: file.read_bytes().split(b"\n") for file in sorted(folder.iterdir())}


def test_export_import_export(exported: Path, session: Session, tmp_path: Path) -> None:
    import_folder(session, exported, progress=_silently)
    export_folder(session, tmp_path / "again", progress=_silently)
    assert _contents(tmp_path / "again") == _contents(exported)
    assert set(_contents(exported)) == {f"{name}.csv" for name in FOLDER}


def test_an_export_changes_nothing_where_it_comes_from(exported: Path, session: Session) -> None:
    import_folder(session, exported, progress=_silently)
    again = import_folder(session, exported, progress=_silently)
    assert {(outcome.created, outcome.changed) for outcome in again.tables.values()} == {(0, 0)}


def test_what_an_export_says(exported: Path) -> None:
    said = {name: b"\n".join(lines).decode() for name, lines in _contents(exported).items()}
    assert said["departments.csv"] == (
        "code,name,function,parent_code,attr_area,attr_note\n"
        'D0,无,quality,,,乙\nD1,"一\n车间",operations,,7,\nD2,"二车间, ""新""",operations,D1,12.50,甲\n'
    )
    assert (
        "S,1,2023-12-31T16:00:00Z,,\nS,2.10,2024-05-31T16:00:00Z,2024-04-30T16:00:00Z,\n"
        in said["standard_versions.csv"]
    )
    assert "X1,,D1,,,2024-03-01T00:00:00.5Z,3,太快,\n" in said["difficulty_reports.csv"]
    assert said["inspections.csv"].splitlines()[0].endswith(",known_at,reason,attr_x")
    assert len([line for line in said["inspections.csv"].splitlines() if line.startswith("I1,")]) == 3
    assert "读错了" in said["inspections.csv"]
    assert "reason" not in said["issues.csv"]


def test_a_dry_run_leaves_nothing(
    write: Callable[..., Path], load: Callable[..., object], count: Callable[[], int]
) -> None:
    report = load(write(FIRST), dry_run=True)
    assert report.tables["inspections"].created == 3  # type: ignore[attr-defined]
    assert count() == 0


def test_an_export_needs_an_empty_folder(session: Session, write: Callable[..., Path], tmp_path: Path) -> None:
    taken = write({"notes.txt": "mine"})
    with pytest.raises(Conflict, match="is not an empty folder; choose another, or empty it"):
        export_folder(session, taken, progress=_silently)
    (tmp_path / "new").mkdir()
    export_folder(session, tmp_path / "new", progress=_silently)
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "new"}

"""Whatever is wrong with a folder is said in one clear line, and nothing of it is loaded."""

from collections.abc import Callable
from pathlib import Path

import pytest

from service.errors import RetraceError
from service.settings import settings

INSPECTIONS = "code,kind,process_code,performed_at,known_at,result\n"
WORK = "code,process_code,employee_code,started_at,finished_at,self_check\n"
NO_CODE = "no such code in processes; load it first"
SCIENTIFIC = "is a number in scientific notation, as a spreadsheet shortens codes; write it in full, as text"

CASES = {
    "scientific notation": (
        {"departments.csv": "code,name,function\n1.2E+05,x,operations\n"},
        f"departments.csv, row 2, column code, value '1.2E+05': {SCIENTIFIC}",
    ),
    "unknown table": (
        {"inspection.csv": "code\n"},
        "inspection.csv: there is no table 'inspection'; did you mean inspections?",
    ),
    "a table's form that is not read": (
        {"inspections.xls": "x"}, "inspections.xls: is not read; save it as .csv, .parquet or .xlsx",
    ),
    "unknown column": (
        {"posts.csv": "code,nme,name,department_code\n"},
        "posts.csv, row 1, column nme: is no column of posts; did you mean name?; "
        "a site attribute's name begins with attr_",
    ),
    "missing column": (
        {"posts.csv": "name,department_code\n"}, "posts.csv, row 1, column code: is missing; posts need it",
    ),
    "a column twice": (
        {"posts.csv": "code,name,name,department_code\n"}, "posts.csv, row 1, column name: is given more than once",
    ),
    "semicolons": (
        {"posts.csv": "code;name\n1;2\n"},
        "posts.csv, row 1, column code;name: is one column; separate the columns by commas",
    ),
    "duplicate code": (
        {"employees.csv": "code,name\n1,a\n1,b\n"},
        "employees.csv, row 3, column code, value '1': given more than once",
    ),
    "dangling reference": (
        {"inspections.csv": f"{INSPECTIONS}I1,final,P9,,,\n"},
        f"inspections.csv, row 2, column process_code, value 'P9': {NO_CODE}",
    ),
    "impossible date": (
        {"inspections.csv": f"{INSPECTIONS}I1,final,P1,2023-02-29,,pass\n"},
        "inspections.csv, row 2, column performed_at, value '2023-02-29': "
        "is no day and time there ever was; correct it",
    ),
    "a date that is not ISO 8601": (
        {"inspections.csv": f"{INSPECTIONS}I1,final,P1,2023/2/1,,pass\n"},
        "inspections.csv, row 2, column performed_at, value '2023/2/1': "
        "is not an ISO 8601 date or time such as 2024-05-01 or 2024-05-01T08:30:00+08:00",
    ),
    "a year nobody meant": (
        {"inspections.csv": f"{INSPECTIONS}I1,final,P1,0202-05-01,,pass\n"},
        "inspections.csv, row 2, column performed_at, value '0202-05-01': "
        "is too far away; the year must lie between 1900 and 2200",
    ),
    "a day with a time": (
        {"employees.csv": "code,name,hired_on\n1,a,2024-05-01T08:00\n"},
        "employees.csv, row 2, column hired_on, value '2024-05-01T08:00': "
        "must be a day without a time, such as 2024-05-01",
    ),
    "end before start": (
        {"work_records.csv": f"{WORK}W1,P1,007,2024-05-02,2024-05-01,pass\n"},
        "work_records.csv, row 2, column finished_at, value '2024-05-01': "
        "lies before started_at; correct one of the two",
    ),
    "known before it happened": (
        {"inspections.csv": f"{INSPECTIONS}I1,final,P1,2024-05-02,2024-05-01,pass\n"},
        "inspections.csv, row 2, column known_at, value '2024-05-01': "
        "lies before performed_at; it cannot be known before it happened",
    ),
    "wrong word": (
        {"inspections.csv": f"{INSPECTIONS}I1,final,P1,2024-05-01,,Passed\n"},
        "inspections.csv, row 2, column result, value 'Passed': must be one of pass, fail; did you mean pass?",
    ),
    "an empty required value": (
        {"employees.csv": "code,name\n1,a\n2,\n"}, "employees.csv, row 3, column name: must not be empty",
    ),
    "spaces around a code": (
        {"employees.csv": "code,name\n 1,a\n"},
        "employees.csv, row 2, column code, value ' 1': has spaces around it; remove them",
    ),
    "a number out of bounds": (
        {"courses.csv": "code,title,minutes\nC,t,-5\n"},
        "courses.csv, row 2, column minutes, value '-5': must be a whole number from 0 to 100,000",
    ),
    "a day until which a requirement counts": (
        {"requirements.csv": "process_code,course_code,attr_valid_until\nP1,C1,2026-12-31\nP1,,next year\n"},
        "requirements.csv, row 3, column attr_valid_until, value 'next year': is no day; write it as 2026-12-31",
    ),
    "a day that never was": (
        {"requirements.csv": "process_code,attr_valid_until\nP1,2026-02-30\n"},
        "requirements.csv, row 2, column attr_valid_until, value '2026-02-30': is no day; write it as 2026-12-31",
    ),
    "a yearly window": (
        {"requirements.csv": "process_code,attr_valid_window\nP1,01-01/13-01\n"},
        "requirements.csv, row 2, column attr_valid_window, value '01-01/13-01': "
        "is no yearly window; write the days on which it opens and closes, as 01-01/03-31",
    ),
    "a number as a yearly window": (
        {"requirements.csv": "process_code,attr_valid_window\nP1,3\n"},
        "requirements.csv, row 2, column attr_valid_window, value '3': "
        "is no yearly window; write the days on which it opens and closes, as 01-01/03-31",
    ),
    "a batch made of itself": (
        {"batches.csv": "code,started_at\nA,2024-05-01\n", "batch_inputs.csv": "batch_code,input_code\nA,A\n"},
        "batch_inputs.csv, row 2, column input_code, value 'A': is the batch_code itself; name what went into it",
    ),
    "a batch in its own ancestry": (
        {"batches.csv": "code,started_at\nA,2024-05-01\nB,2024-05-01\n",
         "batch_inputs.csv": "batch_code,input_code\nA,B\nB,A\n"},
        "batch_inputs.csv, row 2, column input_code, value 'B': would close a circle, so that a record is its own "
        "ancestor: A <- B <- A; correct one of these links\n"
        "batch_inputs.csv, row 3, column input_code, value 'A': would close a circle, so that a record is its own "
        "ancestor: A <- B <- A; correct one of these links",
    ),
    "no number": (
        {"surveys.csv": 'code,occurred_at,score,max_score\nS,2024-05-01,"4,5",5\n'},
        "surveys.csv, row 2, column score, value '4,5': "
        "must be a number; write a point as the decimal mark and nothing between the digits",
    ),
    "an infinite number": (
        {"surveys.csv": "code,occurred_at,score,max_score\nS,2024-05-01,1e999,5\n"},
        "surveys.csv, row 2, column score, value '1e999': "
        "must be a number; write a point as the decimal mark and nothing between the digits",
    ),
    "a list with an empty item": (
        {"process_versions.csv": "process_code,version,effective_at,standards\nP1,1,2024-05-01,S@1;;S@2\n"},
        "process_versions.csv, row 2, column standards, value 'S@1;;S@2': "
        "must be a list such as A@1;B@2, without spaces or empty items",
    ),
    "a ragged row": (
        {"employees.csv": 'code,name\n1,"a\nb"\n\n2,b,c\n3,d\n'},
        "employees.csv, row 4, value '2,b,c': has 3 values where the first row names 2 columns",
    ),
    "an open quotation mark": (
        {"employees.csv": 'code,name\n1,a\n2,"b\n3,c\n'},
        'employees.csv, row 3: a quotation mark is not closed; inside a value write it twice: ""',
    ),
    "wrong encoding": (
        {"employees.csv": "code,name\n1,é\n".encode("latin-1")},
        "employees.csv: is neither UTF-8 nor GB18030; save it as CSV UTF-8",
    ),
    "a NUL byte": (
        {"employees.csv": "code,name\n1,a\0b\n"},
        "employees.csv: holds a NUL byte, so it is no text; save it as CSV UTF-8",
    ),
    "an empty file": (
        {"employees.csv": ""}, "employees.csv: is empty; its first row must name the columns",
    ),
    "no Parquet": (
        {"posts.parquet": "x"}, "posts.parquet: cannot be read as Parquet (",
    ),
    "no workbook": (
        {"site.xlsx": "x"}, "site.xlsx: cannot be read as a workbook (File is not a zip file); save it as .xlsx",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_one_clear_line(
    case: str, site: dict[str, str], write: Callable[..., Path], load: Callable[..., object], count: Callable[[], int]
) -> None:
    files, line = CASES[case]
    with pytest.raises(RetraceError) as caught:
        load(write(site | files))
    message = str(caught.value)
    assert message.count("\n") == line.count("\n")
    assert message == line or (line.endswith("(") and message.startswith(line))
    assert count() == 0


def test_a_file_beyond_the_limit(
    write: Callable[..., Path], load: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETRACE_MAX_IMPORT_BYTES", "40")
    settings.cache_clear()
    try:
        with pytest.raises(RetraceError) as caught:
            load(write({"employees.csv": "code,name\n" + "1,a long name\n" * 3}))
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert str(caught.value) == "employees.csv: has 52 bytes, more than RETRACE_MAX_IMPORT_BYTES (40); split it"


def test_places_that_are_no_folder(write: Callable[..., Path], load: Callable[..., object]) -> None:
    folder = write({"notes.txt": "x"})
    for place, line in {
        folder: f"{folder} holds no tables: name its files departments.csv, employees.csv and so on",
        folder / "none": f"There is no folder {folder / 'none'}; name one that holds the tables, or one .xlsx",
        folder / "notes.txt": f"{folder / 'notes.txt'} is a file; give the folder it is in, or an .xlsx workbook",
    }.items():
        with pytest.raises(RetraceError) as caught:
            load(place)
        assert str(caught.value) == line


def test_all_files_are_read_before_anything_is_refused(write: Callable[..., Path], load: Callable[..., object]) -> None:
    rows = "".join(f"E{number},\n" for number in range(9))
    files = {"employees.csv": f"code,name\n{rows}", "posts.csv": "cod\n", "courses.csv": "code,title,minutes\nC,t,x\n"}
    with pytest.raises(RetraceError) as caught:
        load(write(files))
    lines = str(caught.value).splitlines()
    assert [line.split(",")[0] for line in lines[:-1]] == ["courses.csv", *["employees.csv"] * 5, *["posts.csv"] * 2]
    assert lines[-1] == "... and 4 more"

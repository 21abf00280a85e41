"""However a table is written down, the same records come of it."""

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import RetraceError
from service.exchange.layout import FOLDER

EMPLOYEES = (
    'code,name,hired_on,attr_height,attr_note,attr_shoe\n007,"李雷, ""老李""",2020-02-29,1.70,甲,42\n'
    '12,韩梅梅,,1.5,"两\n行",\n\n,,,,,\n13,吴,2021-01-01,,,40\n'
)


def _parquet(text: str) -> bytes:
    frame = pd.read_csv(StringIO(text), dtype={"code": str}).dropna(how="all")
    frame["hired_on"] = pd.to_datetime(frame["hired_on"])
    written = BytesIO()
    frame.to_parquet(written)
    return written.getvalue()


def _workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


DAY = datetime(2021, 1, 1)  # noqa: DTZ001  (a spreadsheet knows no zones)
SHEET = [
    ["code", "name", "hired_on", "attr_height", "attr_note", "attr_shoe"],
    ["007", '李雷, "老李"', date(2020, 2, 29), 1.70, "甲", 42],
    [12, "韩梅梅", None, 1.5, "两\n行", None],
    [None],
    ["13", "吴", DAY, None, None, 40],
]

FORMS = {
    "UTF-8": ("employees.csv", EMPLOYEES.encode()),
    "UTF-8 with a mark": ("employees.csv", EMPLOYEES.encode("utf-8-sig")),
    "UTF-16": ("employees.csv", EMPLOYEES.encode("utf-16")),
    "GB18030": ("employees.CSV", EMPLOYEES.encode("gb18030")),
    "Windows line ends": ("employees.csv", EMPLOYEES.replace("\n", "\r\n").replace("两\r\n", "两\n").encode()),
    "Parquet": ("employees.parquet", _parquet(EMPLOYEES)),
    "Excel": ("anything.xlsx", _workbook({"employees": SHEET})),
}

EXPECTED = [
    ("007", '李雷, "老李"', date(2020, 2, 29), {"height": 1.7, "note": "甲", "shoe": 42}),
    ("12", "韩梅梅", None, {"height": 1.5, "note": "两\n行"}),
    ("13", "吴", date(2021, 1, 1), {"shoe": 40}),
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_records(
    form: str, write: Callable[..., Path], load: Callable[..., Any], session: Session
) -> None:
    name, content = FORMS[form]
    load(write({name: content}))
    kept = FOLDER["employees"].table.c
    found = session.execute(select(kept.code, kept.name, kept.hired_on, kept.attributes).order_by(kept.code)).all()
    assert [tuple(row) for row in found] == EXPECTED


def test_a_workbook_alone_is_a_folder(write: Callable[..., Path], load: Callable[..., Any]) -> None:
    report = load(write({"site.xlsx": FORMS["Excel"][1]}) / "site.xlsx")
    assert report.tables["employees"].created == 3


def test_numbers_are_numbers_only_where_all_of_a_column_are(
    write: Callable[..., Path], load: Callable[..., Any], session: Session
) -> None:
    values = {"a": "1;2.50", "b": "1;x", "c": "1;02", "d": "1;1e5", "e": "-0;1", "f": "1;"}
    rows = zip(*(text.split(";") for text in values.values()), strict=True)
    lines = [",".join(["code", "name", *(f"attr_{key}" for key in values)])]
    lines += [",".join([f"E{number}", "x", *row]) for number, row in enumerate(rows)]
    load(write({"employees.csv": "\n".join(lines)}))
    first = session.scalars(select(FOLDER["employees"].table.c.attributes).order_by("id")).first()
    assert first == {"a": 1, "b": "1", "c": "1", "d": "1", "e": "-0", "f": 1}


WRONG_CELLS = [
    ("=1+1", "cell B3 holds a formula; put its value there instead", "name", None),
    ("#N/A", "cell B3 holds an Excel error; put its value there instead", "name", None),
    (1.5, "arrived as a number that may have lost digits; format the column as text and write it again", "name", "1.5"),
    (date(2024, 1, 2), "was taken for a date; format the column as text and write it again", "name", "2024-01-02"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "problem", "column", "value"), WRONG_CELLS)
def test_a_cell_that_is_not_what_was_meant(
    cell: object, problem: str, column: str, value: str | None, write: Callable[..., Path], load: Callable[..., Any]
) -> None:
    book = _workbook({"employees": [["code", "name"], ["1", "a"], ["2", cell]]})
    with pytest.raises(RetraceError) as caught:
        load(write({"site.xlsx": book}))
    shown = f", value {value!r}" if value else ""
    assert str(caught.value) == f"site.xlsx, sheet employees, row 3, column {column}{shown}: {problem}"


@pytest.mark.parametrize("code", [123456789012345678, 1e20])
def test_a_code_too_long_for_a_spreadsheets_number_is_asked_about(
    code: float, write: Callable[..., Path], load: Callable[..., Any]
) -> None:
    book = _workbook({"employees": [["code", "name"], [code, "a"]]})
    with pytest.raises(RetraceError, match=r"row 2, column code, .* may have lost digits"):
        load(write({"site.xlsx": book}))


def test_one_table_in_two_forms(write: Callable[..., Path], load: Callable[..., Any]) -> None:
    folder = write({"employees.csv": EMPLOYEES, "employees.parquet": FORMS["Parquet"][1]})
    with pytest.raises(RetraceError) as caught:
        load(folder)
    assert str(caught.value) == "employees.parquet: this table is also in employees.csv; keep one of them"


def test_a_workbook_whose_content_is_too_large(
    write: Callable[..., Path], load: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from service.settings import settings

    book = FORMS["Excel"][1]
    monkeypatch.setenv("RETRACE_MAX_IMPORT_BYTES", str(len(book)))
    settings.cache_clear()
    try:
        with pytest.raises(RetraceError, match=r"site\.xlsx: holds .* bytes, more than"):
            load(write({"site.xlsx": book}))
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_a_parquet_code_column_of_floats(write: Callable[..., Path], load: Callable[..., Any]) -> None:
    written = BytesIO()
    pd.DataFrame({"code": [1.0, 2.5], "name": ["a", "b"]}).to_parquet(written)
    with pytest.raises(RetraceError, match=r"employees.parquet, row 3, column code, value '2.5': arrived as a number"):
        load(write({"employees.parquet": written.getvalue()}))

"""List, count, export and lookup agree."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from service.exchange.exporting import export_folder
from service.exchange.layout import FOLDER
from service.records.actions import put

Headers = dict[str, str]


@pytest.fixture
def data(signed_in: Callable[[str], Headers]) -> Headers:
    return signed_in("data")


@pytest.fixture
def inspected(session: Session) -> None:
    """Two inspections, of three revisions, and what one of them found."""
    put(session, FOLDER["employees"], [{"code": "007", "name": '李, "Li"'}])
    rows = [{"code": code, "kind": "patrol", "employee_code": "007"} for code in ("I1", "I2")]
    put(session, FOLDER["inspections"], rows)
    put(session, FOLDER["inspections"], [{"code": "I1", "result": "fail"}])
    put(session, FOLDER["findings"], [{"inspection_code": "I2", "severity": "minor"}])


def _exported(api: TestClient, data: Headers, table: str) -> list[dict[str, str]]:
    answer = api.get(f"/api/v1/exports/{table}.csv", headers=data)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{table}.csv"'
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize("table", FOLDER)
def test_they_agree(api: TestClient, data: Headers, inspected: None, table: str) -> None:
    counts = api.get("/api/v1/counts", headers=data).json()
    assert set(counts) == set(FOLDER)
    listed: list[Any] = api.get(f"/api/v1/{table.replace('_', '-')}?limit=1000", headers=data).json()["items"]
    exported = _exported(api, data, table)
    distinct = {row["code"] for row in exported} if "code" in FOLDER[table] else exported
    assert len(listed) == len(distinct) == counts[table]
    for item in listed if item_has_code(table) else []:
        (*_, last) = api.get(f"/api/v1/{table.replace('_', '-')}/{item['code']}", headers=data).json()
        assert item.items() <= last.items()


def item_has_code(table: str) -> bool:
    return "code" in FOLDER[table].table.c


def test_an_export_is_the_folders_own(
    api: TestClient, data: Headers, inspected: None, session: Session, tmp_path: Path
) -> None:
    export_folder(session, tmp_path / "out", progress=lambda line: None)
    for file in (tmp_path / "out").iterdir():
        assert api.get(f"/api/v1/exports/{file.name}", headers=data).content == file.read_bytes()


@pytest.mark.parametrize("table", ["accounts", "a%00b", "..%2Fx", "inspections.csv"])
def test_only_tables_of_the_folder_are_exported(api: TestClient, data: Headers, table: str) -> None:
    assert api.get(f"/api/v1/exports/{table}.csv", headers=data).status_code in {404, 422}


def test_employees_read_neither(api: TestClient, signed_in: Callable[[str], Headers]) -> None:
    employee = signed_in("employee")
    for address in ("counts", "exports/employees.csv"):
        assert api.get(f"/api/v1/{address}", headers=employee).status_code == 403

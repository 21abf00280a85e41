"""The inspection binder: everything about one subject, self-contained, and put on record."""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.tables import AuditEvent
from service.errors import Conflict
from service.exchange.binder import bind, into_folder
from service.exchange.schemas import BinderAsked
from tests.service.conftest import Put

Headers = Callable[[str], dict[str, str]]
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def plant(record: Put) -> Put:
    """Two people's training and work on two batches, one made of the other, with an inspection that was corrected."""
    site = record
    site("departments", {"code": "CELL", "name": "Cell", "function": "operations"})
    site("employees", {"code": "007", "name": "Li"}, {"code": "008", "name": "Wu"})
    site("standards", {"code": "STD", "title": "Soldering"})
    site("standard_versions", {"standard_code": "STD", "version": "1", "effective_at": NOW - 90 * DAY})
    site("processes", {"code": "P1", "name": "Solder", "department_code": "CELL"})
    site("process_versions", {
        "process_code": "P1", "version": "A", "effective_at": NOW - 90 * DAY, "standards": ["STD@1"]
    })
    site("courses", {"code": "C1", "title": "Soldering course"})
    site("course_covers", {"course_code": "C1", "standard_code": "STD", "process_code": "P1"})
    site("requirements", {"process_code": "P1", "kind": "course", "course_code": "C1"})
    for number, code in enumerate(("007", "008")):
        site("training_records", {
            "code": f"T-{code}", "employee_code": code, "course_code": "C1", "result": "passed",
            "completed_at": NOW - 30 * DAY, "standard_version": "1",
        })
        site("batches", {"code": f"B{number}", "process_code": "P1", "started_at": NOW - 5 * DAY})
        site("work_records", {
            "code": f"W{number}", "batch_code": f"B{number}", "process_code": "P1", "process_version": "A",
            "employee_code": code, "started_at": NOW - 5 * DAY, "self_check": "pass",
        })
    site("batch_inputs", {"batch_code": "B1", "input_code": "B0"})
    site("inspections", {"code": "I1", "kind": "final", "batch_code": "B1", "performed_at": NOW - 4 * DAY,
                         "result": "pass"})
    site("inspections", {"code": "I1", "result": "fail"}, reason="misread")
    site("findings", {"inspection_code": "I1", "severity": "minor", "text": "<b>bold</b> & 划痕"})
    return site


@pytest.fixture
def opened(api: TestClient, signed_in: Headers) -> Callable[..., dict[str, bytes]]:
    """The files of a binder."""
    headers = signed_in("quality")

    def files(**asked: str) -> dict[str, bytes]:
        answer = api.get("/api/v1/binder.zip", params={"reason": "authority visits"} | asked, headers=headers)
        assert answer.status_code == 200, answer.text
        with ZipFile(io.BytesIO(answer.content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    return files


def _codes(files: dict[str, bytes], table: str) -> list[str]:
    """The records in a file, each once however many revisions it has."""
    return sorted({row["code"] for row in csv.DictReader(io.StringIO(files[f"{table}.csv"].decode()))})


def test_a_batch(plant: Put, opened: Callable[..., dict[str, bytes]]) -> None:
    files = opened(batch_code="B1")
    assert _codes(files, "work_records") == ["W1"]
    assert _codes(files, "batches") == ["B0", "B1"]
    assert _codes(files, "inspections") == ["I1"]
    assert _codes(files, "training_records") == ["T-008"]
    assert _codes(files, "employees") == ["008"]
    told = json.loads(files["binder.json"])
    assert told["trace"]["code"] == "B1"
    assert [row["revision"] for row in told["tables"]["inspections"]] == [1, 2, 3]
    assert all(row["recorded_at"] for row in told["tables"]["work_records"])


def test_its_page_needs_nothing_and_lets_nothing_through(plant: Put, opened: Callable[..., dict[str, bytes]]) -> None:
    page = opened(batch_code="B1")["index.html"].decode()
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; 划痕" in page
    assert "<b>bold" not in page
    assert "http" not in page
    assert "authority visits" in page


def test_its_checksums_hold(plant: Put, opened: Callable[..., dict[str, bytes]]) -> None:
    files = opened(employee_code="008")
    lines = files.pop("SHA256SUMS").decode().splitlines()
    assert dict(line.split("  ")[::-1] for line in lines) == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }


def test_a_person_a_course_and_a_time(plant: Put, opened: Callable[..., dict[str, bytes]]) -> None:
    person = opened(employee_code="007")
    assert (_codes(person, "employees"), _codes(person, "work_records")) == (["007"], ["W0"])
    course = opened(course_code="C1")
    assert _codes(course, "training_records") == ["T-007", "T-008"]
    assert "work_records.csv" not in course
    lately = opened(since=(NOW - 4.5 * DAY).isoformat(), until=NOW.isoformat())
    assert _codes(lately, "inspections") == ["I1"]
    assert "work_records.csv" not in lately


@pytest.mark.parametrize("asked", [
    {}, {"employee_code": "007", "batch_code": "B1"}, {"since": NOW.isoformat()},
    {"since": NOW.isoformat(), "until": NOW.isoformat()},
])
def test_one_subject_is_named(api: TestClient, plant: Put, signed_in: Headers, asked: dict[str, str]) -> None:
    answer = api.get("/api/v1/binder.zip", params={"reason": "why"} | asked, headers=signed_in("quality"))
    assert answer.status_code == 422


def test_unknown_codes_and_a_missing_reason(api: TestClient, plant: Put, signed_in: Headers) -> None:
    headers = signed_in("quality")
    for asked in ({"employee_code": "NO"}, {"batch_code": "NO"}, {"course_code": "NO"}):
        assert api.get("/api/v1/binder.zip", params=asked | {"reason": "why"}, headers=headers).status_code == 404
    assert api.get("/api/v1/binder.zip", params={"batch_code": "B1"}, headers=headers).status_code == 422


def test_that_it_was_made_and_why_is_on_record(
    plant: Put, opened: Callable[..., dict[str, bytes]], session: Session
) -> None:
    opened(batch_code="B1")
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "export")).one()
    assert (event.table_name, event.code, event.reason) == ("binder", "B1", "authority visits")
    told: Any = event.new
    assert told["work_records"] == 1


def test_it_is_written_into_a_folder_or_not_at_all(plant: Put, session: Session, tmp_path: Path) -> None:
    binder = bind(session, BinderAsked(batch_code="B1", reason="visit"), "command line")
    target = tmp_path / "binder"
    into_folder(session, binder, target)
    assert (target / "index.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(Conflict):
        into_folder(session, binder, target)

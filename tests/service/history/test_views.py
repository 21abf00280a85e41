"""How records become events."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from features.history import TABLES
from service.difficulties.tables import ReportProcess
from service.history.snapshot import known_keys
from service.history.views import views
from service.processes.tables import Process
from service.records.merge import Outcome

Put = Callable[..., Outcome]
Read = Callable[[str], list[dict[str, Any]]]


def moment(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, tzinfo=UTC)


@pytest.fixture
def events(session: Session) -> Read:
    """The rows of an event table, in the order known."""

    def read(name: str, zone: str = "UTC") -> list[dict[str, Any]]:
        rows = session.execute(views(known_keys(session), zone)[name]).mappings()
        return sorted((dict(row) for row in rows), key=lambda row: row.get("known_at") or datetime.min)  # noqa: DTZ901

    return read


def _days(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """The chosen columns, moments by their day in January."""
    return [tuple(v.day if isinstance(v := row[name], datetime) else v for name in names) for row in rows]


def test_every_event_table_has_the_columns_of_the_contract(site: Put, events: Read) -> None:
    site("inspections", {"code": "I", "kind": "patrol", "attributes": {"humidity": 4}})
    queries = views({"inspections": ["humidity"]}, "UTC")
    assert set(queries) == set(TABLES)
    for name, columns in TABLES.items():
        assert set(columns) <= set(queries[name].selected_columns.keys()), name
    assert events("inspections")[0]["attr_humidity_num"] == 4


def test_each_revision_is_an_event_until_the_next_became_known(site: Put, events: Read) -> None:
    order = {"code": "I", "kind": "patrol", "employee_code": "007", "process_code": "P1", "known_at": moment(2)}
    site("inspections", order)
    together = datetime(2026, 2, 1, tzinfo=UTC)
    done = order | {"performed_at": moment(5), "result": "fail", "known_at": moment(6)}
    site("inspections", done, at=together)
    site("findings", {"inspection_code": "I", "severity": "major", "count": 3, "known_at": moment(6)}, at=together)
    assert _days(events("inspections"), "known_at", "superseded_at", "occurred_at", "failed", "major") == [
        (2, 6, None, None, 0),
        (6, None, 5, 1, 3),
    ]


def test_findings_are_told_by_clause_until_another_set_was_known(site: Put, events: Read) -> None:
    done = {"code": "I", "kind": "patrol", "department_code": "D1", "performed_at": moment(5), "result": "fail",
            "known_at": moment(6)}  # fmt: skip
    site("departments", {"code": "D1", "name": "D", "function": "operations"})
    together = datetime(2026, 2, 1, tzinfo=UTC)
    site("inspections", done, at=together)
    found = {"inspection_code": "I", "known_at": moment(6)}
    told = (("major", "4.1", 3), ("minor", "4.1", 1), ("critical", "9", 1), ("minor", None, 1))
    sets = [found | dict(zip(("severity", "clause", "count"), each, strict=True)) for each in told]
    site("findings", *sets, at=together)
    rows = sorted(_days(events("findings"), "department_code", "clause", "critical", "major", "minor", "failed"))
    assert rows == [("D1", "4.1", 0, 3, 1, 1), ("D1", "9", 1, 0, 0, 1)]
    assert _days(events("inspections"), "critical", "major", "minor") == [(1, 3, 2)]
    site("findings", {"inspection_code": "I", "severity": "minor", "clause": "5"}, reason="read again")
    rows = {row["clause"]: row for row in events("findings")}
    assert sorted(rows) == ["4.1", "5", "9"]
    assert rows["4.1"]["superseded_at"] == rows["9"]["superseded_at"] == rows["5"]["known_at"]
    assert rows["5"]["superseded_at"] is None


def test_an_inspection_of_work_follows_whoever_is_known_to_have_done_it(site: Put, events: Read) -> None:
    work = {"code": "W", "process_code": "P1", "employee_code": "007", "started_at": moment(1), "self_check": "pass"}
    site("work_records", work | {"known_at": moment(1, 1)})
    site("inspections", {"code": "I", "kind": "final", "work_code": "W", "performed_at": moment(3), "result": "fail",
                         "known_at": moment(3)})
    site("work_records", work | {"employee_code": "008", "known_at": moment(9)}, reason="wrong badge")
    assert _days(events("inspections"), "employee_code", "process_code", "known_at", "superseded_at") == [
        ("007", "P1", 3, 9),
        ("008", "P1", 9, None),
    ]


def test_work_recorded_after_its_inspection_still_names_the_person(site: Put, events: Read) -> None:
    work = {"code": "W", "process_code": "P1", "employee_code": "007", "started_at": moment(1), "self_check": "pass"}
    site("work_records", work | {"known_at": moment(8)})
    site("inspections", {"code": "I", "kind": "final", "work_code": "W", "performed_at": moment(3), "result": "pass",
                         "known_at": moment(3)})
    assert _days(events("inspections"), "employee_code", "known_at", "failed") == [("007", 3, 0)]


def test_a_team_s_failure_is_never_one_person_s(site: Put, events: Read) -> None:
    for number in (1, 2):
        work = {"code": f"W{number}", "process_code": "P1", "employee_code": "007", "started_at": moment(1)}
        site("work_records", work | {"self_check": "pass", "known_at": moment(1)})
    site("work_participants", {"work_code": "W1", "employee_code": "008", "role": "nurse", "known_at": moment(2)})
    seen = {"kind": "final", "performed_at": moment(3), "result": "fail", "known_at": moment(3)}
    site("inspections", seen | {"code": "I1", "work_code": "W1"}, seen | {"code": "I2", "work_code": "W2"})
    rows = sorted(_days(events("inspections"), "inspection_code", "employee_code", "process_code"))
    assert rows == [("I1", None, "P1"), ("I2", "007", "P1")]


def test_that_a_process_follows_a_standard_is_not_known_before_its_version_was(site: Put, events: Read) -> None:
    site("standards", {"code": "NEW", "title": "New"})
    site("standard_versions", {"standard_code": "NEW", "version": "1", "effective_at": moment(1)})
    site("courses", {"code": "C3", "title": "The new one"})
    site("course_covers", {"course_code": "C3", "standard_code": "NEW"})
    site("training_records", {"code": "T3", "employee_code": "007", "course_code": "C3", "completed_at": moment(2),
                              "result": "passed"})
    later = {"process_code": "P1", "version": "B", "effective_at": moment(9), "standards": ["NEW@1"]}
    site("process_versions", later)
    changes = _days(events("standard_changes"), "standard_code", "known_at")
    assert sorted(changes) == [("NEW", 9), ("STD", 1)]
    assert _days(events("retraining"), "course_code", "occurred_at", "known_at") == [("C3", 2, 9)]


def test_what_each_process_version_names(site: Put, events: Read) -> None:
    coming = {"standard_code": "STD", "version": "2", "effective_at": moment(20), "known_at": moment(3)}
    site("standard_versions", coming)
    site("process_versions", {"process_code": "P1", "version": "B", "effective_at": moment(9), "standards": ["STD@2"],
                              "known_at": moment(2)})  # fmt: skip
    rows = _days(events("process_standards"), "version", "standard_code", "standard_version", "known_at")
    assert ("B", "STD", "2", 3) in rows
    assert {row[:3] for row in rows} == {("A", "STD", "1"), ("B", "STD", "2")}


def test_a_course_concerns_the_processes_that_follow_its_standard(site: Put, events: Read) -> None:
    site("courses", {"code": "C2", "title": "The standard"})
    site("course_covers", {"course_code": "C2", "standard_code": "STD"})
    for number, course in enumerate(("C1", "C2")):
        site("training_records", {"code": f"T{number}", "employee_code": "007", "course_code": course,
                                  "completed_at": moment(4), "result": "passed"})
    found = _days(events("retraining"), "course_code", "process_code", "occurred_at")
    assert sorted(found) == [("C1", "P1", 4), ("C2", "P1", 4)]


def test_a_standard_change_reaches_the_processes_that_follow_it(site: Put, events: Read) -> None:
    coming = {"standard_code": "STD", "version": "2", "effective_at": moment(20), "known_at": moment(3)}
    site("standard_versions", coming)
    found = _days(events("standard_changes"), "process_code", "version", "occurred_at", "known_at")
    assert sorted(found) == [("P1", "1", 1, 1), ("P1", "2", 20, 3)]


@pytest.mark.parametrize(("zone", "night"), [("Asia/Shanghai", 1), ("UTC", 0)])
def test_a_night_is_a_night_by_the_sites_own_clock(site: Put, events: Read, zone: str, night: int) -> None:
    site("shifts", {"employee_code": "007", "starts_at": moment(1, 14), "ends_at": moment(1, 22)})
    assert [row["night"] for row in events("shifts", zone)] == [night]  # type: ignore[call-arg]


def test_inputs_in_force_until_another_set_was_known(site: Put, events: Read) -> None:
    site("batches", *({"code": code, "started_at": moment(1), "known_at": moment(1)} for code in ("A", "B", "L")))
    site("batch_inputs", {"batch_code": "L", "input_code": "A"})
    site("batch_inputs", {"batch_code": "L", "input_code": "B"}, reason="wrong drum")
    rows = events("batch_inputs")
    assert [row["input_code"] for row in rows] == ["A", "B"]
    assert rows[0]["superseded_at"] == rows[1]["known_at"]
    assert rows[1]["superseded_at"] is None


def test_attributes_are_typed_columns(site: Put, events: Read) -> None:
    site("departments", {"code": "D1", "name": "D", "function": "quality", "attributes": {"size": 4.5, "zone": "07"}})
    row = next(row for row in events("departments") if row["department_code"] == "D1")
    assert (row["attr_size_num"], row["attr_size_text"]) == (4.5, None)
    assert (row["attr_zone_num"], row["attr_zone_text"]) == (None, "07")


def test_a_report_counts_for_the_process_its_text_told_from_when_that_was_found(
    site: Put, session: Session, events: Read
) -> None:
    site("departments", {"code": "D1", "name": "D", "function": "operations"})
    site("processes", *({"code": code, "name": code} for code in ("P1", "P2")))
    report = {"department_code": "D1", "occurred_at": moment(1), "text": "it sticks", "severity": 4}
    site("difficulty_reports", {"code": "R", "known_at": moment(2), **report})
    site("difficulty_reports", {"code": "N", "known_at": moment(2), "process_code": "P1", **report})
    ids = dict(session.execute(select(Process.code, Process.id)).all())
    for day, code, how in ((5, "P1", "matched"), (9, "P2", "confirmed")):
        session.add(ReportProcess(report_code="R", process_id=ids[code], how=how, known_at=moment(day)))
        session.flush()
    found = [row for row in events("difficulties") if row["report_code"] == "R"]
    assert _days(found, "department_code", "process_code", "known_at", "superseded_at", "severity") == [
        ("D1", None, 2, None, 4), (None, "P1", 5, 9, 4), (None, "P2", 9, None, 4),
    ]  # fmt: skip
    named = [row for row in events("difficulties") if row["report_code"] == "N"]
    assert _days(named, "department_code", "process_code", "known_at") == [("D1", "P1", 2)]

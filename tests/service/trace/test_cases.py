"""The cases that must come out right, each built from records alone."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.duties.creating import create
from service.duties.tables import Duty, Obligation
from service.errors import Conflict, Invalid, NotFound
from service.people.tables import Department
from service.trace.actions import trace
from service.trace.schemas import CauseRead, Trace, TraceAsked
from tests.service.conftest import Put

DAY = timedelta(days=1)
START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def on(day: int, hour: int = 0) -> datetime:
    """A moment so many days after the start."""
    return START + timedelta(days=day, hours=hour)


@pytest.fixture
def plant(record: Put) -> Put:
    """A line, its quality and people departments, and a filling process with its standard and course."""
    for code, function in (("LINE", "operations"), ("QA", "quality"), ("HR", "people")):
        record("departments", {"code": code, "name": code, "function": function})
    record("employees", *({"code": code, "name": f"N-{code}"} for code in ("E1", "E2", "E3")))
    record("standards", {"code": "STD", "title": "Filling"})
    record("standard_versions", {"standard_code": "STD", "version": "1", "effective_at": on(-300)})
    record("processes", {"code": "FILL", "name": "Filling", "department_code": "LINE"})
    record("process_versions",
           {"process_code": "FILL", "version": "A", "effective_at": on(-300), "standards": ["STD@1"]})
    record("courses", {"code": "C-FILL", "title": "Filling"})
    record("course_covers", {"course_code": "C-FILL", "standard_code": "STD", "process_code": "FILL"})
    record("requirements", {"process_code": "FILL", "kind": "course", "course_code": "C-FILL"})
    return record


def passed(plant: Put, employee: str, at: datetime, version: str = "1", **more: object) -> None:
    """A passed course."""
    plant("training_records", {
        "code": f"T-{employee}-{at:%m%d}", "employee_code": employee, "course_code": "C-FILL", "result": "passed",
        "completed_at": at, "standard_version": version, **more,
    })


def worked(plant: Put, code: str, employee: str, at: datetime, batch: str | None = None, **more: object) -> None:
    """A piece of work, on a batch of its own unless told."""
    batch = batch or f"B-{code}"
    plant("batches", {"code": batch, "process_code": "FILL", "started_at": at})
    plant("work_records", {
        "code": code, "batch_code": batch, "process_code": "FILL", "process_version": "A", "employee_code": employee,
        "started_at": at, "finished_at": at + timedelta(hours=1), "self_check": "pass", **more,
    })


def inspected(plant: Put, code: str, result: str, at: datetime, **what: object) -> None:
    """An inspection that was done."""
    plant("inspections", {"code": code, "kind": "final", "performed_at": at, "result": result, **what})


@pytest.fixture
def traced(session: Session) -> Callable[..., Trace]:
    """Traces one subject."""

    def found(**asked: Any) -> Trace:
        return trace(session, TraceAsked(**asked))

    return found


def cause(found: Trace, name: str) -> CauseRead:
    """What a trace says of one cause."""
    return next(each for each in found.verdict if each.cause == name)


def test_capsules(plant: Put, traced: Callable[..., Trace]) -> None:
    plant("standard_versions", {"standard_code": "STD", "version": "2", "effective_at": on(-40)})
    plant("process_versions",
          {"process_code": "FILL", "version": "B", "effective_at": on(-40), "standards": ["STD@2"]})
    for number in range(4):
        worked(plant, f"W{number}", "E1", on(-10 + number), process_version="B")
    worked(plant, "OLD", "E1", on(-60))
    found = traced(batch_code="B-W3")
    assert set(found.causes) == {"training_not_completed", "unqualified_on_post", "inspection_missed"}
    assert found.departments == ["HR", "LINE", "QA"]
    exposed = next(each for each in found.exposure if each.cause == "unqualified_on_post")
    assert (exposed.since, exposed.batches) == (on(-40), ["B-W0", "B-W1", "B-W2"])
    assert "work_records/W3" in cause(found, "unqualified_on_post").speaks_for[0].records


def test_raw_material(plant: Put, traced: Callable[..., Trace]) -> None:
    passed(plant, "E1", on(-100))
    plant("standard_versions", {"standard_code": "STD", "version": "2", "effective_at": on(-50)})
    worked(plant, "W", "E1", on(0))
    inspected(plant, "I", "fail", on(1), batch_code="B-W")
    found = traced(batch_code="B-W")
    assert found.causes == ["standard_not_synced"]
    assert found.departments == ["LINE"]
    against = cause(found, "training_not_covered")
    assert (against.status, against.against[0].records) == ("ruled_out", ["requirements/FILL@@course@C-FILL@@"])
    assert cause(found, "training_not_completed").against[0].records == ["training_records/T-E1-1122"]


def test_soldering(plant: Put, traced: Callable[..., Trace]) -> None:
    passed(plant, "E1", on(-100))
    worked(plant, "W", "E1", on(0), self_check="missing")
    plant("inspections", {"code": "DUE", "kind": "final", "batch_code": "B-W", "due_at": on(1)})
    found = traced(batch_code="B-W")
    assert found.causes == ["process_not_followed", "inspection_missed"]
    assert cause(found, "inspection_missed").speaks_for[0].records == ["inspections/DUE"]


def test_surgery(plant: Put, traced: Callable[..., Trace]) -> None:
    for employee in ("E1", "E2", "E3"):
        passed(plant, employee, on(-100))
    worked(plant, "OP", "E1", on(0), batch="CASE")
    plant("work_participants", {"work_code": "OP", "employee_code": "E2", "role": "anaesthetist"},
          {"work_code": "OP", "employee_code": "E3", "role": "nurse"})
    for number in range(8):
        plant("inspections", {
            "code": f"A{number}", "kind": "audit", "process_code": "FILL", "department_code": "LINE",
            "performed_at": on(-9 + number), "result": "pass" if number < 2 else "fail",
        })
    inspected(plant, "I", "pass", on(0, 3), batch_code="CASE")
    plant("issues", {"code": "IS", "kind": "audit_finding", "department_code": "LINE", "process_code": "FILL",
                     "occurred_at": on(0, 5), "severity": "major", "text": "checklist not said aloud"})
    found = traced(issue_code="IS")
    assert found.causes == ["training_ineffective"]
    assert found.not_examined == ["equipment", "environment", "measurement", "staffing"]
    assert cause(found, "training_ineffective").speaks_for[0].records[0].startswith("inspections/A")
    assert len(cause(found, "unqualified_on_post").against) == 3


def test_front_desk(plant: Put, traced: Callable[..., Trace]) -> None:
    plant("standards", {"code": "CHECKIN", "title": "Check-in"})
    plant("standard_versions", {"standard_code": "CHECKIN", "version": "1", "effective_at": on(-20)})
    plant("processes", {"code": "DESK", "name": "Check-in", "department_code": "LINE"})
    plant("process_versions",
          {"process_code": "DESK", "version": "A", "effective_at": on(-20), "standards": ["CHECKIN@1"]})
    worked(plant, "W", "E1", on(0), batch="STAY", process_code="DESK")
    inspected(plant, "I", "pass", on(0, 2), batch_code="STAY")
    plant("issues", {"code": "C1", "kind": "complaint", "batch_code": "STAY", "occurred_at": on(1),
                     "severity": "minor", "text": "waited an hour"})
    found = traced(issue_code="C1")
    assert (found.causes, found.departments) == (["training_not_covered"], ["HR"])


def test_an_input_failed_upstream(plant: Put, traced: Callable[..., Trace]) -> None:
    passed(plant, "E1", on(-100))
    for code in ("LOT", "MID", "OTHER"):
        plant("batches", {"code": code, "started_at": on(-5)})
    worked(plant, "W", "E1", on(0))
    plant("batch_inputs", {"batch_code": "B-W", "input_code": "MID"})
    plant("batch_inputs", {"batch_code": "MID", "input_code": "LOT"})
    plant("batch_inputs", {"batch_code": "OTHER", "input_code": "LOT"})
    inspected(plant, "BAD", "fail", on(-4), batch_code="LOT", kind="incoming")
    inspected(plant, "I", "fail", on(1), batch_code="B-W")
    found = traced(batch_code="B-W")
    assert found.causes == ["input_batch"]
    assert cause(found, "input_batch").speaks_for[0].records == ["batches/LOT", "inspections/BAD"]
    assert sorted(found.exposure[0].batches) == ["MID", "OTHER"]
    assert [each.code for each in found.genealogy.where_from] == ["MID", "LOT"]


def test_a_late_record_changes_the_answer_and_both_can_be_had(plant: Put, traced: Callable[..., Trace]) -> None:
    worked(plant, "W", "E1", on(0), known_at=on(0, 2))
    inspected(plant, "I", "fail", on(1), batch_code="B-W")
    passed(plant, "E1", on(-10), known_at=on(8))
    yesterday, today = traced(batch_code="B-W", known_at=on(5)), traced(batch_code="B-W")
    assert yesterday.causes == ["training_not_completed", "unqualified_on_post"]
    assert today.causes == ["undetermined"]
    assert [line.late for line in today.timeline if line.kind == "training"] == [True]


def test_a_corrected_record_counts_from_when_the_correction_is_known(
    plant: Put, traced: Callable[..., Trace]
) -> None:
    passed(plant, "E1", on(-10))
    worked(plant, "W", "E1", on(0), known_at=on(0, 2))
    inspected(plant, "I", "fail", on(1), batch_code="B-W")
    plant("work_records", {"code": "W", "employee_code": "E2", "known_at": on(6)}, reason="wrong badge scanned")
    assert traced(batch_code="B-W", known_at=on(5)).causes == ["undetermined"]
    assert traced(batch_code="B-W").causes == ["training_not_completed", "unqualified_on_post"]


def test_a_person_who_moved_departments_is_judged_where_they_worked(
    plant: Put, traced: Callable[..., Trace]
) -> None:
    plant("departments", {"code": "NEXT", "name": "Next", "function": "operations"})
    plant("assignments", {"employee_code": "E1", "department_code": "LINE", "from_date": on(-90).date(),
                          "to_date": on(5).date()},
          {"employee_code": "E1", "department_code": "NEXT", "from_date": on(6).date()})
    worked(plant, "W", "E1", on(0))
    inspected(plant, "I", "fail", on(1), batch_code="B-W")
    assert traced(batch_code="B-W").departments == ["HR", "LINE"]


def test_two_causes_at_once(plant: Put, traced: Callable[..., Trace]) -> None:
    passed(plant, "E1", on(-100))
    plant("standard_versions", {"standard_code": "STD", "version": "2", "effective_at": on(-50)})
    worked(plant, "W", "E1", on(0), self_check="fail")
    inspected(plant, "I", "fail", on(1), batch_code="B-W")
    assert traced(batch_code="B-W").causes == ["standard_not_synced", "process_not_followed"]


def owes(session: Session, department: str, deliverable: str, month: date) -> Obligation:
    """What a department owed in a month, due on the 5th."""
    place = session.scalars(select(Department.id).where(Department.code == department)).one()
    duty = Duty(
        code=f"{deliverable}/{department}", title=deliverable, department_id=place, deliverable=deliverable,
        cadence="FREQ=MONTHLY;BYMONTHDAY=1", start_on=date(2026, 1, 1), due_days=4, remind_days=1, escalate_days=1,
        role="quality", valid_from=date(2026, 1, 1),
    )
    session.add(duty)
    session.flush()
    create(session, month, [duty.id])
    return session.scalars(select(Obligation).where(Obligation.duty_id == duty.id)).one()


def test_a_missed_review_answers_for_a_standard_that_was_not_followed(
    plant: Put, traced: Callable[..., Trace], session: Session
) -> None:
    passed(plant, "E1", on(-100))
    plant("standard_versions", {"standard_code": "STD", "version": "2", "effective_at": on(-50)})
    worked(plant, "W", "E1", on(0))
    before = traced(batch_code="B-W").verdict
    owes(session, "QA", "standard_review", date(2026, 3, 1))  # due after the work
    assert traced(batch_code="B-W").verdict == before
    owed = owes(session, "QA", "process_review", date(2026, 2, 1))
    found = traced(batch_code="B-W")
    cause = next(each for each in found.verdict if each.cause == "standard_not_synced")
    assert f"obligations/{owed.code}" in {record for said in cause.speaks_for for record in said.records}
    assert cause.departments == ["LINE", "QA"]
    assert "QA owed this and missed it: process_review, due on 2026-02-05." in {said.en for said in cause.speaks_for}
    owed.settled_at = on(-20)  # made up for in time to help
    session.flush()
    assert traced(batch_code="B-W").verdict == before


def test_what_nobody_inspected_while_inspections_were_missed(
    plant: Put, traced: Callable[..., Trace], session: Session
) -> None:
    passed(plant, "E1", on(-100))
    for number in range(1, 4):
        worked(plant, f"O{number}", "E1", on(-number))
    inspected(plant, "I-OLD", "pass", on(-1), batch_code="B-O1")
    worked(plant, "W", "E1", on(0))
    assert "inspection_missed" not in traced(batch_code="B-W", known_at=on(1)).causes
    owes(session, "QA", "inspection", date(2026, 2, 1))
    assert "inspection_missed" in traced(batch_code="B-W", known_at=on(1)).causes


def test_nothing_found_is_undetermined(plant: Put, traced: Callable[..., Trace]) -> None:
    passed(plant, "E1", on(-100))
    worked(plant, "W", "E1", on(0))
    inspected(plant, "I", "fail", on(1), batch_code="B-W")
    found = traced(batch_code="B-W")
    assert (found.causes, found.departments, found.exposure) == (["undetermined"], [], [])
    assert all(each.against for each in found.verdict if each.status == "ruled_out")


def test_every_statement_points_at_records(plant: Put, traced: Callable[..., Trace]) -> None:
    worked(plant, "W", "E1", on(0), self_check="missing")
    for each in traced(batch_code="B-W").verdict:
        assert all(said.records for said in each.speaks_for)


def test_a_person_a_unit_and_names(plant: Put, traced: Callable[..., Trace]) -> None:
    worked(plant, "W", "E1", on(0))
    assert "unqualified_on_post" in traced(employee_code="N-E1", known_at=on(3)).causes
    assert "unqualified_on_post" in traced(unit_code="LINE", known_at=on(3)).causes
    assert traced(batch_code="B-W").names == {}
    assert traced(batch_code="B-W", names_reason="to speak with them").names == {"E1": "N-E1"}


def test_what_cannot_be_traced(plant: Put, traced: Callable[..., Trace]) -> None:
    plant("employees", {"code": "E9", "name": "N-E1"})
    with pytest.raises(Conflict, match="2 people bear the name 'N-E1': E1, E9"):
        traced(employee_code="N-E1")
    for asked in ({"batch_code": "x"}, {"employee_code": "x"}, {"unit_code": "x"}, {"issue_code": "x"}):
        with pytest.raises(NotFound):
            traced(**asked)
    with pytest.raises(Invalid, match="exactly one"):
        traced(batch_code="x", unit_code="y")

"""What a trace tells beside its verdict: the timeline, sentences said once, and answers as they would have been."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from service.trace.actions import trace
from service.trace.schemas import Trace, TraceAsked
from service.trace.text import lines
from tests.service.conftest import Put

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = datetime.now(UTC)


@pytest.fixture
def works(site: Put) -> Callable[..., None]:
    """Records a piece of work on a batch of its own."""

    def worked(code: str, at: datetime, employee: str = "007", **more: object) -> None:
        batch = f"B-{code}"
        site("batches", {"code": batch, "process_code": "P1", "started_at": at})
        site("work_records", {
            "code": code, "batch_code": batch, "process_code": "P1", "process_version": "A",
            "employee_code": employee, "started_at": at, "self_check": "pass", **more,
        })

    return worked


@pytest.fixture
def traced(session: Session) -> Callable[..., Trace]:
    """Traces one subject."""
    return lambda **asked: trace(session, TraceAsked(**asked))


def told(found: Trace, kind: str) -> list[str]:
    return [line.text.en for line in found.timeline if line.kind == kind]


def trained(site: Put, code: str, completed: datetime, known: datetime, employee: str = "008") -> None:
    site("training_records", {
        "code": code, "employee_code": employee, "course_code": "C1", "result": "passed", "standard_version": "1",
        "completed_at": completed, "known_at": known,
    })


def test_every_check_before_the_work_is_told_whether_it_was_passed_or_not(
    site: Put, ask: Callable[..., Any], traced: Callable[..., Trace]
) -> None:
    trained(site, "T", NOW - 30 * DAY, NOW - 30 * DAY)
    ask("PUT", "/gates/P1", json={"mode": "block", "reason": "agreed"})
    site("batches", {"code": "B", "process_code": "P1", "started_at": NOW})
    who = {"process_code": "P1", "batch_code": "B"}
    for employee, more, status in (
        ("007", {}, 409), ("008", {"code": "W"}, 201), ("007", {"code": "E", "emergency": True, "reason": "fire"}, 201),
    ):
        started = ask("POST", "/work-starts", "operations", json={"employee_code": employee, **who, **more})
        assert started.status_code == status, started.text
    found = traced(batch_code="B")
    assert told(found, "gate_check") == [
        "Gate check of 007 for P1: not trained, held back", "Gate check of 008 for P1: qualified",
        "Emergency start of 007 for P1: not trained",
    ]
    assert told(found, "flag") == ["Flagged: an emergency start (not trained)"]
    before = traced(batch_code="B", known_at=NOW)
    assert (told(before, "gate_check"), told(before, "flag")) == ([], [])


def test_issues_are_told_where_they_happened(
    site: Put, works: Callable[..., None], traced: Callable[..., Trace]
) -> None:
    works("W", NOW - 2 * DAY)
    works("OTHER", NOW - 2 * DAY)
    concerned = {"Q1": {"batch_code": "B-W"}, "Q2": {"process_code": "P1"}, "Q3": {"batch_code": "B-OTHER"}}
    for code, what in concerned.items():
        site("issues", {"code": code, "kind": "complaint", "occurred_at": NOW - DAY, "severity": "minor",
                        "text": f"cold joint {code}", **what})
    assert told(traced(batch_code="B-W"), "issue") == ["Issue, severity minor: cold joint Q1"]
    assert told(traced(issue_code="Q2"), "issue") == ["Issue, severity minor: cold joint Q2"]


def test_only_training_that_came_before_the_work_and_was_recorded_after_it_is_marked(
    site: Put, works: Callable[..., None], traced: Callable[..., Trace]
) -> None:
    works("W", NOW - 10 * DAY, "008")
    trained(site, "IN-TIME", NOW - 20 * DAY, NOW - 19 * DAY)
    trained(site, "LATE", NOW - 11 * DAY, NOW - 9 * DAY)
    trained(site, "AFTER", NOW - 5 * DAY, NOW - 5 * DAY)
    found = traced(batch_code="B-W")
    assert {line.record: line.late for line in found.timeline if line.kind == "training"} == {
        "training_records/IN-TIME": False, "training_records/LATE": True, "training_records/AFTER": False,
    }


def test_versions_that_had_gone_before_the_work_are_left_out(
    site: Put, works: Callable[..., None], traced: Callable[..., Trace]
) -> None:
    for number, days in (("2", 60), ("3", 20), ("4", 5)):
        site("standard_versions", {"standard_code": "STD", "version": number, "effective_at": NOW - days * DAY})
    works("W", NOW - 10 * DAY)
    assert told(traced(batch_code="B-W"), "standard_version") == [
        "STD version 3 takes effect", "STD version 4 takes effect"
    ]


def test_what_many_records_say_is_said_once(works: Callable[..., None], traced: Callable[..., Trace]) -> None:
    for number in range(8):
        works(f"W{number}", NOW - (9 - number) * HOUR, self_check="missing")
    found = traced(unit_code="CELL")
    (said,) = next(each.speaks_for for each in found.verdict if each.cause == "process_not_followed")
    assert len(said.records) == 8
    (line,) = [line for line in lines(found) if "self-check was not done" in line]
    assert line.endswith("and 2 more")


def test_what_was_not_known_yet_is_no_habit(
    site: Put, works: Callable[..., None], traced: Callable[..., Trace]
) -> None:
    for code in ("OLD", "W"):
        works(code, NOW - (20 if code == "OLD" else 10) * DAY)
    site("inspections", {"code": "I", "kind": "final", "batch_code": "B-OLD", "performed_at": NOW - 19 * DAY,
                         "result": "pass", "known_at": NOW - DAY})

    def missed(found: Trace) -> str:
        (said,) = next(each.speaks_for for each in found.verdict if each.cause == "inspection_missed")
        return said.en

    def touched(found: Trace) -> list[str]:
        return next(each.batches for each in found.exposure if each.cause == "inspection_missed")

    then, today = traced(batch_code="B-W", known_at=NOW - 2 * DAY), traced(batch_code="B-W")
    assert "nor of the process" in missed(then)
    assert "1 of 1 batches before it were" in missed(today)
    assert (touched(then), touched(today)) == (["B-OLD"], [])


def test_a_unit_is_traced_with_all_below_it(works: Callable[..., None], traced: Callable[..., Trace]) -> None:
    works("W", NOW - DAY)
    assert traced(unit_code="CELL").works == ["W"]
    assert traced(unit_code="LINE").works == ["W"]


def test_a_person_is_traced_through_what_they_took_part_in(
    site: Put, works: Callable[..., None], traced: Callable[..., Trace]
) -> None:
    for code in ("W", "OTHER"):
        works(code, NOW - DAY, "007")
    works("OWN", NOW - 2 * DAY, "008")
    works("LONG-AGO", NOW - 300 * DAY, "008")
    site("work_participants", {"work_code": "W", "employee_code": "008", "role": "nurse"})
    assert sorted(traced(employee_code="008").works) == ["OWN", "W"]


def test_work_that_names_no_post_is_not_said_to_lack_what_a_post_requires(
    site: Put, works: Callable[..., None], traced: Callable[..., Trace]
) -> None:
    site("posts", {"code": "BENCH", "name": "Bench", "department_code": "CELL"})
    site("standards", {"code": "GMP", "title": "Good practice"})
    site("standard_versions", {"standard_code": "GMP", "version": "1", "effective_at": NOW - 90 * DAY})
    site("process_versions", {
        "process_code": "P1", "version": "B", "effective_at": NOW - 80 * DAY, "standards": ["STD@1", "GMP@1"],
    })
    works("NO-POST", NOW - 2 * DAY, process_version="B")
    works("POST", NOW - DAY, process_version="B", post_code="BENCH")
    assert "training_not_covered" not in traced(batch_code="B-NO-POST").causes
    assert "training_not_covered" in traced(batch_code="B-POST").causes

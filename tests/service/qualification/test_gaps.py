"""Gaps over everybody at once, from records alone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from service.qualification.actions import gaps
from service.records.merge import Outcome

Put = Callable[..., Outcome]
AT = datetime(2026, 3, 1, tzinfo=UTC)


def _work(site: Put, employee: str, at: datetime = AT - timedelta(days=3)) -> None:
    row = {"process_code": "P1", "employee_code": employee, "started_at": at, "self_check": "pass"}
    site("work_records", row | {"code": f"W-{employee}"})


def _trained(site: Put, employee: str, **more: object) -> None:
    row = {"code": f"T-{employee}", "employee_code": employee, "course_code": "C1", "result": "passed",
           "completed_at": AT - timedelta(days=30), "standard_version": "1"}
    site("training_records", row | more)


def _found(session: Session) -> list[tuple[str, str, str, str]]:
    return [(gap.employee_code, gap.process_code, gap.course_code, gap.reason) for gap in gaps(session, AT)]


def test_who_works_without_the_course_has_a_gap(site: Put, session: Session) -> None:
    _work(site, "007")
    _work(site, "008")
    _trained(site, "008")
    assert _found(session) == [("007", "P1", "C1", "not_trained")]


def test_a_new_version_in_force_makes_one(site: Put, session: Session) -> None:
    _work(site, "007")
    _trained(site, "007")
    site("standard_versions", {"standard_code": "STD", "version": "2", "effective_at": AT - timedelta(days=1)})
    assert _found(session) == [("007", "P1", "C1", "superseded_version")]


def test_a_version_not_yet_in_force_makes_none(site: Put, session: Session) -> None:
    _work(site, "007")
    _trained(site, "007")
    site("standard_versions", {"standard_code": "STD", "version": "2", "effective_at": AT + timedelta(days=1)})
    assert _found(session) == []


def test_the_last_revision_of_a_training_counts(site: Put, session: Session) -> None:
    _work(site, "007")
    _trained(site, "007", result="open", completed_at=None)
    assert _found(session) == [("007", "P1", "C1", "not_trained")]
    _trained(site, "007")
    assert _found(session) == []


def test_what_a_post_demands_counts_too(site: Put, session: Session) -> None:
    site("posts", {"code": "BENCH", "name": "Bench", "department_code": "CELL"})
    site("courses", {"code": "C7", "title": "For the bench"})
    site("requirements", {"post_code": "BENCH", "kind": "course", "course_code": "C7"})
    row = {"process_code": "P1", "employee_code": "007", "started_at": AT - timedelta(days=3), "self_check": "pass"}
    site("work_records", row | {"code": "W", "post_code": "BENCH"})
    _trained(site, "007")
    assert _found(session) == [("007", "P1", "C7", "not_trained")]


def test_who_has_not_worked_lately_or_has_left_is_left_alone(site: Put, session: Session) -> None:
    _work(site, "007", AT - timedelta(days=200))
    _work(site, "008")
    site("employees", {"code": "008", "name": "Wu", "left_on": (AT - timedelta(days=1)).date()})
    assert _found(session) == []

"""Checks that race with a revocation, over connections of their own: nobody is let in by accident."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.access import Principal
from service.exchange.layout import FOLDER
from service.people.actions import add_account
from service.people.tables import Employee
from service.qualification.checks import check
from service.qualification.exceptions import suspend
from service.qualification.people import hold_back_checks
from service.qualification.schemas import CheckAsked, CheckRead, SuspensionGiven
from service.records.actions import put
from tests.service.database import Database, migrated

EMPLOYEES = ("E1", "E2")
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """Two qualified people."""
    with migrated("race") as made:
        now = datetime.now(UTC)
        rows: dict[str, list[dict[str, object]]] = {
            "employees": [{"code": code, "name": code} for code in EMPLOYEES],
            "processes": [{"code": "P1", "name": "Solder"}], "courses": [{"code": "C1", "title": "Soldering"}],
            "requirements": [{"process_code": "P1", "kind": "course", "course_code": "C1"}],
            "training_records": [
                {"code": f"T-{code}", "employee_code": code, "course_code": "C1", "result": "passed",
                 "completed_at": now - DAY} for code in EMPLOYEES
            ],
        }
        with Session(made.app) as session, session.begin():
            for table, given in rows.items():
                put(session, FOLDER[table], given)
            add_account(session, "q", "Q", "quality", None)
        yield made


@pytest.fixture
def actor(database: Database) -> Principal:
    """Somebody of quality."""
    return Principal(1, "q", "Q", "quality", None, None, None, must_change_password=False)


def _check(session: Session, actor: Principal, employee: str) -> CheckRead:
    return check(session, actor, CheckAsked(employee_code=employee, process_code="P1"))


def _checked(database: Database, actor: Principal, employee: str) -> CheckRead:
    with Session(database.app) as session, session.begin():
        return _check(session, actor, employee)


def _suspend(session: Session, actor: Principal, employee: str) -> None:
    suspend(session, actor, SuspensionGiven(employee_code=employee, reason="failed the line audit"))


def _suspended(database: Database, actor: Principal, employee: str) -> None:
    with Session(database.app) as session, session.begin():
        _suspend(session, actor, employee)


def _waits(future: Future[Any]) -> bool:
    return bool(wait([future], timeout=0.5).not_done)


def test_a_revocation_waits_for_a_check_under_way_and_a_check_for_a_revocation(
    database: Database, actor: Principal
) -> None:
    with ThreadPoolExecutor(2) as pool:
        with Session(database.app) as first, first.begin():
            assert _check(first, actor, "E1").outcome == "qualified"
            assert _checked(database, actor, "E1").outcome == "qualified"  # checks do not wait for each other
            revocation = pool.submit(_suspended, database, actor, "E1")
            assert _waits(revocation)
        revocation.result(10)
        assert _checked(database, actor, "E1").outcome == "suspended"


def test_a_check_that_waited_for_a_revocation_knows_of_it(database: Database, actor: Principal) -> None:
    with ThreadPoolExecutor(2) as pool:
        with Session(database.app) as first, first.begin():
            number = first.scalar(select(Employee.id).where(Employee.code == "E2"))
            assert number is not None
            hold_back_checks(first, number)
            checks = [pool.submit(_checked, database, actor, "E2") for _ in range(2)]
            assert all(_waits(each) for each in checks)
            _suspend(first, actor, "E2")  # later than the checks were asked for
        assert [each.result(10).outcome for each in checks] == ["suspended", "suspended"]

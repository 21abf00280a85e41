"""The live connection's copies follow what is recorded, by whatever door, in any order."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, FromClause, column, func, select, table, text
from sqlalchemy.orm import Session

from features.outcomes import BY_MONTH, by_month
from service.app import connect
from service.exchange.layout import FOLDER
from service.history import postgres
from service.history.inspections import findings, inspections
from service.history.kept import Kept
from service.history.views import batches
from service.records.actions import put
from tests.service.database import Database, migrated


def _at(day: int) -> datetime:
    return datetime(2026, 10, day, tzinfo=UTC)


@pytest.fixture(scope="module")
def site() -> Iterator[Database]:
    """A database of its own with who and what is written about here."""
    connect()
    with migrated("kept") as database:
        with Session(database.app) as session, session.begin():
            _put(session, "departments", {"code": "D", "name": "D", "function": "operations"})
            _put(session, "processes", {"code": "P", "name": "P", "department_code": "D"})
            for code in ("E1", "E2"):
                _put(session, "employees", {"code": code, "name": code})
            _put(session, "inspections", {"code": "FIRST", "kind": "audit", "department_code": "D",
                                          "attributes": {"humidity": 1}})
        yield database


@pytest.fixture
def agrees(site: Database) -> Iterator[Callable[[], None]]:
    """Refreshes the copies and fails where one differs from the records."""
    with site.app.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        kept = Kept(connection)

        def check() -> None:
            with connection.begin():
                kept.refresh(["humidity"])
                queries = {"inspections": inspections(["humidity"]), "findings": findings(), "batches": batches()}
                for name, query in queries.items():
                    truth = query.subquery()
                    columns = ", ".join(truth.c.keys())
                    copied = connection.execute(text(f"SELECT {columns} FROM event_{name}")).all()
                    assert sorted(copied, key=repr) == sorted(connection.execute(select(truth)).all(), key=repr)
                due = postgres.statement(by_month(postgres.event_table("inspections", queries["inspections"])), {})
                assert _counts(connection, table(f"event_{BY_MONTH}", *map(column, due.selected_columns.keys()))) == (
                    _counts(connection, due.subquery())
                )

        yield check


def _counts(connection: Connection, sums: FromClause) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Group of results -> how many there are, and how many failed; without groups that have come to nothing."""
    by = [each for each in sums.c if each.name not in ("known_at", "n", "failures")]
    found = connection.execute(select(*by, func.sum(sums.c.n), func.sum(sums.c.failures)).group_by(*by))
    return {tuple(group): (int(n), int(failures)) for *group, n, failures in found if n}


def _put(session: Session, table: str, row: dict[str, Any], reason: str | None = None) -> None:
    put(session, FOLDER[table], [row], reason)


def test_it_follows_results_corrections_findings_and_participants(
    site: Database, agrees: Callable[[], None]
) -> None:
    agrees()
    of_work = {"code": "KEPT", "process_code": "P", "employee_code": "E1", "started_at": _at(3)}
    steps = [
        ("work_records", of_work | {"known_at": _at(4), "self_check": "pass"}, None),
        ("inspections", {"code": "KEPT", "kind": "final", "work_code": "KEPT"}, None),
        ("inspections", {"code": "KEPT", "performed_at": _at(5), "result": "fail", "attributes": {"humidity": 2}},
         None),
        ("findings", {"inspection_code": "KEPT", "severity": "major", "count": 3, "clause": "4.1"}, None),
        ("work_records", of_work | {"employee_code": "E2", "known_at": _at(8), "self_check": "pass"}, "wrong badge"),
        ("work_participants", {"work_code": "KEPT", "employee_code": "E1", "role": "nurse"}, None),
        ("inspections", {"code": "KEPT", "result": "pass", "known_at": _at(9)}, "misread"),
        ("batches", {"code": "LOT", "product": "tea", "started_at": _at(2)}, None),
        ("batches", {"code": "LOT", "product": "tin", "known_at": _at(9)}, "mislabelled"),
    ]
    for name, row, reason in steps:
        with Session(site.app) as session, session.begin():
            _put(session, name, row, reason)
        agrees()


def test_what_was_under_way_is_seen_once_it_is_over(site: Database, agrees: Callable[[], None]) -> None:
    with Session(site.app) as slow:
        _put(slow, "inspections", {"code": "SLOW1", "kind": "audit", "department_code": "D"})
        agrees()
        for number in range(3):
            with Session(site.app) as quick, quick.begin():
                _put(quick, "inspections", {"code": f"QUICK{number}", "kind": "audit", "department_code": "D"})
            agrees()
        _put(slow, "inspections", {"code": "SLOW2", "kind": "audit", "department_code": "D"})
        slow.commit()
    agrees()

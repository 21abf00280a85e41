"""Every way of writing leaves exactly one event per row."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.audit.tables import AuditEvent, AuditIdentity
from service.db.base import Base
from service.db.context import tell
from service.exchange.importing import import_folder
from service.people.actions import add_account, reset_password
from service.people.tables import Account, AccountDepartment, Department, Employee
from service.records.merge import Outcome
from tests.service.conftest import Put

Write = Callable[[Session, Path, int], None]

#: what holds no record: jobs and sessions, the outbox and what goes out of it, idempotency keys
NOT_AUDITED = {
    "tokens", "outbox", "deliveries", "idempotency_keys", "sign_in_failures", "oidc_attempts", "standings", "shadows",
    "shadow_scores", "report_readings", "report_matches", "text_vectors", "messages", "message_deliveries",
    "webhook_progress",
}


def _events(session: Session) -> list[AuditEvent]:
    return list(session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


def _since(session: Session) -> Callable[[], list[AuditEvent]]:
    """What is written from now on."""
    last = session.scalar(select(func.max(AuditEvent.id))) or 0
    return lambda: [event for event in _events(session) if event.id > last]


def _departments(count: int) -> list[dict[str, Any]]:
    return [{"code": f"D{number}", "name": "before", "function": "quality"} for number in range(count)]


def _by_orm(session: Session, folder: Path, count: int) -> None:
    session.add_all([Department(**row, attributes={}) for row in _departments(count)])
    session.flush()


def _by_bulk(session: Session, folder: Path, count: int) -> None:
    session.execute(insert(Department), _departments(count))


def _by_sql(session: Session, folder: Path, count: int) -> None:
    session.execute(text(
        "INSERT INTO departments (code, name, function) SELECT 'D' || n, 'before', 'quality'"
        " FROM generate_series(0, :last) n"
    ), {"last": count - 1})


def _by_import(session: Session, folder: Path, count: int) -> None:
    lines = [f"{row['code']},{row['name']},{row['function']}" for row in _departments(count)]
    (folder / "departments.csv").write_text("code,name,function\n" + "\n".join(lines) + "\n")
    import_folder(session, folder, progress=lambda _: None)


@pytest.mark.parametrize("write", [_by_orm, _by_bulk, _by_sql, _by_import])
@pytest.mark.parametrize("count", [1, 7])
def test_an_insert_is_one_event_per_row(
    session: Session, tmp_path: Path, write: Write, count: int, record_property: Callable[[str, object], None]
) -> None:
    record_property("ways of writing that leave one event per row", 1)
    since = _since(session)
    write(session, tmp_path, count)
    written = [event for event in since() if event.table_name == "departments"]
    assert [(event.action, event.code) for event in written] == [("insert", f"D{n}") for n in range(count)]
    assert all(event.row_id and event.digest and event.old is None and event.new is None for event in written)


def _renamed_by_orm(session: Session, folder: Path) -> None:
    for department in session.scalars(select(Department)):
        department.name = "after"
    session.flush()


def _renamed_in_bulk(session: Session, folder: Path) -> None:
    session.execute(update(Department).values(name="after"))


def _renamed_by_sql(session: Session, folder: Path) -> None:
    session.execute(text("UPDATE departments SET name = 'after'"))


def _renamed_by_import(session: Session, folder: Path) -> None:
    lines = [f"{code},after,quality" for code in session.scalars(select(Department.code))]
    (folder / "departments.csv").write_text("code,name,function\n" + "\n".join(lines) + "\n")
    import_folder(session, folder, progress=lambda _: None)


@pytest.mark.parametrize("write", [_renamed_by_orm, _renamed_in_bulk, _renamed_by_sql, _renamed_by_import])
def test_an_update_is_one_event_per_row_with_the_old_value(
    session: Session, tmp_path: Path, write: Callable[[Session, Path], None],
    record_property: Callable[[str, object], None],
) -> None:
    record_property("ways of writing that leave one event per row", 1)
    session.execute(insert(Department), _departments(5))
    since = _since(session)
    write(session, tmp_path)
    written = [event for event in since() if event.table_name == "departments"]
    assert len(written) == 5
    for event in written:
        assert event.action == "update"
        assert event.old is not None
        assert event.new is not None
        assert (event.old["name"], event.new["name"]) == ("before", "after")


@pytest.mark.parametrize("way", ["orm", "bulk", "sql"])
def test_a_delete_is_one_event_per_row_with_what_was_deleted(
    session: Session, record: Put, way: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("ways of writing that leave one event per row", 1)
    record("departments", *_departments(3))
    account = add_account(session, "ada", "Ada", "quality", None, departments=["D0", "D1", "D2"])
    since = _since(session)
    mine = AccountDepartment.account_id == account.id
    if way == "orm":
        for row in session.scalars(select(AccountDepartment).where(mine)):
            session.delete(row)
        session.flush()
    elif way == "bulk":
        session.execute(delete(AccountDepartment).where(mine))
    else:
        session.execute(text("DELETE FROM account_departments WHERE account_id = :id"), {"id": account.id})
    gone = since()
    assert [(event.action, event.table_name) for event in gone] == [("delete", "account_departments")] * 3
    assert all(event.old is not None and event.old["account_id"] == account.id for event in gone)


def test_what_did_not_happen_leaves_no_event(session: Session) -> None:
    since = _since(session)
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(insert(Department), [*_departments(2), *_departments(1)])
    session.execute(update(Department).where(Department.code == "nobody").values(name="x"))
    assert since() == []


def test_an_event_says_who_by_which_door_and_why(session: Session) -> None:
    since = _since(session)
    tell(session, account="42", origin="api", request="r-1", reason="typing error")
    session.execute(insert(Department), _departments(1))
    (event,) = since()
    assert (event.account_id, event.origin, event.request, event.reason) == (42, "api", "r-1", "typing error")


@pytest.mark.parametrize("table", sorted(t.name for t in Base.metadata.tables.values() if t.schema is None))
def test_every_table_is_watched_or_named_as_not_audited(session: Session, table: str) -> None:
    watched = session.scalars(text(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass) AND tgname LIKE 'audit_%' ORDER BY 1"
    ), {"table": table}).all()
    expected = [] if table in NOT_AUDITED else ["audit_delete", "audit_insert", "audit_truncate", "audit_update"]
    assert watched == expected


@pytest.mark.parametrize("statement", [
    "UPDATE audit.events SET reason = 'x'", "DELETE FROM audit.events", "TRUNCATE audit.events",
    "INSERT INTO audit.events (origin, action, table_name) VALUES ('x', 'insert', 'x')",
    "UPDATE audit.chain SET hash = ''", "DELETE FROM audit.chain", "TRUNCATE departments CASCADE",
    "DELETE FROM inspections", "UPDATE inspections SET result = 'pass'", "ALTER TABLE departments DISABLE TRIGGER ALL",
])
def test_the_serving_role_may_not_touch_what_was_written(session: Session, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner|refused"), session.begin_nested():
        session.execute(text(statement))


def test_identities_are_kept_apart_and_secrets_not_at_all(session: Session, site: Callable[..., Outcome]) -> None:
    account = add_account(session, "ada", "Ada Lovelace", "quality", "correct horse")
    since = _since(session)
    session.execute(update(Employee).where(Employee.code == "007").values(name="Li Wei", email="li@example.com"))
    reset_password(session, "ada", "battery staple")
    session.execute(update(Account).where(Account.id == account.id).values(name="Ada King"))
    told = since()
    assert all("Li" not in str(event.old) + str(event.new) for event in told)
    apart = {row.subject.split(":")[0]: row.plain for row in session.scalars(
        select(AuditIdentity).where(AuditIdentity.event_id.in_([event.id for event in told]))
    )}
    assert apart["employees"]["old"]["name"] == "Li"
    assert apart["employees"]["new"] == {"name": "Li Wei", "email": "li@example.com"}
    assert apart["accounts"]["old"] == {"name": "Ada Lovelace"}
    passwords = [event.new["password_hash"] for event in told if event.new and "password_hash" in event.new]
    assert passwords == ["(kept secret)"]


def test_an_anonymous_report_is_anonymous_in_the_trail_too(session: Session, site: Callable[..., Outcome]) -> None:
    report = {"department_code": "CELL", "occurred_at": "2026-01-05T00:00:00Z", "severity": 2, "text": "heavy"}
    since = _since(session)
    tell(session, account="42", request="r-1", role="operations")
    site("difficulty_reports", {"code": "D1", **report}, {"code": "D2", **report, "reported_by": "007"})
    tell(session, account="43", request="r-2", role="employee")
    site("issues", {"code": "I1", "kind": "near_miss", **report, "severity": "minor"})
    told = {event.code: (event.account_id, event.request) for event in since() if event.action == "insert"}
    assert told == {"D1": (None, None), "D2": (42, "r-1"), "I1": (None, None)}


def test_no_table_of_ours_is_without_its_row_number(session: Session) -> None:
    """Old and new rows are matched by it."""
    for table in Base.metadata.tables.values():
        assert isinstance(table, Table)
        if table.schema is None and table.name not in NOT_AUDITED:
            assert list(table.primary_key.columns) == [table.c.id]

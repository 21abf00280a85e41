"""The audit page: searched by a form, open to quality and administrators, and itself on record."""


import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.audit.tables import AuditEvent
from service.db.context import tell
from service.people.tables import Department
from tests.service.console.conftest import signed_in


@pytest.fixture
def renamed(session: Session) -> str:
    """A department somebody renamed to something full of HTML, with a reason."""
    code = session.scalars(select(Department.code).order_by(Department.id)).first()
    assert code is not None
    tell(session, reason="<b>merged</b>")
    session.execute(update(Department).where(Department.code == code).values(name="<script>alert(1)</script>"))
    tell(session, reason="")
    return code


def test_it_shows_what_changed_and_why(inspector: TestClient, renamed: str) -> None:
    shown = inspector.get("/audit", params={"table": "departments", "code": renamed, "action": "update"}).text
    assert "<del>" in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "&lt;b&gt;merged&lt;/b&gt;" in shown
    assert "<script>alert" not in shown


def test_what_is_left_empty_asks_for_nothing(inspector: TestClient, renamed: str) -> None:
    every = inspector.get("/audit?table=&code=&login=&action=&request=").text
    assert renamed in every
    assert "Nothing found" in inspector.get("/audit?code=nobody").text


@pytest.mark.parametrize(("login", "status"), [("qian", 200), ("ada", 200), ("hua", 403), ("olu", 403), ("emma", 403)])
def test_only_quality_and_administrators_search_it(client: TestClient, login: str, status: int) -> None:
    assert signed_in(client, login).get("/audit").status_code == status


def test_looking_at_it_is_on_record(inspector: TestClient, session: Session) -> None:
    inspector.get("/audit?code=X")
    last = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert last is not None
    assert (last.action, last.table_name, last.new, last.origin) == ("read", "audit", {"code": "X"}, "console")


def test_its_pages_go_on(inspector: TestClient, session: Session, renamed: str) -> None:
    for number in range(101):
        session.execute(update(Department).where(Department.code == renamed).values(name=f"n{number}"))
    first = inspector.get("/audit", params={"code": renamed, "action": "update"}).text
    assert "Older" in first
    before = first.split("before=")[1].split('"')[0]
    rest = inspector.get("/audit", params={"code": renamed, "action": "update", "before": before}).text
    assert "&lt;script&gt;alert(1)" in rest



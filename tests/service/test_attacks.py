"""What is sent to do harm is refused or is only text; nothing else changes."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.audit.tables import AuditEvent
from service.people.tables import Department, Employee
from tests.service.conftest import Put

INJECTIONS = [
    "name; DROP TABLE employees", "1 OR 1=1", "' OR ''='", "name) UNION SELECT password_hash FROM accounts--", "-id",
    "../../etc/passwd", "{{7*7}}", "$where", "id desc",
]


@pytest.fixture
def admin(signed_in: Any, site: Put) -> dict[str, str]:
    return dict(signed_in("admin"))


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("name", ["sort", "order_by", "filter", "fields", "name"])
def test_no_list_sorts_or_filters_by_what_it_does_not_declare(
    api: TestClient, admin: dict[str, str], name: str, text: str
) -> None:
    for path in ("employees", "inspections", "plans", "decisions", "accounts"):
        answer = api.get(f"/api/v1/{path}", params={name: text}, headers=admin)
        assert answer.status_code == 422


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_is_looked_up_is_only_text(
    api: TestClient, admin: dict[str, str], session: Session, text: str
) -> None:
    before = session.scalar(select(func.count()).select_from(Employee))
    for answer in (
        api.get(f"/api/v1/employees/{text}", headers=admin),
        api.get("/api/v1/findings", params={"inspection_code": text}, headers=admin),
        api.get("/api/v1/audit-events", params={"code": text, "login": text, "table": text}, headers=admin),
        api.get("/api/v1/employees", params={"cursor": text}, headers=admin),
        api.get(f"/api/v1/exports/{text}.csv", headers=admin),
    ):
        assert answer.status_code < 500
        if answer.status_code == 200:
            assert answer.json()["items"] == []
    assert session.scalar(select(func.count()).select_from(Employee)) == before


HTML = """<img src=x onerror="alert(1)"><script>alert('x')</script>"""


def test_a_name_full_of_html_is_only_a_name(api: TestClient, admin: dict[str, str], session: Session) -> None:
    department = {"code": "D<b>", "name": HTML, "function": "quality"}
    assert api.post("/api/v1/departments", json={"rows": [department]}, headers=admin).status_code == 201
    read = api.get("/api/v1/departments/D<b>", headers=admin)
    assert read.json()[0]["name"] == HTML
    assert read.headers["content-type"] == "application/json"
    assert read.headers["x-content-type-options"] == "nosniff"
    page = api.get("/audit?table=departments", headers=admin | {"Accept": "text/html"})
    assert page.status_code == 200
    assert "<b>" not in page.text
    assert session.scalar(select(Department.name).where(Department.code == "D<b>")) == HTML


def test_an_error_never_repeats_what_was_sent_as_html(api: TestClient, admin: dict[str, str]) -> None:
    for headers in (admin, admin | {"Accept": "text/html"}):
        answer = api.get(f"/nowhere/{HTML}", headers=headers)
        assert answer.status_code == 404
        assert "<script>alert" not in answer.text


@pytest.mark.parametrize("more", [
    {"id": 1}, {"recorded_at": "2020-01-01T00:00:00Z"}, {"revision": 9}, {"known_assumed": False}, {"updated_at": None},
    {"account_id": 1}, {"attributes": {"a": {"b": 1}}},
])
def test_nobody_sets_what_the_server_keeps(
    api: TestClient, admin: dict[str, str], session: Session, more: dict[str, Any]
) -> None:
    before = session.scalar(select(func.count()).where(AuditEvent.action != "read"))
    row = {"code": "I9", "kind": "patrol", "employee_code": "007", **more}
    assert api.post("/api/v1/inspections", json={"rows": [row]}, headers=admin).status_code == 422
    assert session.scalar(select(func.count()).where(AuditEvent.action != "read")) == before

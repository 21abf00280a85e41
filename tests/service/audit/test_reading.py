"""Reads of personal data and exports are on record, and the trail is searched by API."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.audit.tables import AuditEvent
from tests.service.conftest import Put

Headers = Callable[[str], dict[str, str]]
Told = tuple[str, str, str | None]


def _reads(session: Session) -> list[Told]:
    told = select(AuditEvent.action, AuditEvent.table_name, AuditEvent.code).where(
        AuditEvent.action.in_(("read", "export"))
    )
    return [tuple(row) for row in session.execute(told.order_by(AuditEvent.id))]


@pytest.mark.parametrize(("path", "told"), [
    ("employees", ("read", "employees", None)), ("employees/007", ("read", "employees", "007")),
    ("training-records", ("read", "training_records", None)), ("work-records", ("read", "work_records", None)),
    ("suggestions", ("read", "suggestions", None)), ("plans", ("read", "plans", None)),
    ("decisions", ("read", "decisions", None)), ("inspection-queue", ("read", "inspection_queue", None)),
    ("accounts", ("read", "accounts", None)), ("exports/employees.csv", ("export", "employees", None)),
    ("standards", None), ("processes", None), ("counts", None),
])
def test_who_looks_at_people_is_on_record(
    api: TestClient, signed_in: Headers, site: Put, session: Session, path: str, told: Told | None
) -> None:
    assert api.get(f"/api/v1/{path}", headers=signed_in("admin")).status_code == 200
    assert _reads(session) == ([told] if told else [])


def test_a_read_that_was_refused_is_none(api: TestClient, signed_in: Headers, site: Put, session: Session) -> None:
    assert api.get("/api/v1/employees", headers=signed_in("employee")).status_code == 403
    assert api.get("/api/v1/employees/nobody", headers=signed_in("people")).status_code == 404
    assert _reads(session) == []


def test_the_trail_tells_who_changed_what_and_why(api: TestClient, signed_in: Headers, site: Put) -> None:
    people, auditor = signed_in("people"), signed_in("quality")
    headers = people | {"If-Match": "*", "X-Request-Id": "request-0001"}
    body = {"name": "Li Wei", "reason": "married"}
    assert api.patch("/api/v1/employees/007", json=body, headers=headers).status_code == 200
    asked = {"table": "employees", "action": "update"}
    (event,) = api.get("/api/v1/audit-events", params=asked, headers=auditor).json()["items"]
    assert (event["code"], event["reason"], event["request"], event["origin"]) == (
        "007", "married", "request-0001", "api"
    )
    assert event["login"].startswith("people-")
    assert (event["old"]["name"], event["new"]["name"]) == ("Li", "Li Wei")


def test_its_pages_go_on_and_end(api: TestClient, signed_in: Headers, site: Put, session: Session) -> None:
    auditor = signed_in("quality")
    total = session.scalar(select(func.count()).where(AuditEvent.action == "insert"))
    seen, asked = [], {"action": "insert", "limit": 3}
    while True:
        page = api.get("/api/v1/audit-events", params=asked, headers=auditor).json()
        seen += [event["id"] for event in page["items"]]
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
    assert len(seen) == total
    assert seen == sorted(set(seen), reverse=True)

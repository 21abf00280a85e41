"""One record is changed by somebody who has read it, and nobody overwrites what they have not seen."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from service.db.engine import owner_engine
from service.exchange.layout import FOLDER
from service.people.tables import Department
from service.records import wire
from service.records.actions import put
from service.records.editing import edit, state
from service.records.merge import Outcome
from service.records.tags import PreconditionFailed

Headers = dict[str, str]
Put = Callable[..., Outcome]


@pytest.fixture
def admin(signed_in: Callable[[str], Headers]) -> Headers:
    return signed_in("admin")


@pytest.fixture
def inspection(site: Put) -> str:
    site("inspections", {"code": "I1", "kind": "patrol", "employee_code": "007", "process_code": "P1"})
    return "/api/v1/inspections/I1"


EMPLOYEE = "/api/v1/employees/007"


def _tag(api: TestClient, admin: Headers, address: str) -> str:
    return str(api.get(address, headers=admin).headers["ETag"])


def _change(api: TestClient, admin: Headers, address: str, read: str | None, **said: Any) -> Any:
    return api.patch(address, json=said, headers=admin | ({"If-Match": read} if read else {}))


def test_who_has_read_it_changes_it(api: TestClient, admin: Headers, site: Put) -> None:
    read = _tag(api, admin, EMPLOYEE)
    answer = _change(api, admin, EMPLOYEE, read, name="Li Ming", attributes={"shift": "early"})
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["attributes"]) == ("Li Ming", {"shift": "early"})
    assert answer.headers["ETag"] == _tag(api, admin, EMPLOYEE) != read


def test_the_second_of_two_editors_learns_of_the_first(api: TestClient, admin: Headers, site: Put) -> None:
    read = _tag(api, admin, EMPLOYEE)
    assert _change(api, admin, EMPLOYEE, read, name="First").status_code == 200
    second = _change(api, admin, EMPLOYEE, read, name="Second")
    assert (second.status_code, second.json()["type"]) == (412, "urn:retrace:problem:precondition-failed")
    assert api.get(EMPLOYEE, headers=admin).json()[0]["name"] == "First"


def test_a_change_names_what_was_read(api: TestClient, admin: Headers, site: Put) -> None:
    answer = _change(api, admin, EMPLOYEE, None, name="Li")
    assert (answer.status_code, answer.json()["type"]) == (428, "urn:retrace:problem:precondition-required")
    read = _tag(api, admin, EMPLOYEE)
    for others in (f"W/{read}", read.strip('"'), "", "garbage, x"):
        assert _change(api, admin, EMPLOYEE, others or '""', name="Li").status_code == 412
    assert _change(api, admin, EMPLOYEE, f'"other", {read}', name="Li").status_code == 200
    assert _change(api, admin, EMPLOYEE, "*", name="Li").status_code == 200
    assert _change(api, admin, "/api/v1/employees/nobody", "*", name="Li").status_code == 404


def test_what_was_read_already_is_not_sent_again(api: TestClient, admin: Headers, inspection: str) -> None:
    read = _tag(api, admin, inspection)
    for known in (read, f"W/{read}", "*"):
        again = api.get(inspection, headers=admin | {"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", read)
    assert api.get(inspection, headers=admin | {"If-None-Match": '"other"'}).status_code == 200


def test_evidence_is_completed_then_corrected_with_a_reason(api: TestClient, admin: Headers, inspection: str) -> None:
    read = _tag(api, admin, inspection)
    done = _change(api, admin, inspection, read, result="pass", performed_at="2026-01-06T00:00:00Z")
    assert (done.status_code, done.json()["revision"], done.json()["revision_kind"]) == (200, 2, "completion")
    read = done.headers["ETag"]
    for why in ({}, {"reason": None}, {"reason": ""}, {"reason": " \t"}, {"reason": "\u200b"}):
        assert _change(api, admin, inspection, read, result="fail", **why).status_code == 422
    assert _change(api, admin, inspection, read, result=None).status_code == 422
    corrected = _change(api, admin, inspection, read, result="fail", reason="misread")
    assert (corrected.json()["revision_kind"], corrected.json()["reason"]) == ("correction", "misread")
    assert corrected.json()["changes"] == {"result": ["pass", "fail"]}


def test_each_revision_tells_what_it_changed(api: TestClient, admin: Headers, inspection: str, site: Put) -> None:
    site("inspections", {"code": "I1", "performed_at": "2026-01-06T00:00:00Z", "result": "pass", "attr_shelf": "A"})
    site("findings", {"inspection_code": "I1", "severity": "minor"})
    site("findings", {"inspection_code": "I1", "severity": "major"}, reason="worse")
    told = api.get(inspection, headers=admin).json()
    assert [(one["revision"], one["revision_kind"], one["changes"]) for one in told] == [
        (1, "first", {}),
        (2, "completion", {"performed_at": [None, "2026-01-06T00:00:00Z"], "result": [None, "pass"],
                           "attr_shelf": [None, "A"]}),
        (3, "completion", {}),
        (4, "correction", {}),
    ]
    assert [one["occurred_at"] for one in told] == [None, *["2026-01-06T00:00:00Z"] * 3]
    assert told[3]["reason"] == "worse"


def test_open_is_not_yet_filled(api: TestClient, admin: Headers, site: Put) -> None:
    site("training_records", {"code": "T1", "employee_code": "007", "course_code": "C1", "result": "open"})
    done = _change(api, admin, "/api/v1/training-records/T1", "*", result="passed", completed_at="2026-01-06T00:00:00Z")
    assert done.json()["revision_kind"] == "completion"


@pytest.mark.parametrize("table", [table for table in FOLDER.values() if table.row.__key__], ids=lambda one: one.name)
def test_what_names_a_record_stays(api: TestClient, admin: Headers, site: Put, table: Any) -> None:
    for name in ("code", *table.row.__key__):
        answer = _change(api, admin, f"/api/v1/{table.name.replace('_', '-')}/X", "*", **{name: "new"})
        assert answer.status_code == 422


def test_a_record_without_a_code_of_its_own_is_changed_too(api: TestClient, admin: Headers, site: Put) -> None:
    shift = {"employee_code": "007", "starts_at": "2026-01-05T08:00:00Z", "ends_at": "2026-01-05T16:00:00Z"}
    site("shifts", shift)
    (listed,) = api.get("/api/v1/shifts", headers=admin).json()["items"]
    address = f"/api/v1/shifts/{listed['code']}"
    answer = _change(api, admin, address, _tag(api, admin, address), ends_at="2026-01-05T17:00:00Z", reason="late")
    assert (answer.status_code, answer.json()["revision"], answer.json()["code"]) == (200, 2, listed["code"])


@pytest.mark.parametrize(("role", "status"), [("employee", 403), ("data", 403), ("operations", 200)])
def test_who_may_change_a_report(
    api: TestClient, signed_in: Callable[[str], Headers], site: Put, role: str, status: int
) -> None:
    site("difficulty_reports", {"code": "D1", "department_code": "CELL", "occurred_at": "2026-01-05T00:00:00Z",
                                "severity": 2, "text": "hard"})
    answer = _change(api, signed_in(role), "/api/v1/difficulty-reports/D1", "*", process_code="P1")
    assert answer.status_code == status


@pytest.mark.parametrize("table", ["findings", "batch-inputs"])
def test_members_of_a_set_are_not_changed_one_by_one(api: TestClient, admin: Headers, table: str) -> None:
    assert _change(api, admin, f"/api/v1/{table}/1", "*").status_code == 404


@pytest.fixture
def committed(engine: Engine) -> Any:
    """A department that other connections see too; taken away by the owner afterwards."""
    code = f"D-{uuid4()}"
    with Session(engine) as session, session.begin():
        put(session, FOLDER["departments"], [{"code": code, "name": "before", "function": "quality"}])
    yield code
    with owner_engine().begin() as connection:
        connection.execute(delete(Department).where(Department.code == code))


def test_of_two_at_once_one_wins(engine: Engine, committed: str) -> None:
    table = FOLDER["departments"]
    with Session(engine) as session:
        read = state(table, wire.revisions(session, table, committed)[-1])

    def second() -> None:
        with Session(engine) as session, session.begin():
            edit(session, table, committed, {"name": "second"}, None, read)

    with ThreadPoolExecutor(1) as pool, Session(engine) as first, first.begin():
        edit(first, table, committed, {"name": "first"}, None, read)
        waiting = pool.submit(second)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        first.commit()
        with pytest.raises(PreconditionFailed):
            waiting.result(timeout=30)

"""Every kind of record has the same promises at the API."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.exchange.layout import FOLDER
from service.records.folder import FolderTable
from service.records.merge import Outcome

Headers = Callable[[str], dict[str, str]]
Put = Callable[..., Outcome]


@pytest.fixture
def admin(signed_in: Headers) -> dict[str, str]:
    return signed_in("admin")


def _send(api: TestClient, admin: dict[str, str], table: str, *rows: dict[str, Any], **more: Any) -> Any:
    return api.post(f"/api/v1/{table}", json={"rows": rows, **more}, headers=admin)


INSPECTION = {
    "code": "I1",
    "kind": "patrol",
    "employee_code": "007",
    "process_code": "P1",
    "due_at": "2026-01-05T00:00:00Z",
}


def test_new_completed_corrected_and_the_same_again(api: TestClient, admin: dict[str, str], site: Put) -> None:
    done = {"code": "I1", "performed_at": "2026-01-06T00:00:00Z", "result": "pass"}
    assert _send(api, admin, "inspections", INSPECTION).json() == {"created": 1, "changed": 0, "unchanged": 0}
    assert _send(api, admin, "inspections", done).json() == {"created": 0, "changed": 1, "unchanged": 0}
    assert _send(api, admin, "inspections", done).json() == {"created": 0, "changed": 0, "unchanged": 1}
    refused = _send(api, admin, "inspections", done | {"result": "fail"})
    assert refused.status_code == 422
    assert refused.json()["violations"][0]["column"] == "result"
    assert _send(api, admin, "inspections", done | {"result": "fail"}, reason="misread").json()["changed"] == 1
    revisions = api.get("/api/v1/inspections/I1", headers=admin).json()
    assert [(one["revision"], one["result"], one["reason"]) for one in revisions] == [
        (1, None, None),
        (2, "pass", None),
        (3, "fail", "misread"),
    ]
    assert revisions[0]["known_at"] < revisions[1]["known_at"] < revisions[2]["known_at"]


def test_all_rows_are_taken_or_none(api: TestClient, admin: dict[str, str], site: Put) -> None:
    bad = {"code": "E9", "name": "Nine", "hired_on": "2026-02-01", "left_on": "2026-01-01"}
    answer = _send(api, admin, "employees", {"code": "E8", "name": "Eight", "hired_on": None, "left_on": None}, bad)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == (
        "employees, row 2, column left_on, value '2026-01-01': lies before hired_on; correct one of the two"
    )
    assert api.get("/api/v1/employees/E8", headers=admin).status_code == 404


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({"code": "I2", "kind": "looking"}, "kind"),
        ({"code": "I2", "kind": "patrol", "due_at": "2026-01-05"}, "due_at"),
        ({"code": "I2", "kind": "patrol", "sample_size": -1}, "sample_size"),
        ({"code": "I2", "kind": "patrol", "id": 7}, "id"),
        ({"code": "", "kind": "patrol"}, "code"),
        ({"code": "I2", "kind": "patrol", "attributes": {"x": {"y": 1}}}, "attributes"),
    ],
)
def test_what_cannot_be_read_is_named(
    api: TestClient, admin: dict[str, str], site: Put, row: dict[str, Any], place: str
) -> None:
    answer = _send(api, admin, "inspections", row)
    assert answer.status_code == 422
    assert place in answer.json()["detail"]


def test_site_attributes_come_back_as_they_went(api: TestClient, admin: dict[str, str], site: Put) -> None:
    given = {"shelf": "007", "humidity": 41.5}
    _send(api, admin, "inspections", INSPECTION | {"attributes": given})
    assert api.get("/api/v1/inspections/I1", headers=admin).json()[0]["attributes"] == given


def test_what_has_not_happened_is_not_recorded(api: TestClient, admin: dict[str, str], site: Put) -> None:
    answer = _send(api, admin, "inspections", INSPECTION | {"performed_at": "2150-01-01T00:00:00Z", "result": "pass"})
    assert answer.status_code == 422
    assert "lies in the future" in answer.json()["detail"]
    ahead = {"employee_code": "007", "starts_at": "2150-01-01T00:00:00Z", "ends_at": "2150-01-01T08:00:00Z"}
    assert _send(api, admin, "shifts", ahead).status_code == 201


@pytest.mark.parametrize("table", [table for table in FOLDER.values() if table.row.__key__], ids=lambda one: one.name)
def test_a_row_names_its_record(api: TestClient, admin: dict[str, str], table: FolderTable) -> None:
    for nothing in ({}, {"attributes": {"a": 1}}, dict.fromkeys(table.row.__key__)):
        answer = _send(api, admin, table.name.replace("_", "-"), nothing)
        assert answer.status_code == 422
        assert f"names no record; give {table.row.__key__[0]}" in answer.json()["detail"]

"""The API refuses what a folder would refuse, and says why."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from service.errors import Invalid
from service.people.actions import add_account, issue_token
from service.records.merge import Outcome
from service.records.wiretypes import Attribute, Code, Item, Moment, Text

Headers = Callable[[str], dict[str, str]]
Put = Callable[..., Outcome]
Row = dict[str, Any]

INSPECTION = {"code": "I1", "kind": "patrol", "employee_code": "007", "process_code": "P1"}
REPORT = {"code": "D1", "department_code": "CELL", "occurred_at": "2026-01-05T00:00:00Z", "severity": 2, "text": "hard"}


@pytest.fixture
def admin(signed_in: Headers) -> dict[str, str]:
    return signed_in("admin")


@pytest.fixture
def employee(session: Session, site: Put) -> dict[str, str]:
    """Li, who has a code of their own."""
    account = add_account(session, "li", "Li", "employee", None, employee_code="007")
    return {"Authorization": f"Bearer {issue_token(session, account, 'api')}"}


def _send(api: TestClient, headers: dict[str, str], table: str, *rows: Row) -> Any:
    return api.post(f"/api/v1/{table}", json={"rows": rows}, headers=headers)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Moment, "2026-01-01T00:00:00"),
        (Moment, "1899-12-31T23:59:59Z"),
        (Moment, "2200-12-31T23:00:00-05:00"),
        (Moment, "9999-12-31T23:59:59-12:00"),
        (Moment, "0001-01-01T00:00:00+12:00"),
        (Code, ""),
        (Code, " a"),
        (Code, "a\u3000"),
        (Code, "a\0b"),
        (Code, "a\u200bb"),
        (Code, "1.5E+05"),
        (Code, "工" * 134),
        (Item, "A@1;B@2"),
        (Text, "a\0b"),
        (Attribute, "a\0b"),
        (Attribute, float("nan")),
        (Attribute, 10**400),
    ],
)
def test_what_a_folder_refuses_the_api_refuses(kind: Any, value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


def test_what_a_folder_takes_the_api_takes() -> None:
    last = "2200-12-31T18:00:00-05:00"
    assert TypeAdapter(Moment).validate_python(last) == datetime(2200, 12, 31, 23, tzinfo=UTC)
    for code in ("工" * 133, "a b", "007", "1E5"):
        assert TypeAdapter(Code).validate_python(code) == code
    assert TypeAdapter(Text).validate_python(" two\nlines ") == " two\nlines "


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"due_at": "2300-01-01T00:00:00Z"}, "due_at"),
        ({"code": "I1 "}, "code"),
        ({"employee_code": "\u200b007"}, "employee_code"),
        ({"attributes": {" shelf": 1}}, "plain name"),
        ({"attributes": {"x" * 51: 1}}, "too long"),
        ({"attributes": {"": 1}}, "plain name"),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused(
    api: TestClient, admin: dict[str, str], site: Put, more: Row, place: str
) -> None:
    answer = _send(api, admin, "inspections", INSPECTION | more)
    assert answer.status_code == 422
    assert place in answer.json()["detail"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400"])
@pytest.mark.parametrize("place", ['"score": {}', '"attributes": {{"x": {}}}'])
def test_numbers_are_finite(api: TestClient, admin: dict[str, str], site: Put, number: str, place: str) -> None:
    body = '{"rows": [{"code": "I1", "kind": "patrol", ' + place.format(number) + "}]}"
    headers = admin | {"Content-Type": "application/json"}
    assert api.post("/api/v1/inspections", content=body, headers=headers).status_code == 422


@pytest.mark.parametrize(
    "more",
    [
        {"performed_at": "1800-01-01T00:00:00Z"},
        {"inspector_code": " QA"},
        {"findings": [{"severity": "minor", "text": "a\0b"}]},
    ],
)
def test_a_result_obeys_the_same_rules(api: TestClient, admin: dict[str, str], site: Put, more: Row) -> None:
    _send(api, admin, "inspections", INSPECTION)
    answer = api.post("/api/v1/inspections/I1/result", json={"result": "pass", **more}, headers=admin)
    assert answer.status_code == 422


def test_an_attribute_is_not_known_twice_in_different_case(
    api: TestClient, admin: dict[str, str], site: Put
) -> None:
    assert _send(api, admin, "inspections", INSPECTION | {"attributes": {"Shelf": "a"}}).status_code == 201
    answer = _send(api, admin, "inspections", INSPECTION | {"attributes": {"shelf": "b"}})
    assert answer.status_code == 422
    assert "differs only in upper and lower case from attr_Shelf" in answer.json()["detail"]
    both = {"code": "E9", "name": "Nine", "attributes": {"a": "1", "A": "2"}}
    assert _send(api, admin, "employees", both).status_code == 422
    assert _send(api, admin, "employees", both | {"attributes": {"shelf": "1"}}).status_code == 201


def test_no_door_takes_an_attribute_without_a_plain_name(put: Put) -> None:
    with pytest.raises(Invalid, match="needs a plain name"):
        put("employees", {"code": "E", "name": "e", "attr_a\tb": 1})


@pytest.mark.parametrize("lacking", ["inspection_code", "severity"])
def test_a_member_of_a_set_lacks_nothing(api: TestClient, admin: dict[str, str], site: Put, lacking: str) -> None:
    _send(api, admin, "inspections", INSPECTION)
    finding = {"inspection_code": "I1", "severity": "minor"}
    answer = _send(api, admin, "findings", {name: value for name, value in finding.items() if name != lacking})
    assert answer.status_code == 422
    assert answer.json()["violations"] == [
        {"table": "findings", "row": 1, "column": lacking, "value": None, "problem": "is required"}
    ]


def test_no_more_units_fail_than_were_looked_at(put: Put) -> None:
    with pytest.raises(Invalid, match="column sample_size, value '3': is less than nonconforming; correct one"):
        put("inspections", {"code": "I1", "kind": "patrol", "sample_size": 3, "nonconforming": 4})


def test_an_employee_reports_in_their_own_name_or_none(api: TestClient, employee: dict[str, str]) -> None:
    assert _send(api, employee, "difficulty-reports", REPORT | {"reported_by": "007"}).status_code == 201
    assert _send(api, employee, "difficulty-reports", REPORT | {"code": "D2"}).status_code == 201
    other = _send(api, employee, "difficulty-reports", REPORT | {"code": "D3", "reported_by": "008"})
    assert other.status_code == 403
    assert "own name" in other.json()["detail"]


def test_an_employee_changes_no_report(api: TestClient, employee: dict[str, str], admin: dict[str, str]) -> None:
    _send(api, admin, "difficulty-reports", REPORT)
    answer = _send(api, employee, "difficulty-reports", REPORT | {"code": "D2"}, {"code": "D1", "process_code": "P1"})
    assert answer.status_code == 403
    assert "D1 is recorded already" in answer.json()["detail"]
    assert api.get("/api/v1/difficulty-reports/D2", headers=admin).status_code == 404
    issue = {"code": "Q1", "kind": "near_miss", "occurred_at": "2026-01-05T00:00:00Z", "severity": "low", "text": "x"}
    assert [_send(api, employee, "issues", issue).status_code for _ in range(2)] == [201, 403]

"""Whatever is sent, the answer is one that the API's description names; nothing breaks it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.problems import problem

Headers = dict[str, str]


@pytest.fixture
def admin(api: TestClient, signed_in: Callable[[str], Headers]) -> Headers:
    return signed_in("admin")


@pytest.fixture
def described(api: TestClient) -> dict[str, Any]:
    return dict(api.get("/openapi.json").json())


def _operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


#: what could be meant as a value and is not
HOSTILE = ["%00", "%ED%A0%80", "%F0%9F%92%A9", "-1", "0", str(2**62), str(2**64), "9" * 400, "NaN", "a" * 5000, "%20",
           "..%2F..", "'; DROP TABLE x; --", "%E2%80%8B"]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_no_address_breaks_it(api: TestClient, admin: Headers, described: dict[str, Any], value: str) -> None:
    for path, method, operation in _operations(described):
        if "{" not in path:
            continue
        address = "/".join(value if "{" in part else part for part in path.split("/"))
        body = {"json": {}} if "requestBody" in operation else {}
        answer = api.request(method, address, headers=admin | {"If-Match": "*"}, **body)
        assert answer.status_code < 500, (method, path)


QUERIES = [f"{name}={value}" for name in ("cursor", "updated_since", "limit", "missed", "target", "inspection_code")
           for value in ("", "%00", "%ED%A0%80", "9" * 400, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00",
                         "1e400", "-1", "W10", "null")]


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_no_query_breaks_it(api: TestClient, admin: Headers, query: str) -> None:
    for table in ("inspections", "employees", "findings", "plans", "decisions", "scorings", "suggestions",
                  "inspection-queue", "issue-cases", "process-change-requests"):
        answer = api.get(f"/api/v1/{table}?{query}", headers=admin)
        assert answer.status_code < 500, (table, query)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"


BODIES = [
    "", "null", "[]", "7", '"text"', "{", "[" * 50_000, '{"a":' * 20_000, '{"rows": {}}', '{"rows": []}',
    '{"rows": [null]}', '{"rows": [[]]}', '{"rows": [{"code": "\\ud800"}]}', '{"\\ud800": 1}', '{"a\\u0000": 1}',
    '{"rows": [{"\\udfff": 1}]}', '{"rows": [{"code": "X", "attributes": {"\\ud800": 1}}]}',
    '{"rows": [{"code": "X", "attributes": {"a": "\\ud800"}}]}', "1" * 10_000, f'{{"suggestions": [{"9" * 5000}]}}',
    f'{{"suggestions": [{2**63}]}}', '{"suggestions": [1, 1, 1], "due_on": "9999-12-31", "reason": "x"}',
    '{"suggestions": [1], "due_on": "0001-01-01"}', '{"result": "passed", "score": NaN}',
    '{"result": "passed", "score": 1e999}', '{"result": "passed", "completed_at": "9999-12-31T23:59:59-23:59"}',
    '{"result": "passed", "completed_at": "0001-01-01T00:00:00+14:00"}', '{"reason": "\\u200b"}',
    '{"result": "pass", "sample_size": 1e300}', '{"title": "\\u0000", "reason": "x"}', "\ufeff{}",
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_no_body_breaks_it(
    api: TestClient, admin: Headers, described: dict[str, Any], body: str
) -> None:
    headers = admin | {"Content-Type": "application/json", "If-Match": "*"}
    for path, method, operation in _operations(described):
        if "requestBody" in operation:
            address = path.replace("{suggestion_id}", "1").replace("{code}", "X")
            answer = api.request(method, address, content=body.encode(), headers=headers)
            assert 400 <= answer.status_code < 500, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            assert str(answer.status_code) in operation["responses"], (method, path, answer.status_code)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"\x80", b'{"rows": "\xed\xa0\x80"}'])
def test_nor_bytes_that_are_no_text(api: TestClient, admin: Headers, body: bytes) -> None:
    headers = admin | {"Content-Type": "application/json"}
    assert api.post("/api/v1/employees", content=body, headers=headers).status_code in {400, 422}


def test_what_is_no_text_is_told_as_far_as_it_can_be() -> None:
    told = problem(422, "unreadable", "a\ud800b", violations=[{"place": "\udfff"}])
    assert bytes(told.body).decode().count("?") == 2


def test_every_problem_is_declared_as_one(described: dict[str, Any]) -> None:
    for path, method, operation in _operations(described):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                content = answer["content"]["application/problem+json"]["schema"]
                assert content == {"$ref": "#/components/schemas/Problem"}, (method, path, status)
        assert {"503"} <= set(operation["responses"]), path
        sessions = "/training-sessions/{code}/" in path and method == "post"
        as_read = method == "patch" or sessions or path.endswith(("/steps", "/quality-reports/{code}/closing"))
        assert ("428" in operation["responses"]) == as_read, path
    assert "HTTPValidationError" not in str(described)


def test_what_is_sent_is_closed(described: dict[str, Any]) -> None:
    """No request takes a field that is not described (`SignIn` belongs to `people`)."""
    for path, method, operation in _operations(described):
        if "requestBody" not in operation or path.endswith("/tokens"):
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        for one in schema.get("oneOf", [schema]):
            named = described["components"]["schemas"][one["$ref"].rsplit("/", 1)[-1]]
            assert named["additionalProperties"] is False, (method, path)


def test_a_method_that_is_not_there_says_which_are(api: TestClient, admin: Headers) -> None:
    answer = api.delete("/api/v1/plans", headers=admin)
    assert (answer.status_code, answer.json()["type"]) == (405, "urn:retrace:problem:method-not-allowed")
    assert answer.headers["Allow"]


def test_who_has_not_signed_in_is_told_how(application: FastAPI) -> None:
    with TestClient(application) as client:
        answer = client.get("/api/v1/employees")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")

"""What every request passes: its name, the limit on its body, the headers of its answer, its log line and its count."""

import asyncio
import json
import logging
import re
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from starlette.types import Message

from service.errors import RetraceError
from service.people.tables import Department

Headers = Callable[[str], dict[str, str]]

HTML = {"Accept": "text/html"}
MIB = 2**20


class Busy(RetraceError):
    """Asked too often."""

    status = 429
    kind = "too-many"


@pytest.fixture
def broken(own_api: TestClient) -> TestClient:
    """The application with addresses at which something goes wrong."""
    app: Any = own_api.app

    def raising(error: Exception) -> Callable[[], None]:
        def fail() -> None:
            raise error

        return fail

    errors = {"fail": RuntimeError("secret detail"), "busy": Busy("Wait."), "pool": PoolTimeout("QueuePool limit"),
              "away": OperationalError("SELECT 1", {}, Exception("connection refused"))}
    for name, error in errors.items():
        for prefix in ("/api/v1", ""):
            app.get(f"{prefix}/{name}")(raising(error))
    return TestClient(app, raise_server_exceptions=False)


def test_a_request_keeps_its_name_or_gets_one(api: TestClient) -> None:
    assert api.get("/healthz", headers={"X-Request-Id": "from-client.1"}).headers["x-request-id"] == "from-client.1"
    for unfit in ("short", "a" * 65, "with space in it", "line\tbreak-it"):
        given = api.get("/healthz", headers={"X-Request-Id": unfit}).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{32}", given)


PLACES = ["/api/v1/employees", "/api/v1/none", "/login", "/static/mark.svg", "/none", "/healthz", "/docs",
          "/api/v1/fail", "/fail", "/api/v1/away"]


@pytest.mark.parametrize("place", PLACES)
def test_every_answer_is_guarded_and_named(broken: TestClient, place: str) -> None:
    headers = broken.get(place).headers
    for name, value in {
        "x-content-type-options": "nosniff", "referrer-policy": "same-origin", "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
    }.items():
        assert headers.get_list(name) == [value]
    (policy,) = headers.get_list("content-security-policy")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "strict-transport-security" not in headers
    assert "x-request-id" in headers
    if place.startswith("/api/"):
        assert headers["cache-control"] == "no-store"
        assert policy == "default-src 'none'; frame-ancestors 'none'"


def test_encrypted_answers_ask_for_encryption(api: TestClient) -> None:
    assert TestClient(api.app, base_url="https://testserver").get("/healthz").headers["strict-transport-security"]


def _pieces(size: int) -> Iterator[bytes]:
    piece = b" " * MIB
    yield b'{"rows": [{"code": "BIG", "name": "Big", "function": "operations"}]'
    for _ in range(size // MIB):
        yield piece
    yield b"}"


@pytest.mark.parametrize(("announced", "most"), [(True, 0), (False, 9 * MIB)])
def test_a_body_beyond_the_limit_is_refused_whole(
    api: TestClient, session: Session, signed_in: Headers, announced: bool, most: int
) -> None:
    """200 MB, announced or in chunks: neither is read to its end, held in memory, or stored."""
    given = signed_in("admin") | {"Content-Type": "application/json"}
    given |= {"Content-Length": str(200 * MIB)} if announced else {"Transfer-Encoding": "chunked"}
    pieces, read, sent = _pieces(200 * MIB), 0, []

    async def receive() -> Message:
        nonlocal read
        piece = next(pieces)
        read += len(piece)
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(name.lower().encode(), value.encode()) for name, value in given.items()]
    scope = {"type": "http", "method": "POST", "path": "/api/v1/departments", "raw_path": b"/api/v1/departments",
             "query_string": b"", "headers": headers, "scheme": "http", "root_path": "", "http_version": "1.1",
             "server": ("testserver", 80), "client": ("testclient", 1)}
    tracemalloc.start()
    with ThreadPoolExecutor(1) as own:  # the browser tests leave their loop running in this thread
        own.submit(lambda: asyncio.run(api.app(scope, receive, send))).result()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    start, body = sent
    assert (start["status"], dict(start["headers"])[b"content-type"]) == (413, b"application/problem+json")
    assert json.loads(body["body"])["type"] == "urn:retrace:problem:too-large"
    assert read <= most
    assert peak < 40 * MIB
    assert session.scalar(select(func.count()).select_from(Department)) == 0


def test_a_body_within_the_limit_passes(api: TestClient, signed_in: Headers) -> None:
    headers = signed_in("admin") | {"Content-Type": "application/json"}
    assert api.post("/api/v1/departments", content=_pieces(7 * MIB), headers=headers).status_code == 201


def test_a_browser_is_told_in_plain_text(api: TestClient) -> None:
    answer = api.post("/login", content=b"x", headers={"Content-Length": str(200 * MIB)})
    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("length", ["-1", "many", "1.5", "", "+3", "1,1"])
def test_a_content_length_that_is_no_number_is_refused(api: TestClient, length: str) -> None:
    assert api.post("/api/v1/tokens", content=b"{}", headers={"Content-Length": length}).status_code == 400


def test_a_content_length_beyond_all_numbers_is_too_large(api: TestClient) -> None:
    assert api.post("/api/v1/tokens", content=b"{}", headers={"Content-Length": "9" * 5000}).status_code == 413


@pytest.mark.parametrize(("name", "status", "after"), [("away", 503, "5"), ("pool", 503, "5"), ("busy", 429, "5")])
def test_who_should_try_again_is_told_when(broken: TestClient, name: str, status: int, after: str) -> None:
    answer = broken.get(f"/api/v1/{name}")
    assert (answer.status_code, answer.headers["retry-after"]) == (status, after)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "refused" not in answer.text


def test_a_browser_sees_a_page_while_the_database_is_away(broken: TestClient) -> None:
    answer = broken.get("/away", headers=HTML)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "<html" in answer.text
    assert "The database does not answer" in answer.text


def test_what_is_not_json_is_said(api: TestClient, signed_in: Headers) -> None:
    headers = signed_in("admin")
    cut = api.post("/api/v1/departments", content=b'{"rows": [', headers=headers | {"Content-Type": "application/json"})
    typed = api.post("/api/v1/departments", content=b"<rows/>", headers=headers | {"Content-Type": "text/xml"})
    assert (cut.status_code, cut.json()["type"]) == (400, "urn:retrace:problem:unreadable")
    assert (typed.status_code, typed.json()["type"]) == (415, "urn:retrace:problem:unsupported-type")


def test_a_method_nothing_takes_is_told_which_are_taken(api: TestClient) -> None:
    answer = api.put("/api/v1/tokens", json={})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json()["type"] == "urn:retrace:problem:method-not-allowed"


def test_asking_about_an_address_never_breaks(broken: TestClient) -> None:
    app: Any = broken.app
    for path in app.openapi()["paths"]:
        for method in ("HEAD", "OPTIONS"):
            assert broken.request(method, path.replace("{", "").replace("}", "")).status_code < 500, (method, path)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """What the requests so far left in the log."""
    caplog.set_level(logging.INFO, "retrace.request")
    return lambda: [vars(one) for one in caplog.records if one.name == "retrace.request"]


def test_a_log_line_names_the_route_and_nobody(
    broken: TestClient, signed_in: Headers, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    headers = signed_in("admin")
    for path in ("/api/v1/employees/E-LI-WEI?name=Li", "/static/mark.svg", "/LI-WEI", "/api/v1/fail", "/login"):
        broken.get(path, headers=headers)
    lines = logged()
    assert [(line["route"], line["status"], line["origin"]) for line in lines] == [
        ("/api/v1/employees/{code:path}", 404, "api"), ("/static", 200, "console"), ("unmatched", 404, "console"),
        ("/api/v1/fail", 500, "api"), ("/login", 200, "console"),
    ]
    assert all(line["ms"] >= 0 and line["method"] == "GET" for line in lines)
    assert "LI-WEI" not in json.dumps(lines, default=str)


def test_a_log_line_holds_the_account(
    api: TestClient, signed_in: Headers, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    token = signed_in("people")["Authorization"].removeprefix("Bearer ")
    api.cookies.set("retrace_session", token)
    assert api.get("/", headers=HTML).status_code == 200
    (line,) = [line for line in logged() if line["status"] == 200]
    assert isinstance(line["account"], int)


def test_requests_are_counted_by_route(broken: TestClient) -> None:
    for path in ("/api/v1/employees/a", "/api/v1/employees/b", "/api/v1/fail", "/none"):
        broken.get(path)
    broken.request("INVENTED", "/none")
    told = broken.get("/metrics").text
    counted = {
        tuple(re.findall('"([^"]*)"', labels)): float(value)
        for labels, value in re.findall(r"^retrace_requests_total\{(.*)\} (\S+)$", told, re.M)
    }
    assert counted == {
        ("GET", "/api/v1/employees/{code:path}", "401"): 2, ("GET", "/api/v1/fail", "500"): 1,
        ("GET", "unmatched", "404"): 1, ("other", "unmatched", "404"): 1,
    }
    assert 'retrace_request_seconds_bucket{le="+Inf",method="GET",route="/api/v1/employees/{code:path}"} 2.0' in told
    assert "retrace_requests_in_progress 1.0" in told

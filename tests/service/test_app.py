"""How what goes wrong below leaves the application: as a problem for programs, as a page for browsers."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from service.console.origin import FORM_COOKIE, PROOF, proof

Headers = Callable[[str], dict[str, str]]

HTML = {"Accept": "text/html"}


@pytest.fixture
def broken(own_api: TestClient, session: Session) -> TestClient:
    """The application with addresses at which something goes wrong, as a client that gets the answers."""
    app: Any = own_api.app

    def clash() -> None:
        with session.begin_nested():
            session.execute(text("INSERT INTO departments (code, name) VALUES ('A', 'a'), ('A', 'a')"))

    def fail() -> None:
        raise RuntimeError("secret detail")

    for prefix in ("/api/v1", ""):
        app.get(f"{prefix}/clash")(clash)
        app.get(f"{prefix}/fail")(fail)
    return TestClient(app, raise_server_exceptions=False)


def test_a_clash_in_the_database_is_a_conflict(broken: TestClient) -> None:
    answer = broken.get("/api/v1/clash")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:retrace:problem:conflict"
    assert answer.json()["detail"] == "Somebody else recorded the same at this moment; reload and try again."
    page = broken.get("/clash", headers=HTML)
    assert page.status_code == 409
    assert "reload and try again" in page.text
    assert "<html" in page.text


def test_the_unexpected_is_told_without_details(broken: TestClient) -> None:
    answer = broken.get("/api/v1/fail")
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:retrace:problem:unexpected"
    assert "secret" not in answer.text
    assert broken.get("/fail").text == "Internal Server Error"


def test_the_unexpected_still_reaches_the_servers_log(broken: TestClient) -> None:
    with pytest.raises(RuntimeError, match="secret detail"):
        TestClient(broken.app).get("/api/v1/fail")


@pytest.mark.parametrize("address", ["/api/v1/employees/a%00b", "/api/v1/inspections/%00"])
def test_a_nul_in_an_address_is_refused(api: TestClient, signed_in: Headers, address: str) -> None:
    assert api.get(address, headers=signed_in("admin")).status_code == 422


def test_a_nul_in_a_login_is_refused(api: TestClient) -> None:
    said = {"login": "a\0b", "password": "x"}
    assert api.post("/api/v1/tokens", json=said).status_code in {401, 422}
    form = {PROOF: proof("browser"), **said}
    headers = HTML | {"Origin": "http://testserver", "Cookie": f"{FORM_COOKIE}=browser"}
    page = api.post("/login", data=form, headers=headers)
    assert page.status_code in {401, 422}
    assert "<html" in page.text


def test_a_nul_where_a_result_is_recorded_is_refused(api: TestClient, signed_in: Headers) -> None:
    answer = api.post("/api/v1/inspections/a%00b/result", json={"result": "pass"}, headers=signed_in("admin"))
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"

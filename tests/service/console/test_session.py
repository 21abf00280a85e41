"""Who gets in, from where, and what every page carries."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.access import COOKIE
from service.console.origin import FORM_COOKIE, PROOF, proof, safe_next
from service.suggestions.tables import Decision
from tests.service.console.conftest import signed_in


def test_a_stranger_is_sent_to_sign_in_and_back(client: TestClient) -> None:
    asked = client.get("/quality?limit=20")
    assert (asked.status_code, asked.headers["location"]) == (303, "/login?next=/quality%3Flimit%3D20")
    assert 'value="/quality?limit=20"' in client.get(asked.headers["location"]).text


def test_a_stranger_at_the_api_still_gets_problem_details(client: TestClient) -> None:
    answer = client.get("/api/v1/suggestions")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_ended_session_sends_the_whole_page_to_sign_in(client: TestClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/planner"}
    answer = client.post("/planner/accept", data={"suggestions": "1"}, headers=headers)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/login?next=/planner")


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: TestClient) -> None:
    form = {"login": "hua", "password": "correct horse"}
    cookie = client.post("/login", data=form).headers["set-cookie"]
    assert cookie.startswith(COOKIE)
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    assert "Secure" in client.post("https://testserver/login", data=form).headers["set-cookie"]


def test_signing_out_ends_the_session_on_the_server_too(planner: TestClient) -> None:
    secret = planner.cookies[COOKIE]
    planner.post("/logout")
    planner.cookies.set(COOKIE, secret)
    assert planner.get("/planner").headers["location"].startswith("/login")


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil", "evil", "", None, "/api/v1/me"]
)
def test_only_pages_of_this_site_are_gone_on_to(address: str | None) -> None:
    assert safe_next(address) == "/"


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
     {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"}],
)
def test_forms_of_other_sites_are_refused(planner: TestClient, headers: dict[str, str]) -> None:
    assert planner.post("/planner/accept", data={"suggestions": "1"}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("login", "address", "status"),
    [("hua", "/planner", 200), ("hua", "/quality", 403), ("qian", "/quality", 200), ("qian", "/planner", 403),
     ("olu", "/quality", 200), ("olu", "/quality/inspections/INS-001", 403), ("emma", "/", 200),
     ("emma", "/planner", 403), ("ada", "/planner", 200)],
)
def test_each_role_opens_its_pages(client: TestClient, login: str, address: str, status: int) -> None:
    answer = signed_in(client, login).get(address)
    assert answer.status_code == status
    assert "<html" in answer.text


def test_every_page_says_what_it_may_load(client: TestClient) -> None:
    for address in ("/login", "/nowhere"):
        headers = client.get(address).headers
        assert headers["content-security-policy"].startswith("default-src 'self'; ")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
    assert client.get("/static/console.css").headers["x-content-type-options"] == "nosniff"


def test_an_unexpected_error_is_a_page_that_tells_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("service.console.home.inspections.tally", broken)
    signed_in(client, "ada")
    quiet = TestClient(client.app, raise_server_exceptions=False, cookies=client.cookies)
    answer = quiet.get("/", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "secret detail" not in answer.text


@pytest.mark.parametrize("planted", ["", "0" * 64, "another session's", "from before the session"])
def test_a_form_that_was_not_made_for_this_session_changes_nothing(
    client: TestClient, planner: TestClient, session: Session, planted: str
) -> None:
    client.get("/login")
    proofs = {"another session's": proof("rt_other"), "from before the session": proof("browser")}
    planner.cookies.set(FORM_COOKIE, "browser")
    before = session.scalar(select(func.count()).select_from(Decision))
    given = proofs.get(planted, planted)
    for address in ("/planner/accept", "/planner/1/dismiss", "/quality/inspections/INS-001", "/password"):
        data = {PROOF: given, "suggestions": "1", "reason": "x", "result": "pass"}
        assert planner.post(address, data=data).status_code == 403
    assert session.scalar(select(func.count()).select_from(Decision)) == before


def test_a_session_planted_before_signing_in_is_never_valid(client: TestClient) -> None:
    client.cookies.set(COOKIE, "rt_planted")
    signed_in(client, "hua")
    fresh = client.cookies.get(COOKIE, domain="testserver.local") or [
        one.value for one in client.cookies.jar if one.name == COOKIE
    ][-1]
    assert fresh != "rt_planted"
    client.cookies.clear()
    client.cookies.set(COOKIE, "rt_planted")
    assert client.get("/planner").headers["location"].startswith("/login")


def test_signing_in_again_ends_the_session_before(client: TestClient) -> None:
    signed_in(client, "hua")
    before = client.cookies[COOKIE]
    signed_in(client, "hua")
    after = client.cookies[COOKIE]
    assert before != after
    client.cookies.clear()
    client.cookies.set(COOKIE, before)
    assert client.get("/planner").status_code == 303

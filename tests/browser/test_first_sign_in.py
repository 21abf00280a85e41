"""Signing in for the first time: with a one-time password, and by a provider on another site."""

import threading
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.people import oidc
from service.people.actions import add_account
from service.settings import settings
from tests.browser.conftest import Open, sign_in
from tests.browser.test_pages import FAULTS
from tests.service.people.test_oidc import SECRET, Answers, Provider


def _newcomer(engine: Engine, login: str, password: str | None) -> None:
    with Session(engine) as session, session.begin():
        account = add_account(session, login, "Noor Haddad", "quality", password)
        account.must_change_password = password is not None


def test_a_one_time_password_is_changed_before_anything_else(open_page: Open, site_engine: Engine) -> None:
    _newcomer(site_engine, "noor", "given")
    page = open_page("/login")
    sign_in(page, "noor", "given")
    page.goto("/quality")
    expect(page.get_by_role("heading", name="Choose a password")).to_be_visible()
    assert page.evaluate(FAULTS) == []
    for new, again, says in (("short", "short", "too short"), ("a sentence of mine", "another", "the same way twice")):
        page.get_by_label("Password now").fill("given")
        page.get_by_label("New password", exact=True).fill(new)
        page.get_by_label("New password, again").fill(again)
        page.get_by_role("button", name="Change password").click()
        expect(page.get_by_role("alert")).to_contain_text(says)
        expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Password now").fill("given")
    page.get_by_label("New password", exact=True).fill("a sentence of mine")
    page.get_by_label("New password, again").fill("a sentence of mine")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status")).to_contain_text("Your password is changed")
    page.goto("/quality")
    expect(page.get_by_role("heading", name="QA queue")).to_be_visible()


class Asking(Answers):
    """A provider at which whoever comes is signed in already, and sent back at once."""

    def do_GET(self) -> None:  # noqa: N802
        if not self.path.startswith("/authorize"):
            super().do_GET()
            return
        code, state = self.server.grant(self.path)
        (back,) = parse_qs(urlsplit(self.path).query)["redirect_uri"]
        self.send_response(302)
        self.send_header("Location", f"{back}?{urlencode({'code': code, 'state': state})}")
        self.end_headers()


@pytest.fixture
def provider(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """A provider on another site: for cookies, `localhost` is another than `127.0.0.1`."""
    running = Provider()
    running.RequestHandlerClass = Asking
    running.issuer = f"http://localhost:{running.server_port}"
    threading.Thread(target=running.serve_forever, daemon=True).start()
    for name, value in (("ISSUER", running.issuer), ("CLIENT_SECRET", SECRET)):
        monkeypatch.setenv(f"RETRACE_OIDC_{name}", value)
    monkeypatch.setenv("RETRACE_PUBLIC_URL", address)
    for cached in (settings, oidc._discovered, oidc._keys):
        cached.cache_clear()
    yield running
    running.shutdown()
    running.server_close()
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize("scripts", [True, False])
def test_who_comes_back_from_the_provider_is_signed_in_and_where_they_wanted(
    open_page: Open, site_engine: Engine, provider: Provider, scripts: bool
) -> None:
    login = f"remote-{scripts}"
    _newcomer(site_engine, login, "never handed over")
    provider.claims = {"sub": login, "preferred_username": login}
    page = open_page("/quality", scripts=scripts)
    page.get_by_role("link", name="Sign in with your organisation").click()
    page.wait_for_url("**/quality")
    expect(page.get_by_role("heading", name="QA queue")).to_be_visible()

"""Signing in by a provider: the whole way through the console, and every token that must not hold."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from sqlalchemy import update
from sqlalchemy.orm import Session

from service.people import oidc
from service.people.actions import add_account
from service.people.tables import Account, OidcAttempt
from service.settings import settings

RSA, EC, FOREIGN = RSAKey.generate_key(2048), ECKey.generate_key("P-256"), RSAKey.generate_key(2048)
OURS = {"kid": "rsa", "use": "sig"}
KEYS = KeySet([RSAKey.import_key({**RSA.as_dict(), **OURS}), ECKey.import_key({**EC.as_dict(), "kid": "ec"})])
AT = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "between us"


class Provider(ThreadingHTTPServer):
    """A small identity provider: it gives codes to who asks, and tokens to who can redeem them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.asked: dict[str, dict[str, str]] = {}
        #: what it says of whoever signs in
        self.claims: dict[str, Any] = {"sub": "u1", "preferred_username": "ada"}

    def grant(self, address: str) -> tuple[str, str]:
        """Somebody signs in at the address they were sent to: the code and the state to come back with."""
        said = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert said["response_type"] == "code"
        assert said["code_challenge_method"] == "S256"
        code = f"code{len(self.asked)}"
        self.asked[code] = said
        return code, said["state"]


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        issuer = self.server.issuer
        told = {
            "/.well-known/openid-configuration": {
                "issuer": issuer, "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/jwks",
            },
            "/jwks": KEYS.as_dict(private=False),
        }.get(self.path)
        self._answer(200 if told else 404, told or {})

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        said = {name: values[0] for name, values in body.items()}
        basic = base64.b64encode(f"retrace:{SECRET}".encode()).decode()
        asked = self.server.asked.pop(said.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(said.get("code_verifier", "").encode()).digest())
        holds = (
            asked is not None and self.headers["Authorization"] == f"Basic {basic}"
            and asked["code_challenge"] == challenge.rstrip(b"=").decode()
            and asked["redirect_uri"] == said["redirect_uri"]
        )
        if not holds or asked is None:
            self._answer(400, {"error": "invalid_grant"})
            return
        moment = int(datetime.now(UTC).timestamp())
        claims = {"iss": self.server.issuer, "aud": "retrace", "exp": moment + 300, "iat": moment,
                  "nonce": asked["nonce"], **self.server.claims}
        token = jwt.encode({"alg": "RS256", "kid": "rsa"}, claims, RSA)
        self._answer(200, {"access_token": "x", "token_type": "Bearer", "id_token": token})

    def _answer(self, status: int, told: object) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """The provider, and the settings that name it."""
    running = Provider()
    threading.Thread(target=running.serve_forever, daemon=True).start()
    monkeypatch.setenv("RETRACE_OIDC_ISSUER", running.issuer)
    monkeypatch.setenv("RETRACE_OIDC_CLIENT_SECRET", SECRET)
    settings.cache_clear()
    oidc._discovered.cache_clear()
    oidc._keys.cache_clear()
    yield running
    running.shutdown()
    running.server_close()
    monkeypatch.undo()
    settings.cache_clear()


def _depart(api: TestClient) -> str:
    answer = api.get("/login/oidc?next=/quality", follow_redirects=False)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def _arrive(api: TestClient, code: str, state: str) -> Any:
    return api.get("/login/oidc/return", params={"code": code, "state": state}, follow_redirects=False)


def test_somebody_signs_in_and_goes_on_to_where_they_wanted(
    api: TestClient, session: Session, provider: Provider
) -> None:
    add_account(session, "ada", "Ada", "quality", None)
    arrived = _arrive(api, *provider.grant(_depart(api)))
    assert arrived.status_code == 200
    assert 'content="0; url=/quality"' in arrived.text
    assert api.get("/quality", headers={"Accept": "text/html"}).status_code == 200


def test_the_account_stays_the_one_first_linked(api: TestClient, session: Session, provider: Provider) -> None:
    add_account(session, "ada", "Ada", "quality", None)
    add_account(session, "eve", "Eve", "admin", None)
    assert _arrive(api, *provider.grant(_depart(api))).status_code == 200
    provider.claims = {"sub": "u1", "preferred_username": "eve"}  # renamed at the provider
    assert _arrive(api, *provider.grant(_depart(api))).status_code == 200
    assert api.get("/audit", headers={"Accept": "text/html"}).text.count("Ada")
    provider.claims = {"sub": "u2", "preferred_username": "ada"}  # somebody else who took the name
    refused = _arrive(api, *provider.grant(_depart(api)))
    assert refused.status_code == 403
    assert "no account here" in refused.text


@pytest.mark.parametrize("claims", [
    {"sub": "u9", "preferred_username": "nobody"}, {"sub": "u9"}, {"sub": "u9", "preferred_username": ["ada"]},
    {"sub": 7, "preferred_username": "ada"}, {"sub": "u9", "preferred_username": "gone"},
])
def test_no_account_is_made_or_guessed(
    api: TestClient, session: Session, provider: Provider, claims: dict[str, Any]
) -> None:
    add_account(session, "ada", "Ada", "quality", None)
    add_account(session, "gone", "Gone", "quality", None).disabled_at = AT
    session.flush()
    provider.claims = claims
    assert _arrive(api, *provider.grant(_depart(api))).status_code == 403


def test_a_sign_in_is_good_once_and_in_its_own_browser(api: TestClient, session: Session, provider: Provider) -> None:
    add_account(session, "ada", "Ada", "quality", None)
    code, state = provider.grant(_depart(api))
    cookie = api.cookies["retrace_sign_in"]
    api.cookies.clear()
    assert _arrive(api, code, state).status_code == 403  # another browser was led here
    api.cookies.set("retrace_sign_in", cookie)
    assert _arrive(api, code, state).status_code == 403  # used up by that
    assert _arrive(api, *provider.grant(_depart(api))).status_code == 200
    assert _arrive(api, "code", "never given").status_code == 403


def test_who_stays_too_long_begins_again(
    api: TestClient, session: Session, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_account(session, "ada", "Ada", "quality", None)
    code, state = provider.grant(_depart(api))
    monkeypatch.setattr("service.people.oidc.now", lambda: datetime.now(UTC) + timedelta(minutes=11))
    assert _arrive(api, code, state).status_code == 403


def test_a_code_of_another_sign_in_is_not_redeemed(api: TestClient, session: Session, provider: Provider) -> None:
    add_account(session, "ada", "Ada", "quality", None)
    stolen, _ = provider.grant(_depart(api))
    _, state = provider.grant(_depart(api))
    assert _arrive(api, stolen, state).status_code == 403


def test_a_provider_that_is_away_is_said_so(api: TestClient, provider: Provider) -> None:
    provider.shutdown()
    provider.server_close()
    answer = api.get("/login/oidc", follow_redirects=False)
    assert answer.status_code == 503


def test_where_none_is_set_up_there_is_none(api: TestClient) -> None:
    assert api.get("/login/oidc", follow_redirects=False).status_code == 404


CLAIMS: dict[str, Any] = {
    "iss": "https://id.example", "aud": "retrace", "sub": "u1", "nonce": "n", "iat": int(AT.timestamp()),
    "exp": int(AT.timestamp()) + 300,
}


def _claims_of(token: str) -> Any:
    return oidc.claims_of(token, KEYS, "https://id.example", "retrace", "n", AT)


def _signed(key: Any = RSA, header: dict[str, Any] | None = None, **changed: Any) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changed}.items() if value is not None}
    said = {"alg": "RS256", "kid": "rsa"} | (header or {})
    return jwt.encode(said, claims, key, algorithms=[said["alg"]])


def _url(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def _unsigned(alg: str) -> str:
    return ".".join(_url(json.dumps(part).encode()) for part in ({"alg": alg, "kid": "rsa"}, CLAIMS)) + "."


def _by_the_public_key() -> str:
    """What a careless verifier takes: an HMAC under the key that everybody may know."""
    told = _unsigned("HS256").rstrip(".")
    return f"{told}.{_url(hmac.new(RSA.as_pem(private=False), told.encode(), hashlib.sha256).digest())}"


FORGED: dict[str, Callable[[], str]] = {
    "no algorithm": lambda: _unsigned("none"),
    "no algorithm, in other letters": lambda: _unsigned("NoNe"),
    "the public key as a secret": _by_the_public_key,
    "expired": lambda: _signed(exp=int(AT.timestamp()) - 61),
    "without an end": lambda: _signed(exp=None),
    "of the future": lambda: _signed(iat=int(AT.timestamp()) + 3600),
    "not yet valid": lambda: _signed(nbf=int(AT.timestamp()) + 3600),
    "of another issuer": lambda: _signed(iss="https://evil.example"),
    "for somebody else": lambda: _signed(aud="another"),
    "for several, and another of them": lambda: _signed(aud=["retrace", "another"], azp="another"),
    "for several, and none of them": lambda: _signed(aud=["retrace", "another"]),
    "of another sign-in": lambda: _signed(nonce="other"),
    "of no sign-in": lambda: _signed(nonce=None),
    "of nobody": lambda: _signed(sub=None),
    "by an unknown key": lambda: _signed(FOREIGN, {"kid": "unknown"}),
    "by another key under our name": lambda: _signed(FOREIGN),
    "an elliptic signature under the other key's name": lambda: _signed(EC, {"alg": "ES256", "kid": "rsa"}),
    "cut": lambda: _signed()[:-4],
    "no token": lambda: "no.token.at.all",
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_token_that_does_not_hold_is_refused(
    forged: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("forged sign-in tokens refused", 1)
    assert _claims_of(_signed())["sub"] == "u1"
    assert _claims_of(_signed(EC, {"alg": "ES256", "kid": "ec"}))["sub"] == "u1"
    with pytest.raises(oidc.Refused):
        _claims_of(FORGED[forged]())


@pytest.mark.parametrize("token", [_signed(), _unsigned("none"), _by_the_public_key()])
def test_no_such_token_opens_the_api(api: TestClient, token: str) -> None:
    assert api.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_disabled_account_stays_out_though_it_was_linked(
    api: TestClient, session: Session, provider: Provider
) -> None:
    add_account(session, "ada", "Ada", "quality", None)
    assert _arrive(api, *provider.grant(_depart(api))).status_code == 200
    session.execute(update(Account).where(Account.login == "ada").values(disabled_at=AT))
    assert _arrive(api, *provider.grant(_depart(api))).status_code == 403
    assert session.query(OidcAttempt).count() == 0

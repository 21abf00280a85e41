"""Signing in by a provider that changes its keys, fails half way, or says what no provider should."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey, RSAKey
from sqlalchemy.orm import Session

from service.people import oidc
from service.people.actions import add_account, recognise, sign_in
from service.people.tables import Account
from service.people.throttle import WrongPassword
from tests.service.people.test_oidc import (
    CLAIMS,
    KEYS,
    Answers,
    Provider,
    _arrive,
    _depart,
    _signed,
    provider,  # noqa: F401 - a fixture
)

AT = datetime(2026, 1, 1, tzinfo=UTC)


def _newcomer(session: Session, login: str = "ada") -> Account:
    account = add_account(session, login, "Ada", "quality", "given")
    account.must_change_password = True
    session.flush()
    return account


def test_who_never_used_their_one_time_password_need_not_know_it(
    api: TestClient, session: Session, provider: Provider  # noqa: F811
) -> None:
    account = _newcomer(session)
    assert _arrive(api, *provider.grant(_depart(api))).status_code == 200
    assert api.get("/quality", headers={"Accept": "text/html"}, follow_redirects=False).status_code == 200
    session.refresh(account)
    assert (account.must_change_password, account.password_hash) == (False, None)
    with pytest.raises(WrongPassword):
        sign_in(session, "ada", "given", "api")


def test_a_password_of_ones_own_stays(
    api: TestClient, session: Session, provider: Provider  # noqa: F811
) -> None:
    add_account(session, "ada", "Ada", "quality", "a good sentence")
    assert _arrive(api, *provider.grant(_depart(api))).status_code == 200
    assert recognise(session, sign_in(session, "ada", "a good sentence", "api"))


def test_new_keys_of_the_provider_are_asked_for_once(
    api: TestClient, session: Session, provider: Provider, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:
    add_account(session, "ada", "Ada", "quality", None)
    asked: list[str] = []
    sets = iter([KeySet([RSAKey.generate_key(2048, {"kid": "of old"})]), KEYS])

    def keys(address: str) -> Any:
        if not address.endswith("/jwks"):
            return ask(address)
        asked.append(address)
        return next(sets).as_dict(private=False)

    ask = oidc._asked
    monkeypatch.setattr(oidc, "_asked", keys)
    assert _arrive(api, *provider.grant(_depart(api))).status_code == 200
    assert len(asked) == 2


@pytest.mark.parametrize("status", [500, 503])
def test_a_provider_that_fails_half_way_is_said_so(
    api: TestClient, session: Session, provider: Provider, monkeypatch: pytest.MonkeyPatch,  # noqa: F811
    status: int,
) -> None:
    add_account(session, "ada", "Ada", "quality", None)
    code, state = provider.grant(_depart(api))
    monkeypatch.setattr(Answers, "do_POST", lambda self: self._answer(status, {}))
    answer = _arrive(api, code, state)
    assert answer.status_code == 503
    assert "does not answer as it should" in answer.text
    assert int(answer.headers["retry-after"]) > 0


def test_a_provider_that_is_gone_on_the_way_back_is_said_so(
    api: TestClient, session: Session, provider: Provider  # noqa: F811
) -> None:
    add_account(session, "ada", "Ada", "quality", None)
    code, state = provider.grant(_depart(api))
    provider.shutdown()
    provider.server_close()
    assert _arrive(api, code, state).status_code == 503


def test_who_declines_at_the_provider_is_told_to_begin_again(
    api: TestClient, provider: Provider  # noqa: F811
) -> None:
    _, state = provider.grant(_depart(api))
    answer = api.get("/login/oidc/return", params={"error": "access_denied", "state": state})
    assert answer.status_code == 403
    assert "begin again" in answer.text


ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
MORE = KeySet([RSA, ED])


def _claims(token: str, keys: KeySet = MORE) -> Any:
    return oidc.claims_of(token, keys, "https://id.example", "retrace", "n", AT)


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize(("alg", "key"), [("PS256", RSA), ("RS256", RSA), ("EdDSA", ED), ("Ed25519", ED)])
def test_every_algorithm_we_say_we_take_is_taken(alg: str, key: Any) -> None:
    token = jwt.encode({"alg": alg, "kid": key.kid}, CLAIMS, key, algorithms=[alg])
    assert _claims(token)["sub"] == "u1"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted({*CLAIMS, "azp", "nbf"})), JSON, min_size=1))
def test_whatever_a_signed_token_claims_it_holds_or_is_refused(changed: dict[str, Any]) -> None:
    token = _signed(**changed)
    try:
        claims = _claims(token, KEYS)
    except oidc.Refused:
        return
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    assert "retrace" in audience
    assert (claims["iss"], claims["nonce"], claims.get("azp", "retrace")) == ("https://id.example", "n", "retrace")
    assert isinstance(claims["sub"], str)
    assert claims["exp"] >= AT.timestamp() - oidc.LEEWAY


@given(st.text(max_size=60) | st.lists(st.text("AZaz09-_", max_size=20), min_size=3, max_size=3).map(".".join))
def test_no_text_that_is_no_token_is_more_than_refused(text: str) -> None:
    with pytest.raises(oidc.Refused):
        _claims(text)

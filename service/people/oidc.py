"""Signing in by the site's own provider: OpenID Connect, authorization code with PKCE, state and nonce.

Sources: OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3; RFC 7636; RFC 8725 for what is asked of a token.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import Forbidden, Unavailable
from service.people.rules import digest
from service.people.tables import Account, OidcAttempt
from service.settings import Settings

#: signatures only a private key makes: no `none`, and no HMAC, for which a public key would do; the last two are the
#: old and the new name of one (RFC 9864)
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]

#: how far clocks may differ, in seconds
LEEWAY = 60

#: how long somebody may stay at the provider
ATTEMPT = timedelta(minutes=10)

_PATIENCE = 10
_KEPT_SECONDS = 600


class Refused(Forbidden):
    """A sign-in by the provider that does not hold."""


@dataclass(frozen=True)
class Provider:
    """Where the provider does what."""

    issuer: str
    authorization: str
    token: str
    jwks: str


@dataclass(frozen=True)
class Departure:
    """Where to send a browser, and what it must bring back in its cookie."""

    address: str
    cookie: str


def provider(given: Settings) -> Provider:
    """The configured provider, as it describes itself. Raises `Unavailable`."""
    issuer = (given.oidc_issuer or "").rstrip("/")
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise Unavailable("RETRACE_OIDC_ISSUER must be an https address; correct the setting.")
    return _discovered(issuer, int(monotonic() // _KEPT_SECONDS))


@lru_cache(maxsize=4)
def _discovered(issuer: str, _period: int) -> Provider:
    told = _asked(f"{issuer}/.well-known/openid-configuration")
    try:
        found = Provider(
            told["issuer"], told["authorization_endpoint"], told["token_endpoint"], told["jwks_uri"]
        )
    except KeyError as error:
        raise _away() from error
    if found.issuer.rstrip("/") != issuer:
        raise Unavailable("The sign-in provider calls itself by another name; correct RETRACE_OIDC_ISSUER.")
    return found


def _asked(address: str) -> Any:
    try:
        answer = requests.get(address, timeout=_PATIENCE)
        answer.raise_for_status()
        return answer.json()
    except (requests.RequestException, ValueError) as error:
        raise _away() from error


def _away() -> Unavailable:
    return Unavailable("The sign-in provider does not answer as it should; try again, or sign in with a password.")


@lru_cache(maxsize=4)
def _keys(address: str, _period: int) -> KeySet:
    try:
        return KeySet.import_key_set(_asked(address))
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise _away() from error


def depart(session: Session, given: Settings, going_to: str) -> Departure:
    """Begin a sign-in: remember it, and say where to go. Raises `Unavailable`."""
    asked, cookie = provider(given), secrets.token_urlsafe(32)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    session.execute(delete(OidcAttempt).where(OidcAttempt.expires_at <= now()))
    session.execute(insert(OidcAttempt).values(
        state_digest=digest(state), cookie_digest=digest(cookie), nonce=nonce, verifier=verifier, next=going_to,
        expires_at=now() + ATTEMPT,
    ))
    address, _ = _client(given).create_authorization_url(
        asked.authorization, state=state, nonce=nonce, code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    return Departure(str(address), cookie)


def _client(given: Settings) -> Any:
    return OAuth2Session(
        given.oidc_client_id, given.oidc_client_secret.get_secret_value(), scope="openid profile email",
        redirect_uri=f"{public_url(given)}/login/oidc/return",
    )


def public_url(given: Settings) -> str:
    """Where browsers reach the console."""
    return (given.public_url or f"http://127.0.0.1:{given.port}").rstrip("/")


def arrive(session: Session, given: Settings, state: str, code: str, cookie: str) -> tuple[Account, str]:
    """End a sign-in that began in the same browser: whose it is, and where they wanted to go.

    Raises `Refused`, and `Unavailable` where the provider does not answer.
    """
    attempt = session.execute(
        delete(OidcAttempt)
        .where(OidcAttempt.state_digest == digest(state))
        .returning(OidcAttempt.cookie_digest, OidcAttempt.nonce, OidcAttempt.verifier, OidcAttempt.next,
                   OidcAttempt.expires_at)
    ).one_or_none()
    if attempt is None or attempt.expires_at <= now() or attempt.cookie_digest != digest(cookie):
        raise Refused("This sign-in was not begun here, or took too long; begin again.")
    asked = provider(given)
    claims = verified(_redeemed(given, asked, code, attempt.verifier), asked, given.oidc_client_id, attempt.nonce)
    return _account(session, asked.issuer, claims, given.oidc_claim), attempt.next


def _redeemed(given: Settings, asked: Provider, code: str, verifier: str) -> str:
    """The id token a code is good for."""
    try:
        told = _client(given).fetch_token(asked.token, code=code, code_verifier=verifier, timeout=_PATIENCE)
        return str(told["id_token"])
    except requests.RequestException as error:
        raise _away() from error
    except Exception as error:
        raise Refused("The sign-in provider does not confirm this sign-in; begin again.") from error


def verified(id_token: str, asked: Provider, client_id: str, nonce: str) -> Mapping[str, Any]:
    """What an id token claims, once it is shown to be this provider's, for us, now and for this sign-in.

    An unknown key is asked for once more: providers change theirs. Raises `Refused`.
    """
    period = int(monotonic() // _KEPT_SECONDS)
    try:
        return claims_of(id_token, _keys(asked.jwks, period), asked.issuer, client_id, nonce, now())
    except Refused:
        _keys.cache_clear()
        return claims_of(id_token, _keys(asked.jwks, period), asked.issuer, client_id, nonce, now())


def claims_of(
    id_token: str, keys: KeySet, issuer: str, client_id: str, nonce: str, at: datetime
) -> Mapping[str, Any]:
    """The claims of a token that holds at a moment. Raises `Refused`."""
    try:
        claims = jwt.decode(id_token, keys, algorithms=ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            now=int(at.timestamp()), leeway=LEEWAY, iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": client_id}, exp={"essential": True}, iat={"essential": True},
            sub={"essential": True}, nonce={"essential": True, "value": nonce},
        ).validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Refused("The sign-in provider's answer does not hold; begin again.") from error
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id or not isinstance(claims["sub"], str):
        raise Refused("The sign-in provider's answer is for somebody else; begin again.")
    return claims


def _account(session: Session, issuer: str, claims: Mapping[str, Any], claim: str) -> Account:
    """The account that is linked to the sign-in; the first time, the one of the login it claims.

    A one-time password that was made for it and never used is void: nothing else asks for it any more.
    """
    subject = f"{issuer}|{claims['sub']}"
    enabled = select(Account).where(Account.disabled_at.is_(None))
    linked = session.scalar(enabled.where(Account.oidc_subject == subject))
    if linked is not None:
        return _without_one_time_password(session, linked)
    known = session.scalar(select(Account.id).where(Account.oidc_subject == subject))
    login = claims.get(claim)
    unlinked = enabled.where(Account.login == login, Account.oidc_subject.is_(None)).with_for_update()
    found = session.scalar(unlinked) if known is None and isinstance(login, str) else None
    if found is None:
        raise Refused("Your sign-in has no account here; ask an administrator.")
    found.oidc_subject = subject
    return _without_one_time_password(session, found)


def _without_one_time_password(session: Session, account: Account) -> Account:
    if account.must_change_password:
        account.password_hash, account.must_change_password = None, False
    session.flush()
    return account

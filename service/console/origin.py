"""Forms are only taken from our own pages.

The session cookie is SameSite=Strict already; this is the second lock, and the third. Browsers say where a POST comes
from in Sec-Fetch-Site (on https and loopback) or Origin; what sends neither is no browser and carries nobody's cookie
unasked. And every form carries a proof that only a page made for this session, or for this browser before it, can hold.
"""

import hmac
from hashlib import sha256
from urllib.parse import SplitResult, urlsplit

from fastapi import Request

from service.access import COOKIE
from service.errors import Forbidden

#: what a browser's forms are bound to before it has a session
FORM_COOKIE = "retrace_form"

#: the field that carries the proof
PROOF = "proof"


class Forged(Forbidden):
    """A form that was not made by a page of ours for who sends it."""

    kind = "forged"


def proof(secret: str) -> str:
    """The proof that a form was made for whoever holds a cookie."""
    return hmac.new(secret.encode(), b"csrf", sha256).hexdigest()


async def unforged(request: Request) -> None:
    """Let pass what changes nothing, or was made for this session. Raises `Forged`."""
    await _refuse_forged(request, COOKIE)


async def unforged_before_session(request: Request) -> None:
    """The same of a form made before there was a session. Raises `Forged`."""
    await _refuse_forged(request, FORM_COOKIE)


async def unforged_either_way(request: Request) -> None:
    """The same of a form that stands on all pages. Raises `Forged`."""
    await _refuse_forged(request, COOKIE, FORM_COOKIE)


async def _refuse_forged(request: Request, *cookies: str) -> None:
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    given = str((await request.form()).get(PROOF, ""))
    secrets = [request.cookies[name] for name in cookies if request.cookies.get(name)]
    if not any(hmac.compare_digest(proof(secret).encode(), given.encode()) for secret in secrets):
        raise Forged("This form is no longer valid; open the page again and send it once more.")


def same_origin(request: Request) -> None:
    """Let pass what changes nothing, or comes from our own pages. Raises `Forged`."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        ours = site in {"same-origin", "none"}
    else:
        ours = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not ours:
        raise Forged("This form was sent from another site; open the page here and send it again.")


def place(url: SplitResult) -> str:
    """A page's path and query, without its origin."""
    return f"{url.path}?{url.query}" if url.query else url.path


def safe_next(address: str | None) -> str:
    """Where to go after signing in: a page of this site, else the first one."""
    if address and address.startswith("/") and not address.startswith(("//", "/api/")):
        plain = address.isprintable() and "\\" not in address and " " not in address
        return address if plain and not urlsplit(address).netloc else "/"
    return "/"

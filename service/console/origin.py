"""Forms are only taken from our own pages.

The session cookie is SameSite=Strict already; this is the second lock. Browsers say where a POST comes from in
Sec-Fetch-Site (on https and loopback) or Origin; what sends neither is no browser and carries nobody's cookie unasked.
"""

from urllib.parse import urlsplit

from fastapi import Request

from service.errors import Forbidden


def same_origin(request: Request) -> None:
    """Let pass what changes nothing, or comes from our own pages. Raises `Forbidden`."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        ours = site in {"same-origin", "none"}
    else:
        ours = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not ours:
        raise Forbidden("This form was sent from another site; open the page here and send it again.")


def safe_next(address: str | None) -> str:
    """Where to go after signing in: a page of this site, else the first one."""
    if address and address.startswith("/") and not address.startswith(("//", "/api/")):
        plain = address.isprintable() and "\\" not in address and " " not in address
        return address if plain and not urlsplit(address).netloc else "/"
    return "/"

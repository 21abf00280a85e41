"""A confirmation that outlives one redirect: kept in a cookie for a minute, shown once."""

import base64
import binascii
import json

from fastapi import Request
from fastapi.responses import RedirectResponse

from service.console.words import NOTE_COOKIE, NOTES


def confirmed(request: Request, address: str, kind: str, **said: str | int) -> RedirectResponse:
    """Go on to a page that will show what was done."""
    response = RedirectResponse(address, 303)
    packed = base64.urlsafe_b64encode(json.dumps({"kind": kind, **said}).encode()).decode()
    response.set_cookie(
        NOTE_COOKIE, packed, max_age=60, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return response


def take(request: Request) -> dict[str, str | int] | None:
    """The note the request carries, if it is one of ours."""
    try:
        note = json.loads(base64.urlsafe_b64decode(request.cookies.get(NOTE_COOKIE, "")))
    except (ValueError, binascii.Error):
        return None
    return note if isinstance(note, dict) and note.get("kind") in NOTES else None

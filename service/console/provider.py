"""Signing in by the site's provider: off to it, and back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from service import access
from service.access import Transaction, public
from service.console.origin import safe_next
from service.console.pages import page, refused
from service.console.session import keep
from service.errors import NotFound, RetraceError
from service.people import actions, oidc
from service.settings import settings


def provided() -> None:
    """Let pass where a provider is set up and answers. Raises `NotFound`, and `Unavailable`.

    It is asked before the request has a transaction: one that hangs must not hold the database's connections too.
    """
    if settings().oidc_issuer is None:
        raise NotFound("Signing in by a provider is not set up here; sign in with a password.")
    oidc.provider(settings())


router = APIRouter(include_in_schema=False, prefix="/login/oidc", dependencies=[Depends(public), Depends(provided)])

#: ties a sign-in to the browser it was begun in; lax, because it comes back from another site
COOKIE = "retrace_sign_in"


@router.get("")
def depart(request: Request, transaction: Transaction, next: str | None = None) -> Response:  # noqa: A002
    """Off to the provider."""
    departure = oidc.depart(transaction, settings(), safe_next(next))
    response = RedirectResponse(departure.address, 303)
    response.set_cookie(
        COOKIE, departure.cookie, max_age=int(oidc.ATTEMPT.total_seconds()), httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


@router.get("/return")
def arrive(
    request: Request, transaction: Transaction, state: Annotated[str, Query(max_length=500)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """Back from the provider, with a code that it confirms.

    The answer is a page of ours that goes on by itself: the session's cookie is not sent where another site leads.
    """
    try:
        account, going_to = oidc.arrive(transaction, settings(), state, code, request.cookies.get(COOKIE, ""))
    except RetraceError as error:
        return refused(request, "login.html", error, next="/", login="")
    actions.sign_out(transaction, request.cookies.get(access.COOKIE, ""))
    response = page(request, "signed_in.html", going_to=safe_next(going_to))
    keep(request, response, actions.issue_token(transaction, account, "console"))
    response.delete_cookie(COOKIE)
    return response

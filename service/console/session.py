"""Signing in and out, and choosing a language."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from service import access
from service.access import Actor, Principal, Transaction, caller, public
from service.console import language
from service.console.origin import (
    FORM_COOKIE,
    safe_next,
    same_origin,
    unforged,
    unforged_before_session,
    unforged_either_way,
)
from service.console.pages import page, refused
from service.errors import Unauthorized
from service.people import actions
from service.people.rules import LIFETIMES
from service.people.throttle import TooMany

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin), Depends(public)])

_NEWCOMER, _ANYBODY = [Depends(unforged_before_session)], [Depends(unforged_either_way)]

#: a language is remembered for a year
_YEAR = 365 * 86_400


def signed_in(request: Request, actor: Actor) -> Principal:
    """Who looks at the page; error pages find them here too. Raises `Unauthorized`."""
    request.state.principal = actor
    return actor


#: what every page for people who have signed in depends on
MEMBERS = [Depends(same_origin), Depends(signed_in), Depends(unforged)]


@router.get("/login")
def ask(request: Request, next: str | None = None) -> Response:  # noqa: A002
    """The page to sign in on."""
    return page(request, "login.html", next=safe_next(next), login="", problems={})


@router.post("/login", dependencies=_NEWCOMER)
def sign_in(
    request: Request,
    transaction: Transaction,
    login: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002
) -> Response:
    """Sign in and go where one wanted to, or say that login or password is wrong."""
    try:
        secret = actions.sign_in(transaction, login.strip(), password, "console", caller(request))
    except (Unauthorized, TooMany) as error:
        return refused(request, "login.html", error, next=safe_next(next), login=login)
    actions.sign_out(transaction, request.cookies.get(access.COOKIE, ""))
    response = RedirectResponse(safe_next(next), 303)
    keep(request, response, secret)
    return response


def keep(request: Request, response: Response, secret: str) -> None:
    """Have the browser keep a session; what its forms were bound to before is void."""
    response.set_cookie(
        access.COOKIE, secret, max_age=int(LIFETIMES["console"].total_seconds()), httponly=True, samesite="strict",
        secure=request.url.scheme == "https",
    )
    response.delete_cookie(FORM_COOKIE)


@router.post("/logout", dependencies=_ANYBODY)
def sign_out(request: Request, transaction: Transaction) -> Response:
    """Forget the session, here and in the browser."""
    actions.sign_out(transaction, request.cookies.get(access.COOKIE, ""))
    response = RedirectResponse("/login", 303)
    response.delete_cookie(access.COOKIE)
    return response


@router.post("/language", dependencies=_ANYBODY)
def choose(
    request: Request,
    code: Annotated[str, Form(pattern="^(en|zh)$")],
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002
) -> Response:
    """Remember a language and go back."""
    response = RedirectResponse(safe_next(next), 303)
    response.set_cookie(
        language.COOKIE, code, max_age=_YEAR, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return response

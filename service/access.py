"""Who acts: the one door every request passes, what each role may do, and which departments it sees.

`people` keeps the accounts and knows how to recognise a token; it stands to the right of this module, so the
recognising function reaches it through the application (`app.state.recognise`).

A request's transaction begins seeing nothing. Recognising who asks opens it to their departments, by row-level
security: a list, a count, an export and a lookup by code cannot disagree, and no query has to remember it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session
from starlette.routing import BaseRoute

from service.db.context import EVERYWHERE, scope_of, tell
from service.errors import Conflict, Forbidden, RetraceError, Unauthorized

ROLES = ("operations", "quality", "people", "data", "employee", "admin")

#: the console keeps its token in this cookie
COOKIE = "retrace_session"


@dataclass(frozen=True)
class Principal:
    """A signed-in account: who acts, and in which role."""

    account_id: int
    login: str
    name: str
    role: str
    locale: str | None
    employee_code: str | None = None
    #: the departments it is for, those below them included; None: the whole site
    departments: frozenset[int] | None = None
    #: signed in with a password that was made for them
    must_change_password: bool = False

    def may(self, *roles: str) -> bool:
        """Whether the role is one of those given; an administrator may do everything."""
        return self.role in roles or self.role == "admin"


Recognise = Callable[[Session, str], Principal | None]

_bearer = HTTPBearer(auto_error=False, description="A token from POST /api/v1/tokens")


def session(request: Request) -> Iterator[Session]:
    """One transaction for the request, committed when it succeeded; it sees nothing until somebody is recognised."""
    if (within := getattr(request.state, "transaction", None)) is not None:
        yield from part_of(within, request)
        return
    engine: Engine = request.app.state.engine
    lasting: list[RetraceError] = []
    with Session(engine, expire_on_commit=False) as opened, opened.begin(), _kept(lasting):
        begin(opened, request)
        yield opened
    for error in lasting:
        raise error


def part_of(transaction: Session, request: Request) -> Iterator[Session]:
    """A request as a part of a transaction that somebody else commits."""
    lasting: list[RetraceError] = []
    with transaction.begin_nested(), _kept(lasting):
        begin(transaction, request)
        yield transaction
    for error in lasting:
        raise error


@contextmanager
def _kept(lasting: list[RetraceError]) -> Iterator[None]:
    """Hold back an error that must not undo what was written before it."""
    try:
        yield
    except RetraceError as error:
        if not error.lasting:
            raise
        lasting.append(error)


def begin(opened: Session, request: Request) -> None:
    """Close a transaction to everything, and tell its audit by which door and request it came."""
    origin = "api" if request.url.path.startswith("/api/") else "console"
    number = getattr(request.state, "request_id", "")
    tell(opened, scope="", account="", role="", reason="", origin=origin, request=number)


def caller(request: Request) -> str:
    """Where a request comes from; behind a proxy on this machine, what the server makes of its headers."""
    return request.client.host if request.client else ""


def opened_to(transaction: Session, principal: Principal) -> None:
    """Open a transaction to the departments somebody is for, and tell its audit who acts."""
    scope, account = scope_of(principal.departments), str(principal.account_id)
    tell(transaction, scope=scope, account=account, role=principal.role)


Transaction = Annotated[Session, Depends(session, scope="function")]


class Unstorable(RetraceError):
    """A value that no column can hold."""

    status = 422
    kind = "unreadable"


def explained(error: Exception) -> Exception:
    """What the database refused because of what somebody sent, as a user's error; any other error as it is."""
    if isinstance(error, IntegrityError):
        return Conflict("Somebody else recorded the same at this moment; reload and try again.")
    if isinstance(error, ProgrammingError) and _outside_scope(error):
        return Forbidden("This lies outside the departments your account is for; ask who is responsible for them.")
    if isinstance(error, DataError):
        return Unstorable("A value holds a character or a number that cannot be stored; correct it.")
    return error


def _outside_scope(error: ProgrammingError) -> bool:
    """Whether a row-level policy refused it; any other lack of privilege is our own mistake."""
    return isinstance(error.orig, InsufficientPrivilege) and "row-level security" in str(error.orig)


class PasswordChangeRequired(Forbidden):
    """A one-time password is good for choosing another, and for nothing else."""

    kind = "password-change-required"


def recognised_before_change(
    request: Request,
    transaction: Transaction,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal:
    """The account behind the request's bearer token, or behind the console's cookie.

    Raises `Unauthorized` where there is none.
    """
    secret = bearer.credentials if bearer else request.cookies.get(COOKIE)
    principal = found(request, transaction, secret)
    if principal is None:
        raise Unauthorized("Sign in first: send a valid bearer token.")
    request.state.principal = principal
    return principal


def found(request: Request, transaction: Session, secret: str | None) -> Principal | None:
    """The account behind a secret, with the transaction opened to its departments; None, and closed, without."""
    recognise: Recognise = request.app.state.recognise
    tell(transaction, scope=EVERYWHERE)  # who asks is looked up among all
    principal = recognise(transaction, secret) if secret else None
    if principal is None:
        tell(transaction, scope="")
    else:
        opened_to(transaction, principal)
    return principal


def recognised(actor: Annotated[Principal, Depends(recognised_before_change)]) -> Principal:
    """The account behind a request. Raises `Unauthorized`, and `PasswordChangeRequired` for a one-time password."""
    if actor.must_change_password:
        raise PasswordChangeRequired("Choose a password of your own first: POST /api/v1/me/password.")
    return actor


Actor = Annotated[Principal, Depends(recognised)]

#: also who still has a one-time password
Newcomer = Annotated[Principal, Depends(recognised_before_change)]


#: what a route declares that takes no sign-in, or no role
ANYONE, ANYBODY_SIGNED_IN = ("anyone",), ("signed in",)


def public() -> None:
    """Declares a route that needs no sign-in."""


#: what each dependency that declares a permission lets pass
_DECLARED: dict[Any, tuple[str, ...]] = {public: ANYONE, recognised_before_change: ANYBODY_SIGNED_IN}


def allow(*roles: str, whole_site: bool = False) -> Callable[[Principal], Principal]:
    """A dependency that lets only these roles (and administrators) pass; `whole_site`: only without departments.

    Raises `Forbidden` for others.
    """

    def permitted(actor: Actor) -> Principal:
        if not actor.may(*roles):
            takes = " or ".join(sorted(roles)) or "admin"
            raise Forbidden(f"The role {actor.role} may not do this; it takes {takes}.")
        if whole_site and actor.departments is not None:
            raise Forbidden("This concerns the whole site, and your account is for some departments only.")
        return actor

    _DECLARED[permitted] = tuple(sorted({*roles, "admin"}))
    return permitted


def permission(route: RouteContext) -> tuple[str, ...] | None:
    """The roles a route declares that it lets pass, the strictest declaration; None: it declares nothing."""
    found = [_DECLARED[call] for call in _calls(route.dependant) if call in _DECLARED]
    by_role = [declared for declared in found if declared not in (ANYONE, ANYBODY_SIGNED_IN)]
    return min(by_role, key=len) if by_role else max(found, default=None)


def _calls(dependant: Dependant) -> Iterator[Any]:
    """Everything a route depends on."""
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def served(routes: Sequence[BaseRoute]) -> Iterator[RouteContext]:
    """Every route of an application that runs code of ours; static files and the API's description do not."""
    return (route for route in iter_route_contexts(routes) if isinstance(route.original_route, APIRoute))


def refuse_undeclared(routes: Sequence[BaseRoute]) -> None:
    """Raise `RuntimeError` for a route that does not say who may use it: what is not declared is not served."""
    for route in served(routes):
        if permission(route) is None:
            raise RuntimeError(f"{sorted(route.methods or ())} {route.path} declares no permission (service.access)")

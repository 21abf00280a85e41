"""Who acts: the one door every request passes, and what each role may do.

`people` keeps the accounts and knows how to recognise a token; it stands to the right of this module, so the
recognising function reaches it through the application (`app.state.recognise`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

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

    def may(self, *roles: str) -> bool:
        """Whether the role is one of those given; an administrator may do everything."""
        return self.role in roles or self.role == "admin"


Recognise = Callable[[Session, str], Principal | None]

_bearer = HTTPBearer(auto_error=False, description="A token from POST /api/v1/tokens")


def session(request: Request) -> Iterator[Session]:
    """One transaction for the request, committed when it succeeded."""
    engine: Engine = request.app.state.engine
    with Session(engine, expire_on_commit=False) as opened, opened.begin():
        yield opened


Transaction = Annotated[Session, Depends(session, scope="function")]


class Unstorable(RetraceError):
    """A value that no column can hold."""

    status = 422
    kind = "unreadable"


def explained(error: Exception) -> Exception:
    """What the database refused because of what somebody sent, as a user's error; any other error as it is."""
    if isinstance(error, IntegrityError):
        return Conflict("Somebody else recorded the same at this moment; reload and try again.")
    if isinstance(error, DataError):
        return Unstorable("A value holds a character or a number that cannot be stored; correct it.")
    return error


def recognised(
    request: Request,
    transaction: Transaction,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal:
    """The account behind the request's bearer token, or behind the console's cookie.

    Raises `Unauthorized` where there is none.
    """
    secret = bearer.credentials if bearer else request.cookies.get(COOKIE)
    recognise: Recognise = request.app.state.recognise
    principal = recognise(transaction, secret) if secret else None
    if principal is None:
        raise Unauthorized("Sign in first: send a valid bearer token.")
    return principal


Actor = Annotated[Principal, Depends(recognised)]


def allow(*roles: str) -> Callable[[Principal], Principal]:
    """A dependency that lets only these roles (and administrators) pass. Raises `Forbidden` for others."""

    def permitted(actor: Actor) -> Principal:
        if not actor.may(*roles):
            raise Forbidden(f"The role {actor.role} may not do this; it takes {' or '.join(sorted(roles))}.")
        return actor

    return permitted

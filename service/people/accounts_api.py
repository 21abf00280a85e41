"""Routes: accounts, and one's own password and tokens."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status

from service.access import Actor, Newcomer, Transaction, allow, caller
from service.audit.reads import personal
from service.people import accounts, actions
from service.people.schemas import (
    AccountChanges,
    AccountGiven,
    AccountPage,
    AccountRead,
    PasswordGiven,
    Passwords,
    TokenPage,
)
from service.records.paging import Asked
from service.records.tags import IfMatch, IfNoneMatch, is_known, refuse_unread
from service.records.wiretypes import Id, Named

router = APIRouter(tags=["accounts"])

_ADMINISTRATOR = [Depends(allow(whole_site=True))]


@router.post("/me/password", status_code=status.HTTP_204_NO_CONTENT)
def change_password(body: Passwords, transaction: Transaction, actor: Newcomer, request: Request) -> None:
    """Choose a password of one's own; every session and token ends."""
    actions.change_password(transaction, actor, body.old, body.new, caller(request))


@router.get("/tokens")
def tokens(transaction: Transaction, actor: Actor, asked: Annotated[Asked, Query()]) -> TokenPage:
    """One's own tokens and sessions."""
    return accounts.tokens(transaction, actor.account_id, asked)


@router.delete("/tokens/{token_id}", status_code=status.HTTP_204_NO_CONTENT)
def end_token(token_id: Id, transaction: Transaction, actor: Actor) -> None:
    """End one of one's own tokens."""
    accounts.end_token(transaction, actor.account_id, token_id)


@router.get("/accounts", dependencies=[*_ADMINISTRATOR, personal("accounts")])
def every(transaction: Transaction, asked: Annotated[Asked, Query()]) -> AccountPage:
    """Who may sign in."""
    return accounts.accounts(transaction, asked)


@router.post("/accounts", status_code=status.HTTP_201_CREATED, dependencies=_ADMINISTRATOR)
def create(body: AccountGiven, transaction: Transaction) -> PasswordGiven:
    """Make an account; its one-time password is told this once."""
    return PasswordGiven(password=accounts.create(transaction, body))


@router.get(
    "/accounts/{login:path}", dependencies=[*_ADMINISTRATOR, personal("accounts")], response_model=AccountRead,
    responses={304: {"description": "Unchanged since the ETag in If-None-Match"}},
)
def one(
    login: Named, transaction: Transaction, response: Response, if_none_match: IfNoneMatch = None
) -> AccountRead | Response:
    """One account; its ETag is what a change of it names."""
    found, response.headers["ETag"] = accounts.account(transaction, login)
    if is_known(if_none_match, response.headers["ETag"]):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=dict(response.headers))
    return found


@router.patch("/accounts/{login:path}", dependencies=_ADMINISTRATOR)
def change(
    login: Named, body: AccountChanges, transaction: Transaction, response: Response, if_match: IfMatch = None
) -> AccountRead:
    """Change an account as you read it; it counts from its next request on."""
    found, response.headers["ETag"] = accounts.change(transaction, login, body, refuse_unread(if_match))
    return found


@router.post("/accounts/{login:path}/password-reset", dependencies=_ADMINISTRATOR)
def reset(login: Named, transaction: Transaction) -> PasswordGiven:
    """Give an account another one-time password, end its sessions, and enable it."""
    return PasswordGiven(password=accounts.reset(transaction, login))

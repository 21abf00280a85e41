"""Choosing a password of one's own."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from service.access import Newcomer, Principal, Transaction, caller
from service.console.notes import confirmed
from service.console.origin import same_origin, unforged
from service.console.pages import page, refused
from service.console.session import keep
from service.errors import RetraceError
from service.people import actions


def newcomer(request: Request, actor: Newcomer) -> Principal:
    """Who looks at the page; also somebody whose password was made for them."""
    request.state.principal = actor
    return actor


router = APIRouter(
    include_in_schema=False, prefix="/password",
    dependencies=[Depends(same_origin), Depends(newcomer), Depends(unforged)],
)

Member = Annotated[Principal, Depends(newcomer)]
Typed = Annotated[str, Form(max_length=200)]


@router.get("")
def ask(request: Request) -> Response:
    """The page to choose it on."""
    return page(request, "password.html", problems={})


@router.post("")
def choose(
    request: Request, transaction: Transaction, member: Member, old: Typed = "", new: Typed = "", again: Typed = ""
) -> Response:
    """Take the new password, and go on with a new session."""
    try:
        if new != again:
            raise actions.Unchosen("The new password was not typed the same way twice; type it again.")
        # no savepoint: a wrong guess is remembered
        actions.change_password(transaction, member, old, new, caller(request))
    except RetraceError as error:
        return refused(request, "password.html", error)
    response = confirmed(request, "/", "password")
    keep(request, response, actions.issue_token(transaction, actions.account_of(transaction, member.login), "console"))
    return response

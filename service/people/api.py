"""Routes: signing in, and the records of people."""

from fastapi import APIRouter, Depends, Request, status

from service.access import Newcomer, Transaction, caller, public
from service.people import actions
from service.people.accounts_api import router as accounts
from service.people.schemas import Me, SignIn, TokenGiven
from service.people.tables import Assignment, Credential, Department, Employee, Post, Shift
from service.records.routes import record_routes

router = APIRouter(tags=["people"])


@router.post("/tokens", status_code=status.HTTP_201_CREATED, dependencies=[Depends(public)])
def sign_in(body: SignIn, transaction: Transaction, request: Request) -> TokenGiven:
    """A bearer token, valid for 90 days, for a login and its password."""
    return TokenGiven(token=actions.sign_in(transaction, body.login, body.password, "api", caller(request)))


@router.get("/me")
def me(actor: Newcomer) -> Me:
    """The account behind the token."""
    return Me(**{name: getattr(actor, name) for name in Me.model_fields})


router.include_router(accounts)
for row in (Department, Post, Employee, Credential, Assignment, Shift):
    router.include_router(record_routes(row))

"""Accounts: making them, signing in, recognising a token."""

from functools import cache

from pwdlib import PasswordHash
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.access import ROLES, Principal
from service.clock import now
from service.errors import Conflict, NotFound, Unauthorized
from service.people.rules import digest, expiry, new_secret
from service.people.tables import Account, Employee, Token


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobody() -> str:
    """A hash to check against where there is no account, so that both answers take the same time."""
    return _hasher().hash("nobody")


def add_account(
    session: Session, login: str, name: str, role: str, password: str | None, *, employee_code: str | None = None,
    locale: str | None = None,
) -> Account:
    """Make an account; without a password it can only use tokens. Raises `Conflict` if the login is taken."""
    if role not in ROLES:
        raise NotFound(f"There is no role {role!r}; choose one of {', '.join(ROLES)}.")
    if session.scalar(select(Account.id).where(Account.login == login)):
        raise Conflict(f"The login {login!r} is taken; choose another.")
    employee_id = session.scalar(select(Employee.id).where(Employee.code == employee_code)) if employee_code else None
    account = Account(
        login=login, name=name, role=role, locale=locale, employee_id=employee_id,
        password_hash=_hasher().hash(password) if password else None,
    )
    session.add(account)
    session.flush()
    return account


def sign_in(session: Session, login: str, password: str, purpose: str) -> str:
    """A new token for whoever knows the password. Raises `Unauthorized`, in the same words whatever was wrong."""
    account = session.scalar(select(Account).where(Account.login == login, Account.disabled_at.is_(None)))
    known = account.password_hash if account and account.password_hash else _nobody()
    if not _hasher().verify(password, known) or account is None or account.password_hash is None:
        raise Unauthorized("Login or password is wrong.")
    return issue_token(session, account, purpose)


def issue_token(session: Session, account: Account, purpose: str) -> str:
    """A new token for an account; only its digest is kept."""
    secret = new_secret()
    session.add(
        Token(account_id=account.id, digest=digest(secret), purpose=purpose, expires_at=expiry(purpose, now()))
    )
    session.flush()
    return secret


def sign_out(session: Session, secret: str) -> None:
    """Forget a token."""
    session.execute(delete(Token).where(Token.digest == digest(secret)))


def recognise(session: Session, secret: str) -> Principal | None:
    """The account behind a token, or None when it is unknown, ended, or its account disabled."""
    found = session.execute(
        select(Account, Employee.code)
        .join(Token, Token.account_id == Account.id)
        .outerjoin(Employee, Employee.id == Account.employee_id)
        .where(Token.digest == digest(secret), Token.expires_at > now(), Account.disabled_at.is_(None))
    ).one_or_none()
    if found is None:
        return None
    account, employee_code = found
    return Principal(account.id, account.login, account.name, account.role, account.locale, employee_code)

"""Accounts: making them, signing in, recognising a token."""

from collections.abc import Collection
from functools import cache

from pwdlib import PasswordHash
from sqlalchemy import Select, delete, false, func, insert, select
from sqlalchemy.orm import Session

from service.access import ROLES, Principal
from service.clock import now
from service.errors import Conflict, NotFound, RetraceError
from service.people import throttle
from service.people.rules import LONGEST_LOGIN, digest, expiry, is_login, new_secret, wrong_with_password
from service.people.tables import Account, AccountDepartment, Assignment, Department, Employee, Token
from service.settings import settings


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobody() -> str:
    """A hash to check against where there is no account, so that both answers take the same time."""
    return _hasher().hash("nobody")


def add_account(
    session: Session, login: str, name: str, role: str, password: str | None, *, employee_code: str | None = None,
    locale: str | None = None, departments: Collection[str] | None = None,
) -> Account:
    """Make an account for some departments, by code, or (None) for the whole site.

    Without a password it can only use tokens. Raises `Conflict` if the login is taken, `NotFound` if there is no such
    role, employee or department.
    """
    if not is_login(login):
        raise RetraceError(f"{login!r} cannot be a login; give 1 to {LONGEST_LOGIN} letters, digits or signs.")
    if role not in ROLES:
        raise NotFound(f"There is no role {role!r}; choose one of {', '.join(ROLES)}.")
    if session.scalar(select(Account.id).where(Account.login == login)):
        raise Conflict(f"The login {login!r} is taken; choose another.")
    account = Account(
        login=login, name=name, role=role, locale=locale, employee_id=_employee_id(session, employee_code),
        password_hash=_hasher().hash(password) if password else None, everywhere=departments is None,
    )
    session.add(account)
    session.flush()
    place(session, account, departments)
    return account


def _assigned(account_id: int) -> Select[int]:
    today = now().astimezone(settings().zone).date()
    in_force = (Assignment.from_date <= today) & (func.coalesce(Assignment.to_date, today) >= today)
    return (
        select(Assignment.department_id.label("id"))
        .join(Account, Account.employee_id == Assignment.employee_id)
        .where(Account.id == account_id, Account.role == "employee", in_force)
    )


def place(session: Session, account: Account, departments: Collection[str] | None) -> None:
    """Say which departments an account is for, by code; None is the whole site. Raises `NotFound`."""
    account.everywhere = departments is None
    session.execute(delete(AccountDepartment).where(AccountDepartment.account_id == account.id))
    known = dict(
        session.execute(select(Department.code, Department.id).where(Department.code.in_(departments or ()))).all()
    )
    unknown = sorted(set(departments or ()) - set(known))
    if unknown:
        raise NotFound(f"There is no department {unknown[0]!r}; import departments first.")
    if known:
        rows = [{"account_id": account.id, "department_id": department} for department in known.values()]
        session.execute(insert(AccountDepartment), rows)
    session.flush()


def _employee_id(session: Session, code: str | None) -> int | None:
    if code is None:
        return None
    found = session.scalar(select(Employee.id).where(Employee.code == code))
    if found is None:
        raise NotFound(f"There is no employee {code!r}; import employees first, or leave the employee out.")
    return found


def reset_password(session: Session, login: str, password: str) -> None:
    """Set a one-time password, end every session and token, enable the account, and forget failed sign-ins.

    Raises `NotFound`.
    """
    account = account_of(session, login)
    throttle.succeeded(session, login)
    account.password_hash = _hasher().hash(password)
    account.must_change_password = True
    account.disabled_at = None
    session.execute(delete(Token).where(Token.account_id == account.id))


def change_password(session: Session, actor: Principal, old: str, new: str, address: str) -> None:
    """Choose a password of one's own, and end every session and token.

    Raises `WrongPassword`, `TooMany` for who has guessed too often, and `Unchosen` for one that cannot be chosen.
    """
    account = account_of(session, actor.login)
    throttle.refuse_guessing(session, actor.login, address)
    if not (account.password_hash and _hasher().verify(old, account.password_hash)):
        raise throttle.failed(session, actor.login, address)
    wrong = wrong_with_password(new, actor.login, old)
    if wrong is not None:
        raise Unchosen(wrong)
    account.password_hash, account.must_change_password = _hasher().hash(new), False
    session.execute(delete(Token).where(Token.account_id == account.id))
    session.flush()


class Unchosen(RetraceError):
    """A password that cannot be chosen."""

    status = 422
    kind = "bad-password"


def disable_account(session: Session, login: str) -> None:
    """Let an account in no more, neither by password nor by token. Raises `NotFound`."""
    shut_out(session, account_of(session, login))


def shut_out(session: Session, account: Account) -> None:
    """Disable an account and end its sessions and tokens: who is let in again begins anew."""
    account.disabled_at = account.disabled_at or now()
    session.execute(delete(Token).where(Token.account_id == account.id))


def account_of(session: Session, login: str) -> Account:
    """The account of a login. Raises `NotFound`."""
    found = session.scalar(select(Account).where(Account.login == login))
    if found is None:
        raise NotFound(f"There is no login {login!r}.")
    return found


def administrator_signs_in(session: Session) -> bool:
    """Whether an enabled administrator for the whole site has a password, or signs in by the site's provider."""
    by_provider = Account.oidc_subject.is_not(None) if settings().oidc_issuer else false()
    able = select(Account.id).where(
        Account.role == "admin", Account.everywhere, Account.disabled_at.is_(None),
        Account.password_hash.is_not(None) | by_provider,
    )
    return bool(session.scalar(select(able.exists())))


def ensure_administrator(session: Session, password: str) -> bool:
    """Where no administrator can sign in, make `admin` one with a one-time password; whether that was needed."""
    if administrator_signs_in(session):
        return False
    if session.scalar(select(Account.id).where(Account.login == "admin")) is None:
        add_account(session, "admin", "Administrator", "admin", None)
    reset_password(session, "admin", password)
    account = account_of(session, "admin")
    account.role = "admin"
    place(session, account, None)
    return True


def sign_in(session: Session, login: str, password: str, purpose: str, address: str = "") -> str:
    """A new token for whoever knows the password.

    Raises `WrongPassword`, in the same words whatever was wrong, and `TooMany` for who has guessed too often.
    """
    throttle.refuse_guessing(session, login, address)
    account = session.scalar(select(Account).where(Account.login == login, Account.disabled_at.is_(None)))
    known = account.password_hash if account and account.password_hash else _nobody()
    if not _hasher().verify(password, known) or account is None or account.password_hash is None:
        raise throttle.failed(session, login, address)
    throttle.succeeded(session, login)
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
    departments = None if account.everywhere else departments_of(session, account.id)
    return Principal(
        account.id, account.login, account.name, account.role, account.locale, employee_code, departments,
        account.must_change_password,
    )


def departments_of(session: Session, account_id: int) -> frozenset[int]:
    """The departments an account is for, with all below them.

    An employee's account for which none were named is for those they are assigned to.
    """
    given = select(AccountDepartment.department_id.label("id")).where(AccountDepartment.account_id == account_id)
    if not session.scalar(select(given.exists())):
        given = _assigned(account_id)
    tree = given.cte("tree", recursive=True)
    tree = tree.union(select(Department.id).join(tree, Department.parent_id == tree.c.id))
    return frozenset(session.scalars(select(tree.c.id)))

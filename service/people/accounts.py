"""Managing accounts, by administrators for the whole site."""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import Conflict, NotFound
from service.events.publishing import Event, publish
from service.people.actions import (
    account_of,
    add_account,
    administrator_signs_in,
    place,
    reset_password,
    shut_out,
)
from service.people.rules import new_password
from service.people.schemas import AccountChanges, AccountGiven, AccountPage, AccountRead, TokenPage, TokenRead
from service.people.tables import Account, AccountDepartment, Department, Employee, Token
from service.records.paging import Asked, Cursors
from service.records.tags import refuse_stale, tag
from service.records.wiretypes import Id

_ACCOUNTS, _TOKENS = Cursors("accounts", Id), Cursors("tokens", Id)

#: the advisory lock under which accounts are changed; any number of our own
_CHANGING = 0x7265_6163


def accounts(session: Session, asked: Asked) -> AccountPage:
    """All accounts, in the order they were made. Raises `BadCursor`."""
    found = session.scalars(_ACCOUNTS.as_made(select(Account), asked, Account.id, Account.updated_at)).all()
    following = _ACCOUNTS.following(asked, [account.id for account in found])
    return AccountPage(items=_read(session, found), next=following)


def account(session: Session, login: str) -> tuple[AccountRead, str]:
    """One account and its ETag. Raises `NotFound`."""
    found = account_of(session, login)
    return _read(session, [found])[0], _state(found)


def _state(found: Account) -> str:
    return tag(found.id, int(found.updated_at.timestamp() * 1_000_000))


def _read(session: Session, found: Sequence[Account]) -> list[AccountRead]:
    ids = [one.id for one in found]
    departments: dict[int, list[str]] = {}
    for account_id, code in session.execute(
        select(AccountDepartment.account_id, Department.code)
        .join(Department, Department.id == AccountDepartment.department_id)
        .where(AccountDepartment.account_id.in_(ids))
        .order_by(Department.code)
    ):
        departments.setdefault(account_id, []).append(code)
    employees = dict(session.execute(
        select(Account.id, Employee.code).join(Employee, Employee.id == Account.employee_id).where(Account.id.in_(ids))
    ).all())
    own = ("login", "name", "role", "locale", "created_at", "updated_at", "must_change_password")
    return [
        AccountRead(
            **{name: getattr(one, name) for name in own}, disabled=one.disabled_at is not None,
            employee_code=employees.get(one.id),
            departments=None if one.everywhere else departments.get(one.id, []),
        )
        for one in found
    ]


def create(session: Session, given: AccountGiven) -> str:
    """Make an account; its one-time password. Raises `Conflict`, `NotFound`."""
    password = new_password()
    made = add_account(
        session, given.login, given.name, given.role, password, employee_code=given.employee_code,
        locale=given.locale, departments=given.departments,
    )
    made.must_change_password = True
    publish(session, Event("account.created", f"accounts/{made.id}", {"role": made.role}))
    return password


def change(session: Session, login: str, given: AccountChanges, if_match: str) -> tuple[AccountRead, str]:
    """Change an account as it was read.

    Raises `NotFound`, `PreconditionFailed`, and `Conflict` where no administrator would be left.
    """
    # one change at a time: two administrators may not take the other's rights away at once
    session.execute(select(func.pg_advisory_xact_lock(_CHANGING)))
    found = account_of(session, login)
    session.refresh(found, with_for_update=True)
    refuse_stale(if_match, _state(found))
    administered = administrator_signs_in(session)
    said = given.model_dump(exclude_unset=True)
    for name in ("name", "role", "locale"):
        if name in said and (said[name] is not None or name == "locale"):
            setattr(found, name, said[name])
    if given.disabled:
        shut_out(session, found)
    elif given.disabled is not None:
        found.disabled_at = None
    if "departments" in said:
        place(session, found, given.departments)
    session.flush()
    if administered and not administrator_signs_in(session):
        raise Conflict("Nobody could administer the site any more; make another administrator first.")
    session.execute(update(Account).where(Account.id == found.id).values(updated_at=func.clock_timestamp()))
    session.refresh(found)
    publish(session, Event("account.changed", f"accounts/{found.id}", {"role": found.role}))
    return account(session, login)


def reset(session: Session, login: str) -> str:
    """Give an account another one-time password; the password. Raises `NotFound`."""
    password = new_password()
    reset_password(session, login, password)
    publish(session, Event("account.changed", f"accounts/{account_of(session, login).id}"))
    return password


def tokens(session: Session, account_id: int, asked: Asked) -> TokenPage:
    """One's own tokens and sessions that have not ended. Raises `BadCursor`."""
    own = select(Token).where(Token.account_id == account_id, Token.expires_at > now())
    found = session.scalars(_TOKENS.as_made(own, asked, Token.id, Token.created_at)).all()
    following = _TOKENS.following(asked, [token.id for token in found])
    names = TokenRead.model_fields
    return TokenPage(items=[TokenRead(**{name: getattr(one, name) for name in names}) for one in found], next=following)


def end_token(session: Session, account_id: int, token_id: int) -> None:
    """End one of one's own tokens. Raises `NotFound`."""
    found = session.scalar(select(Token).where(Token.id == token_id, Token.account_id == account_id))
    if found is None:
        raise NotFound(f"You have no token {token_id}.")
    session.delete(found)

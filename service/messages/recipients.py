"""Whom a notice reaches: the accounts of a role, one employee, or one account."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.people.reach import accounts_for, accounts_of, enabled_of


@dataclass(frozen=True)
class To:
    """Accounts in a role whose departments cover one (without one: those for the whole site), an employee, or one
    account."""

    role: str | None = None
    department_id: int | None = None
    employee_id: int | None = None
    account_id: int | None = None

    def __post_init__(self) -> None:
        if (self.role, self.employee_id, self.account_id).count(None) != 2:
            raise ValueError("a notice goes to a role, to an employee or to an account")


@dataclass(frozen=True)
class Recipient:
    """One person: an account, or an employee who has none."""

    account_id: int | None
    employee_id: int | None


def found(session: Session, wanted: Collection[To]) -> dict[To, list[Recipient]]:
    """Who is meant. An employee without an account is told by e-mail alone; who has left is not told."""
    people = accounts_of(session, {to.employee_id for to in wanted if to.employee_id is not None})
    enabled = enabled_of(session, {to.account_id for to in wanted if to.account_id is not None})
    told: dict[To, list[Recipient]] = {}
    for to in wanted:
        if to.role is not None:
            told[to] = [Recipient(account, None) for account in accounts_for(session, to.role, to.department_id)]
        elif to.account_id is not None:
            told[to] = [Recipient(to.account_id, None)] if to.account_id in enabled else []
        elif to.employee_id in people:
            accounts = people[to.employee_id]
            told[to] = [Recipient(account, None) for account in accounts] or [Recipient(None, to.employee_id)]
        else:
            told[to] = []
    return told

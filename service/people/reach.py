"""Who is to be told of something, and where they can be reached."""

from collections.abc import Collection

from sqlalchemy import ARRAY, BigInteger, Date, ScalarSelect, Select, any_, cast, func, literal, select
from sqlalchemy.orm import Session

from service.clock import now
from service.people.tables import Account, AccountDepartment, Department, Employee
from service.settings import settings


def accounts_for(session: Session, role: str, department_id: int | None) -> list[int]:
    """The enabled accounts of a role that are for a department, or (None) for the whole site, in order of age."""
    above = () if department_id is None else _above(department_id)
    placed = select(AccountDepartment.account_id).where(AccountDepartment.department_id.in_(above))
    covers = Account.everywhere | Account.id.in_(placed)
    query = select(Account.id).where(Account.role == role, Account.disabled_at.is_(None), covers)
    return list(session.scalars(query.order_by(Account.id)))


def _above(department_id: int) -> Select[int]:
    """A department and those it lies within."""
    line = select(Department.id, Department.parent_id).where(Department.id == department_id).cte("line", recursive=True)
    above = select(Department.id, Department.parent_id).join(line, Department.id == line.c.parent_id)
    line = line.union(above)
    return select(line.c.id)


def accounts_of(session: Session, employees: Collection[int]) -> dict[int, list[int]]:
    """The enabled accounts of employees by the employee's id; nothing of those who have left."""
    today = now().astimezone(settings().zone).date()
    wanted = Employee.id == any_(literal(list(employees), ARRAY(BigInteger)))
    query = (
        select(Employee.id, Account.id)
        .outerjoin(Account, (Account.employee_id == Employee.id) & Account.disabled_at.is_(None))
        .where(wanted, func.coalesce(Employee.left_on, cast(today, Date)) >= today)
        .order_by(Employee.id, Account.id)
    )
    found: dict[int, list[int]] = {}
    for employee, account in session.execute(query):
        found.setdefault(employee, []).extend([] if account is None else [account])
    return found


def enabled_of(session: Session, accounts: Collection[int]) -> set[int]:
    """Those of some accounts that are not disabled."""
    if not accounts:
        return set()
    return set(session.scalars(select(Account.id).where(Account.id.in_(accounts), Account.disabled_at.is_(None))))


def employee_of(account_id: object) -> ScalarSelect[int | None]:
    """The employee behind an account, as a part of a query."""
    return select(Account.employee_id).where(Account.id == account_id).scalar_subquery()


def reached_accounts() -> Select[int, int | None, str | None, str | None]:
    """Enabled accounts, as a part of a query: id, employee_id, email (the employee's), locale."""
    language = func.coalesce(Account.locale, Employee.locale).label("locale")
    return (
        select(Account.id, Account.employee_id, Employee.email, language)
        .outerjoin(Employee, Employee.id == Account.employee_id)
        .where(Account.disabled_at.is_(None))
    )


def reached_employees() -> Select[int, str | None, str | None]:
    """Employees, as a part of a query: id, email, locale."""
    return select(Employee.id, Employee.email, Employee.locale)

"""A lawful erasure: a person's identity goes, from the records and the trail; what was done stays, under a code."""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.audit.context import note
from service.audit.tables import AuditIdentity, AuditKey
from service.clock import now
from service.db.context import because
from service.errors import NotFound
from service.people.tables import Account, Credential, Employee, Token


def erase(session: Session, code: str, reason: str) -> None:
    """Forget who an employee is: name, e-mail and numbers are emptied, their account closed, their key destroyed.

    What they did, were trained in and inspected for stays, under their code. Raises `NotFound`.
    """
    person = session.scalar(select(Employee.id).where(Employee.code == code))
    if person is None:
        raise NotFound(f"There is no employee {code!r}.")
    because(session, reason)
    session.execute(update(Employee).where(Employee.id == person).values(name=code, email=None))
    session.execute(update(Credential).where(Credential.employee_id == person).values(number=None))
    accounts = session.scalars(select(Account.id).where(Account.employee_id == person)).all()
    for account in accounts:
        _close(session, account)
    subjects = [f"employees:{person}", *(f"accounts:{account}" for account in accounts)]
    session.execute(update(AuditIdentity).where(AuditIdentity.subject.in_(subjects)).values(plain=None))
    session.execute(delete(AuditKey).where(AuditKey.subject.in_(subjects)))
    note(session, "erase", "employees", code)


def _close(session: Session, account: int) -> None:
    """Let an account in no more, under a login that says nothing."""
    closed = {"login": f"erased-{account}", "name": f"erased-{account}", "oidc_subject": None, "password_hash": None}
    session.execute(update(Account).where(Account.id == account).values(**closed, disabled_at=now()))
    session.execute(delete(Token).where(Token.account_id == account))

"""Whom a notice reaches, that each is told once, and that nothing is told of what did not happen."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.clock import now
from service.db.context import tell
from service.events.tables import Outgoing
from service.messages.sending import Notice, To, send
from service.messages.tables import Message
from service.people.tables import Account, Employee
from tests.service.messages.conftest import DATA, KIND

Makes = Callable[..., Account]
Finds = Callable[[str], int]


def _notice(*to: To, **said: str) -> Notice:
    return Notice(KIND, "webhooks/1", to, DATA | said)


def _told(session: Session) -> set[tuple[int | None, int | None]]:
    return {(row.account_id, row.employee_id) for row in session.scalars(select(Message))}


def test_a_role_is_told_where_its_departments_cover(session: Session, account: Makes, department: Finds) -> None:
    everywhere, above = account("all"), account("above", departments=["LINE"])
    there = account("in", departments=["CELL"])
    account("beside", departments=[]), account("other", "people")
    gone = account("gone")
    gone.disabled_at = now()
    assert send(session, _notice(To("quality", department("CELL")))) == 3
    assert _told(session) == {(one.id, None) for one in (everywhere, above, there)}
    assert send(session, _notice(To("quality"), n="2")) == 1
    assert send(session, _notice(To("quality", department("LINE")), n="3")) == 2


def test_an_employee_is_told_by_account_or_else_themselves(session: Session, account: Makes, employee: Finds) -> None:
    theirs = account("li", "employee", employee_code="007")
    assert send(session, _notice(To(employee_id=employee("007")), To(employee_id=employee("008")))) == 2
    assert _told(session) == {(theirs.id, None), (None, employee("008"))}


def test_who_has_left_is_not_told(session: Session, employee: Finds) -> None:
    left = now().date() - timedelta(days=2)
    session.execute(update(Employee).where(Employee.code == "008").values(left_on=left))
    assert send(session, _notice(To(employee_id=employee("008")))) == 0


def test_nobody_is_told_the_same_twice(session: Session, account: Makes, employee: Finds) -> None:
    account("li", employee_code="007")
    to = To("quality"), To(employee_id=employee("007"))
    assert send(session, _notice(*to), _notice(*to)) == 1
    assert send(session, _notice(*to)) == 0
    assert send(session, _notice(*to, problem="another")) == 1


def test_it_is_part_of_the_act_and_told_to_the_worker_once(session: Session, account: Makes) -> None:
    account("ada"), account("bo")
    with session.begin_nested() as undone:
        send(session, _notice(To("quality")))
        undone.rollback()
    assert _told(session) == set()
    send(session, _notice(To("quality")))
    batch = session.scalars(select(Message.batch).distinct()).one()
    published = session.scalars(select(Outgoing).where(Outgoing.name == "messages.sent")).one()
    assert (published.subject, published.data) == (f"message-batches/{batch}", {"messages": 2})


def test_who_acts_for_one_department_may_tell_others(session: Session, account: Makes, department: Finds) -> None:
    account("bo", departments=["LINE"])
    tell(session, scope=f"{{{department('CELL')}}}")
    assert send(session, _notice(To("quality", department("CELL")))) == 1


@pytest.mark.parametrize(("notice", "problem"), [
    (Notice("no.such", "x", (), {}), "no text in service/messages/texts says 'no.such'"),
    (Notice(KIND, "x", (), {"host": "h"}), "the text says problem, since, and the data does not"),
])
def test_a_notice_that_cannot_be_worded_is_refused(session: Session, notice: Notice, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        send(session, notice)


@pytest.mark.parametrize("said", [{}, {"role": "quality", "employee_id": 1}])
def test_a_notice_goes_to_a_role_or_to_one_person(said: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="to a role, to an employee or to an account"):
        To(**said)  # type: ignore[arg-type]

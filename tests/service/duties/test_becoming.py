"""What becomes of what is owed: fulfilled by real events, said to be empty, missed, reminded of and told further up."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.db.context import tell
from service.duties.creating import create_ahead
from service.duties.fulfilling import deliver
from service.duties.tables import Obligation
from service.duties.watching import watch
from service.events.publishing import Event
from service.messages.tables import Message
from service.people.actions import add_account
from service.people.tables import Account
from tests.service.conftest import Put, day
from tests.service.duties.conftest import SetClock, moment

Ask = Callable[..., Any]


def only(session: Session, code: str) -> Obligation:
    return session.scalars(
        select(Obligation).where(Obligation.code == code).execution_options(populate_existing=True)
    ).one()


def report(record: Put, code: str, department: str = "CELL") -> None:
    record("difficulty_reports", {"code": code, "department_code": department, "occurred_at": day(2), "severity": 2,
                                  "text": "x"})


def test_a_report_fulfils_the_list_of_its_department_and_of_those_above(
    duty: Ask, answered: Put, session: Session
) -> None:
    duty()
    duty(code="LINE-1", department_code="LINE")
    duty(code="HR-1", department_code="HR")
    report(answered, "D-1")
    for code in ("MDL@2026-02-01", "LINE-1@2026-02-01"):
        assert (only(session, code).state, only(session, code).evidence) == ("met", "difficulty_reports/D-1")
    assert only(session, "HR-1@2026-02-01").state == "open"
    assert only(session, "MDL@2026-03-01").state == "open"  # it has not begun
    report(answered, "D-2")
    assert only(session, "MDL@2026-02-01").evidence == "difficulty_reports/D-1"


def test_a_report_after_it_was_due_makes_up_for_it_and_it_stays_missed(
    duty: Ask, answered: Put, session: Session, at: SetClock, ask: Ask
) -> None:
    duty()
    at(moment(2, 26))
    report(answered, "D-1")  # before anybody looked at the clock
    row = only(session, "MDL@2026-02-01")
    assert (row.state, row.evidence, row.settled_at) == ("missed", "difficulty_reports/D-1", moment(2, 26))
    shown = ask("GET", "/obligations/MDL@2026-02-01").json()
    assert (shown["state"], shown["made_up_for"]) == ("missed", True)
    again = ask("POST", "/obligations/MDL@2026-02-01/nothing-to-report", "operations", json={"reason": "none"})
    assert (again.status_code, "made up for already" in again.text) == (409, True)


def test_a_report_of_the_next_month_does_not_make_up_for_the_last(
    duty: Ask, answered: Put, session: Session, at: SetClock
) -> None:
    duty()
    at(moment(3, 2))
    report(answered, "D-1")
    assert only(session, "MDL@2026-03-01").state == "met"
    assert only(session, "MDL@2026-02-01").evidence is None


def acting(session: Session, login: str) -> None:
    number = session.scalars(select(Account.id).where(Account.login == login)).one()
    tell(session, account=str(number))


@pytest.mark.parametrize(("deliverable", "department", "role", "event"), [
    ("plan", "HR", "people", Event("plan.accepted", "plans/PLAN-1")),
    ("plan", "HR", "people", Event("plan.published", "plans/PLAN-1")),
    ("issue_review", "QA", "quality", Event("cause.decided", "issues/Q-1")),
    ("issue_review", "QA", "quality", Event("issue.closed", "issues/Q-1")),
    ("process_review", "QA", "quality", Event("change.approved", "changes/C-1", {"kind": "process"})),
    ("standard_review", "QA", "quality", Event("change.rejected", "changes/C-1", {"kind": "standard"})),
])
def test_what_somebody_does_fulfils_what_their_role_answers_for(
    duty: Ask, session: Session, deliverable: str, department: str, role: str, event: Event
) -> None:
    assert duty(deliverable=deliverable, department_code=department, role=role).status_code == 201
    deliver(session, event)
    assert only(session, "MDL@2026-02-01").state == "open"  # nobody did it
    acting(session, "head-operations")
    deliver(session, event)
    assert only(session, "MDL@2026-02-01").state == "open"  # another role
    acting(session, f"head-{role}")
    deliver(session, event)
    assert (only(session, "MDL@2026-02-01").state, only(session, "MDL@2026-02-01").evidence) == ("met", event.subject)


def test_a_change_of_another_kind_is_no_review(duty: Ask, session: Session) -> None:
    duty(deliverable="standard_review", department_code="QA", role="quality")
    acting(session, "head-quality")
    deliver(session, Event("change.approved", "changes/C-1", {"kind": "process"}))
    assert only(session, "MDL@2026-02-01").state == "open"


def test_somebody_answers_for_the_department_they_are_assigned_to(
    duty: Ask, answered: Put, session: Session
) -> None:
    answered("departments", {"code": "QB", "name": "Second quality", "function": "quality"})
    answered("assignments", {"employee_code": "007", "department_code": "QB", "from_date": day(1).date()})
    add_account(session, "quinn", "Quinn", "quality", None, employee_code="007")
    for code in ("QA", "QB"):
        duty(code=code, department_code=code, deliverable="standard_review", role="quality")
    acting(session, "quinn")
    answered("standard_versions", {"standard_code": "STD", "version": "2", "effective_at": day(20)})
    assert only(session, "QB@2026-02-01").state == "met"
    assert only(session, "QA@2026-02-01").state == "open"


def test_an_inspection_counts_once_it_has_a_result(duty: Ask, answered: Put, session: Session) -> None:
    duty(deliverable="inspection")
    answered("inspections", {"code": "I-1", "kind": "patrol", "process_code": "P1", "due_at": day(9)})
    assert only(session, "MDL@2026-02-01").state == "open"
    answered("inspections", {"code": "I-1", "kind": "patrol", "process_code": "P1", "due_at": day(9),
                             "performed_at": day(8), "result": "pass"})
    assert only(session, "MDL@2026-02-01").evidence == "inspections/I-1"


def test_nothing_to_report_is_said_with_a_reason_by_who_answers_for_it(
    duty: Ask, ask: Ask, session: Session
) -> None:
    duty()
    path = "/obligations/MDL@2026-02-01/nothing-to-report"
    assert ask("POST", path, "operations", json={}).status_code == 422
    assert ask("POST", path, "operations", json={"reason": "  "}).status_code == 422
    wrong = ask("POST", path, "quality", json={"reason": "none"})
    assert (wrong.status_code, "it takes operations" in wrong.text) == (403, True)
    early = ask("POST", "/obligations/MDL@2026-03-01/nothing-to-report", "operations", json={"reason": "none"})
    assert (early.status_code, "begins on 2026-03-01" in early.text) == (409, True)
    said = ask("POST", path, "operations", json={"reason": "the line stood still"})
    assert said.json()["state"] == "nothing_to_report"
    assert said.json()["reason"] == "the line stood still"
    assert ask("POST", path, "operations", json={"reason": "again"}).status_code == 409
    assert only(session, "MDL@2026-02-01").state == "nothing_to_report"


def told(session: Session, kind: str) -> list[tuple[str, str | None]]:
    found = select(Message.about, Account.login).outerjoin(Account, Account.id == Message.account_id)
    return sorted((row.about, row.login) for row in session.execute(found.where(Message.kind == kind)))


def test_reminded_before_told_further_up_after_each_once(duty: Ask, session: Session, at: SetClock) -> None:
    duty()

    def look(when: datetime) -> dict[str, int]:
        at(when)
        watch(session)
        return watch(session)  # a second look finds nothing left

    assert look(moment(2, 20)) == {"created": 0, "missed": 0, "reminded": 0, "escalated": 0}
    look(moment(2, 22))
    assert told(session, "obligation.due") == [("obligations/MDL@2026-02-01", "head-operations")]
    look(moment(2, 26))
    assert only(session, "MDL@2026-02-01").state == "missed"
    assert told(session, "obligation.missed") == []
    look(moment(2, 27))
    both = [("obligations/MDL@2026-02-01", "head-admin"), ("obligations/MDL@2026-02-01", "head-operations")]
    assert told(session, "obligation.missed") == both
    assert len(told(session, "obligation.due")) == 1


def test_what_was_met_or_made_up_for_is_not_told_of(
    duty: Ask, answered: Put, session: Session, at: SetClock
) -> None:
    duty()
    report(answered, "D-1")
    at(moment(2, 27))
    watch(session)
    assert told(session, "obligation.due") == told(session, "obligation.missed") == []


def test_what_nobody_answers_for_is_told_of_as_such(duty: Ask, session: Session, at: SetClock) -> None:
    duty()
    for account in session.scalars(select(Account).where(Account.role == "operations")):
        account.disabled_at = moment(2, 2)
    at(moment(2, 27))
    watch(session)
    watch(session)
    assert told(session, "obligation.nobodys") == [("obligations/MDL@2026-02-01", "head-admin")]


def test_a_worker_that_was_away_catches_up(duty: Ask, session: Session, at: SetClock) -> None:
    duty()
    at(moment(5, 28))
    done = watch(session)
    assert done["created"] == 3  # April, May and June
    assert done["missed"] == 4
    states = session.execute(select(Obligation.code, Obligation.state).order_by(Obligation.code)).all()
    assert [tuple(row) for row in states] == [
        ("MDL@2026-02-01", "missed"), ("MDL@2026-03-01", "missed"), ("MDL@2026-04-01", "missed"),
        ("MDL@2026-05-01", "missed"), ("MDL@2026-06-01", "open"),
    ]
    assert create_ahead(session) == 0

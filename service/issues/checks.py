"""The effectiveness check of an issue: ordering the inspection, and what its result makes of the issue."""

from datetime import UTC, datetime, time, timedelta
from functools import cache

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from service.audit.tables import AuditEvent
from service.clock import now
from service.db.base import Query
from service.errors import RetraceError
from service.events.publishing import Event, publish
from service.inspections.tables import Inspection
from service.issues.places import place_of
from service.issues.rules import Identity, State, follow, identities, outcome
from service.issues.schemas import OrderCheck
from service.issues.tables import IssueCase, IssueStep
from service.people.tables import Account, Department, Employee
from service.records import folder
from service.records.actions import put
from service.records.codes import new_code

#: the action is given this long to show
TO_CHECK = timedelta(days=14)


def order(session: Session, case: IssueCase, given: OrderCheck) -> str:
    """Order an inspection of whether the action helped, where the issue belongs; its code.

    Raises `RetraceError` for a time that is over, and `Invalid` for a department nobody knows.
    """
    due = given.due_at or _usual_due(session, case)
    if given.due_at is not None and due < now():
        raise RetraceError(f"Nobody can check by {due:%Y-%m-%d %H:%M} UTC: it is over; choose a later time (due_at).")
    owner = select(Department.code).where(Department.id == case.owner_department_id)
    wanted = {
        "code": new_code("INS"), "kind": "effectiveness", "due_at": due, "inspector_code": given.inspector_code,
        "process_code": place_of(session, case.issue_code).process_code,
        "department_code": given.department_code or session.scalar(owner),
    }
    put(session, folder.of(Inspection), [{name: value for name, value in wanted.items() if value is not None}])
    code = str(wanted["code"])
    case.check_id = session.scalar(select(Inspection.id).where(Inspection.code == code))
    return code


def _usual_due(session: Session, case: IssueCase) -> datetime:
    action = select(func.max(IssueStep.due_on)).where(IssueStep.case_id == case.id, IssueStep.step == "take_action")
    day = session.scalar(action)
    done = datetime.combine(day, time(), UTC) if day is not None else now()
    return max(done, now()) + TO_CHECK


def takers(session: Session, case_id: int) -> frozenset[Identity]:
    """Everybody who took an action on an issue: who recorded it, and whose it is."""
    rows = session.execute(
        select(IssueStep.account_id, IssueStep.employee_id, Account.employee_id.label("own"))
        .outerjoin(Account, Account.id == IssueStep.account_id)
        .where(IssueStep.case_id == case_id, IssueStep.step == "take_action")
    )
    return frozenset().union(*(identities(row.account_id, row.employee_id, row.own) for row in rows))


def judge(session: Session, account: int | None, inspector: str | None = None) -> frozenset[Identity]:
    """Who judges: an account with the person behind it, and the inspector named."""
    own = session.scalar(select(Account.employee_id).where(Account.id == account))
    named = session.scalar(select(Employee.id).where(Employee.code == inspector)) if inspector else None
    return identities(account, own, named)


def settle(session: Session) -> None:
    """Move on every issue whose effectiveness check has a result, wherever that was recorded."""
    for case, inspection in session.execute(_checked()).all():
        recorder = session.scalar(_recorder(inspection))
        brought = outcome(
            case.state, inspection.result, takers(session, case.id), judge(session, recorder, inspection.inspector_code)
        )
        if brought is not None:
            step = follow(case.state, brought, case.issue_code)
            refs = [{"table": "inspections", "code": inspection.code}]
            session.add(IssueStep(case_id=case.id, step=step.name, text=step.says, refs=refs, account_id=recorder))
            move(session, case, step.after)
            publish(session, Event("issue.checked", f"issues/{case.issue_code}", {"outcome": brought}))


def move(session: Session, case: IssueCase, state: State) -> None:
    """Note that a step was taken."""
    case.state, case.updated_at = state, func.clock_timestamp()
    session.flush()


@cache  # made once: it is asked with every inspection
def _checked() -> Query:
    """Issues held whose check has a result by its last revision that may move them on."""
    first, last, later = aliased(Inspection), aliased(Inspection), aliased(Inspection)
    followed = select(later.id).where(later.code == last.code, later.revision > last.revision).exists()
    waits = IssueCase.state == "check_ordered"
    corrected = (IssueCase.state == "check_passed") & (last.result == "fail")
    return (
        select(IssueCase, last)
        .join(first, first.id == IssueCase.check_id)
        .join(last, last.code == first.code)
        .where(IssueCase.state.in_(("check_ordered", "check_passed")), or_(waits, corrected))
        .where(last.result.is_not(None), ~followed)
        .order_by(IssueCase.id)
        .with_for_update(of=IssueCase)
        .execution_options(populate_existing=True)
    )


def _recorder(inspection: Inspection) -> Query:
    """Who recorded a revision of an inspection, by the audit trail."""
    return select(AuditEvent.account_id).where(
        AuditEvent.table_name == "inspections", AuditEvent.code == inspection.code,
        AuditEvent.row_id == inspection.id, AuditEvent.action == "insert",
    ).limit(1)

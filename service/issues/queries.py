"""How far issues are, and all that was done and found of one."""

from collections import defaultdict
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.db.base import Query
from service.inspections.tables import Inspection
from service.issues.actions import Count, judgement, state_tag
from service.issues.places import place_of
from service.issues.rules import may_follow
from service.issues.schemas import (
    AssessmentRead,
    CasePage,
    CaseRead,
    CasesAsked,
    CaseState,
    CauseDecisionRead,
    NextStep,
    StepRead,
)
from service.issues.tables import CauseAssessment, CauseDecision, Issue, IssueCase, IssueStep, ProcessChangeRequest
from service.people.tables import Account, Department, Employee
from service.records import folder
from service.records.paging import Cursors
from service.records.wire import latest
from service.records.wiretypes import Id

_CURSORS = Cursors("issue-cases", Id)


def case(session: Session, issue: str, count: Count) -> tuple[CaseRead, str]:
    """The handling of an issue, and its ETag. Raises `NotFound`."""
    place, read = place_of(session, issue), state_tag(session, issue)
    found = session.execute(_begun(issue)).mappings().one_or_none()
    begun: dict[str, Any] = dict(found) if found else _NOT_BEGUN | {"owner_department_id": place.department_id}
    of_case, owner = begun.pop("id"), begun.pop("owner_department_id")
    follow = may_follow(begun["state"])
    return CaseRead(
        **begun,
        issue_code=issue,
        owner_department_code=session.scalar(select(Department.code).where(Department.id == owner)),
        next=[NextStep(step=step.name, says=step.says, roles=sorted(step.roles)) for step in follow],
        training=judgement(count(session, issue)),
        steps=_steps(session, of_case) if of_case is not None else [],
        assessments=_assessments(session, issue),
        followed_by=list(session.scalars(_followers(issue))),
        process_change_requests=list(session.scalars(_requests(issue))),
    ), read


_NOT_BEGUN = {"id": None, "state": "open", "updated_at": None, "owner": None, "check_code": None, "follows": None}


def _begun(issue: str) -> Query:
    """The case of an issue with which somebody has begun."""
    return (
        select(
            IssueCase.id, IssueCase.state, IssueCase.updated_at, IssueCase.owner_department_id,
            IssueCase.follows_code.label("follows"), Account.login.label("owner"), Inspection.code.label("check_code"),
        )
        .join(Account, Account.id == IssueCase.owner_account_id)
        .outerjoin(Inspection, Inspection.id == IssueCase.check_id)
        .where(IssueCase.issue_code == issue)
    )


def _followers(issue: str) -> Query:
    return select(IssueCase.issue_code).where(IssueCase.follows_code == issue).order_by(IssueCase.id)


def _requests(issue: str) -> Query:
    own = ProcessChangeRequest.issue_code == issue
    return select(ProcessChangeRequest.code).where(own).order_by(ProcessChangeRequest.id)


def _steps(session: Session, case_id: int) -> list[StepRead]:
    rows = session.execute(
        select(
            IssueStep.step, IssueStep.text, IssueStep.reason, IssueStep.place, IssueStep.causes, IssueStep.action,
            IssueStep.due_on, IssueStep.refs, IssueStep.at, Employee.code.label("employee_code"),
            Account.login.label("taken_by"),
        )
        .outerjoin(Employee, Employee.id == IssueStep.employee_id)
        .outerjoin(Account, Account.id == IssueStep.account_id)
        .where(IssueStep.case_id == case_id)
        .order_by(IssueStep.id)
    ).mappings()
    return [StepRead(**row) for row in rows]


def _assessments(session: Session, issue: str) -> list[AssessmentRead]:
    """What traces found, newest first, each with what people made of it."""
    decided = _decisions(session, issue)
    rows = session.execute(
        select(
            CauseAssessment.id, CauseAssessment.verdict, CauseAssessment.causes, CauseAssessment.known_at,
            CauseAssessment.computed_at, Account.login.label("computed_by"),
        )
        .outerjoin(Account, Account.id == CauseAssessment.account_id)
        .where(CauseAssessment.issue_code == issue)
        .order_by(CauseAssessment.id.desc())
    ).mappings()
    return [AssessmentRead(**row, decisions=decided[row["id"]]) for row in rows]


def _decisions(session: Session, issue: str) -> dict[int, list[CauseDecisionRead]]:
    rows = session.execute(
        select(
            CauseDecision.assessment_id, CauseDecision.decision, CauseDecision.causes, CauseDecision.reason,
            CauseDecision.decided_at, Account.login.label("decided_by"),
        )
        .join(CauseAssessment, CauseAssessment.id == CauseDecision.assessment_id)
        .join(Account, Account.id == CauseDecision.account_id)
        .where(CauseAssessment.issue_code == issue)
        .order_by(CauseDecision.id)
    ).mappings()
    found: dict[int, list[CauseDecisionRead]] = defaultdict(list)
    for row in rows:
        said = {name: value for name, value in row.items() if name != "assessment_id"}
        found[row["assessment_id"]].append(CauseDecisionRead(**said))
    return found


def cases(session: Session, asked: CasesAsked) -> CasePage:
    """Issues and how far each is, the last recorded first; those nobody has begun with are open. Raises `BadCursor`."""
    state = func.coalesce(IssueCase.state, "open")
    query = (
        select(
            Issue.id, Issue.code.label("issue_code"), state.label("state"), IssueCase.updated_at,
            Department.code.label("owner_department_code"),
        )
        .outerjoin(IssueCase, IssueCase.issue_code == Issue.code)
        .outerjoin(Department, Department.id == func.coalesce(IssueCase.owner_department_id, Issue.department_id))
        .where(latest(folder.of(Issue)))
    )
    query = _CURSORS.newest_first(query, asked, Issue.id, func.greatest(Issue.recorded_at, IssueCase.updated_at))
    if asked.state is not None:
        query = query.where(state == asked.state)
    if asked.department_code is not None:
        query = query.where(Department.code == asked.department_code)
    rows = session.execute(query).mappings().all()
    following = _CURSORS.following(asked, [row["id"] for row in rows])
    items = [CaseState(**{name: row[name] for name in CaseState.model_fields}) for row in rows]
    return CasePage(items=items, next=following)

"""Taking the next step with an issue."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.access import Principal
from service.db.context import because
from service.errors import Conflict, ReasonRequired
from service.events.publishing import Event, publish
from service.issues import checks, places, rules
from service.issues.guard import Guard, Judgement, Sample
from service.issues.schemas import Contain, OrderCheck, StepGiven, TakeAction
from service.issues.tables import CauseAssessment, CauseDecision, IssueCase, IssueStep
from service.records.tags import refuse_stale, tag

#: the inspected work of qualified and of unqualified people on an issue's process; None: nobody has counted
Count = Callable[[Session, str], tuple[Sample, Sample] | None]


def take(session: Session, issue: str, given: StepGiven, actor: Principal, if_match: str, count: Count) -> None:
    """Take the next step with an issue, if its case is still as the actor read it.

    Raises `NotFound`, `PreconditionFailed` where somebody was quicker, `Conflict` for a step out of turn, `Forbidden`
    for another role or for judging one's own action, `ReasonRequired` for retraining that will not help, `Invalid` for
    codes nobody has.
    """
    case = _held(session, issue, actor, if_match)
    step = rules.follow(_state(case), given.step, issue)
    rules.refuse_role(step, actor.role)
    said = _said(session, case, given, count)
    if step.name == "close":
        rules.refuse_own_judgement(checks.takers(session, case.id), checks.judge(session, actor.account_id))
    session.add(IssueStep(case_id=case.id, step=step.name, account_id=actor.account_id, **said))
    checks.move(session, case, step.after)
    if step.name == "contain":
        publish(session, Event("issue.contained", f"issues/{issue}", {"refs": said["refs"]}))
    if step.name == "close":
        publish(session, Event("issue.closed", f"issues/{issue}"))


def state_tag(session: Session, issue: str) -> str:
    """The ETag of an issue's case: what was done and found so far is only ever added to."""
    steps = select(func.count()).select_from(IssueStep).join(IssueCase).where(IssueCase.issue_code == issue)
    found = select(func.count()).where(CauseAssessment.issue_code == issue)
    decided = select(func.count()).select_from(CauseDecision).join(CauseAssessment)
    decided = decided.where(CauseAssessment.issue_code == issue)
    counts = session.execute(select(*(query.scalar_subquery() for query in (steps, found, decided)))).one()
    return tag(*counts)


def judgement(counted: tuple[Sample, Sample] | None) -> Judgement:
    """Whether training can fix it, by what was counted."""
    return "too_little_data" if counted is None else Guard.of(*counted).judgement


def _held(session: Session, issue: str, actor: Principal, if_match: str) -> IssueCase:
    """An issue's case, begun if need be, that nobody else changes until the transaction ends."""
    place = places.place_of(session, issue)
    begun = {"issue_code": issue, "owner_account_id": actor.account_id, "owner_department_id": place.department_id}
    session.execute(insert(IssueCase).values(begun | {"state": "open"}).on_conflict_do_nothing())
    query = select(IssueCase).where(IssueCase.issue_code == issue).with_for_update()
    case = session.scalars(query.execution_options(populate_existing=True)).one()
    refuse_stale(if_match, state_tag(session, issue))
    return case


def _state(case: IssueCase) -> rules.State:
    return case.state  # type: ignore[return-value]


def _said(session: Session, case: IssueCase, given: StepGiven, count: Count) -> dict[str, Any]:
    """What a step says, as it is kept; doing what else belongs to it."""
    said = given.model_dump(
        exclude={"step", "refs", "employee_code", "department_code", "follows", "due_at", "inspector_code"}
    )
    named = places.refs(session, getattr(given, "refs", []))
    if isinstance(given, OrderCheck):
        named = [{"table": "inspections", "code": checks.order(session, case, given)}]
    if isinstance(given, Contain):
        _own(session, case, given)
    if isinstance(given, TakeAction):
        because(session, given.reason)
        _refuse_vain_training(session, case, given, count)
    by = given.employee_code if isinstance(given, Contain | TakeAction) else None
    return said | {"refs": named, "employee_id": places.employee(session, by) if by is not None else None}


def _own(session: Session, case: IssueCase, given: Contain) -> None:
    """Say who handles an issue, and which closed one it goes on with."""
    if given.department_code is not None:
        case.owner_department_id = places.department(session, given.department_code)
    if given.follows is not None:
        followed = session.scalar(select(IssueCase.state).where(IssueCase.issue_code == given.follows))
        if followed != "closed":
            raise Conflict(f"{given.follows} is no closed issue; only a closed one is gone on with (follows).")
        case.follows_code = given.follows


def _refuse_vain_training(session: Session, case: IssueCase, given: TakeAction, count: Count) -> None:
    """Raise where people would be trained although training will not fix it, and nobody says why."""
    if given.action != "retraining" or given.reason is not None:
        return
    assessed = select(IssueStep.causes).where(IssueStep.case_id == case.id, IssueStep.step == "assess_cause")
    causes = session.scalar(assessed.order_by(IssueStep.id.desc()).limit(1)) or []
    if "training_ineffective" in causes or judgement(count(session, case.issue_code)) == "training_will_not_help":
        raise ReasonRequired(
            "Training will not fix this: qualified people keep failing. Ask operations to change the process "
            "(process-change-requests), or say why training is right all the same (reason)."
        )

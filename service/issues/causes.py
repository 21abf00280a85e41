"""What traces found to be the cause of an issue, and what named people made of it; both are kept, side by side."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.access import Principal
from service.db.context import because
from service.errors import NotFound, ReasonRequired, RetraceError
from service.events.publishing import Event, publish
from service.issues.places import place_of
from service.issues.schemas import CauseDecisionGiven
from service.issues.tables import CauseAssessment, CauseDecision


def store(
    session: Session, issue_code: str, verdict: dict[str, Any], causes: list[str], known_at: datetime
) -> CauseAssessment:
    """Keep what a trace found, as it was computed; by whom is whoever's transaction it is. Raises `NotFound`."""
    place_of(session, issue_code)
    made = CauseAssessment(issue_code=issue_code, verdict=verdict, causes=causes, known_at=known_at)
    session.add(made)
    session.flush()
    publish(session, Event("cause.assessed", f"issues/{issue_code}", {"causes": causes}))
    return made


def decide(session: Session, issue_code: str, given: CauseDecisionGiven, actor: Principal) -> None:
    """Confirm or overrule what a trace found.

    Raises `NotFound`, `ReasonRequired`, `RetraceError` where decision and causes contradict each other.
    """
    if given.reason is None:
        raise ReasonRequired("Say why: a verdict is neither confirmed nor overruled without a reason.")
    found = session.scalar(select(CauseAssessment.causes).where(
        CauseAssessment.id == given.assessment_id, CauseAssessment.issue_code == issue_code
    ))
    if found is None:
        raise NotFound(f"Issue {issue_code!r} has no cause assessment {given.assessment_id}.")
    causes = _held_true(given, found)
    because(session, given.reason)
    session.add(CauseDecision(
        assessment_id=given.assessment_id, decision=given.decision, causes=causes, reason=given.reason,
        account_id=actor.account_id,
    ))
    session.flush()
    publish(session, Event("cause.decided", f"issues/{issue_code}", {"decision": given.decision, "causes": causes}))


def _held_true(given: CauseDecisionGiven, found: Sequence[str]) -> list[str]:
    """The causes somebody holds true. Raises `RetraceError`."""
    named: list[str] = list(dict.fromkeys(given.causes or ()))
    agrees = set(named or found) == set(found)
    if given.decision == "confirm" and not agrees:
        raise RetraceError(f"Confirming holds true what was found ({', '.join(found)}); for other causes, overrule it.")
    if given.decision == "overrule" and agrees:
        raise RetraceError("Overruling names the causes you hold true, other than those found; to agree, confirm.")
    return list(found) if given.decision == "confirm" else named

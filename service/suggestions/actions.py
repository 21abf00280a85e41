"""Keeping what models propose, and what people decide about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from service.access import Principal
from service.db.context import because
from service.errors import Conflict, NotFound
from service.events.publishing import Event, publish
from service.people.tables import Account
from service.records.paging import Asked, Cursors
from service.records.wiretypes import Id
from service.suggestions import stopping
from service.suggestions.rules import refuse_silence
from service.suggestions.schemas import DecisionPage, DecisionRead, ScoringPage, ScoringRead, ScoringsAsked
from service.suggestions.tables import Decision, Scoring, Suggestion

#: the advisory lock of who decides (any number of our own); a row lock would take the right to change suggestions
_DECIDING = 0x7265_6465


def store(session: Session, scoring: Scoring, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep a scoring and everything it suggests."""
    session.add(scoring)
    session.flush()
    if rows:
        session.execute(insert(Suggestion), [{**row, "scoring_id": scoring.id} for row in rows])
    publish(session, Event("scoring.finished", f"scorings/{scoring.target}", {"suggestions": len(rows)}))


def latest_scoring(session: Session, target: str) -> Scoring | None:
    """The last scoring of a target over everyone eligible."""
    whole = select(Scoring).where(Scoring.target == target, ~Scoring.live)
    return session.scalar(whole.order_by(Scoring.id.desc()).limit(1))


def place_of(session: Session, scoring: Scoring, score: float) -> int:
    """The rank that a score would have had in a scoring."""
    above = select(func.count()).where(Suggestion.scoring_id == scoring.id, Suggestion.score > score)
    return 1 + (session.scalar(above) or 0)


def undecided(session: Session, ids: Sequence[int]) -> list[Suggestion]:
    """These suggestions to retrain somebody, none decided yet; until the transaction ends nobody else decides.

    Raises `NotFound`, and `Conflict` if somebody was quicker or one suggests something else.
    """
    session.execute(select(func.pg_advisory_xact_lock(_DECIDING)))
    found = session.scalars(select(Suggestion).where(Suggestion.id.in_(ids)).order_by(Suggestion.id)).all()
    missing = sorted(set(ids) - {suggestion.id for suggestion in found})
    if missing:
        raise NotFound(f"There is no suggestion {missing[0]}; reload the list.")
    targets = select(Suggestion.id).join(Scoring, Scoring.id == Suggestion.scoring_id).where(Scoring.target != "need")
    other = session.scalar(targets.where(Suggestion.id.in_(ids)).limit(1))
    if other is not None:
        raise Conflict(f"Suggestion {other} ranks an inspection and retrains nobody; there is nothing to decide.")
    decided = session.scalars(select(Decision.suggestion_id).where(Decision.suggestion_id.in_(ids))).all()
    if decided:
        raise Conflict(f"Suggestion {decided[0]} has been decided already; reload the list.")
    return list(found)


def decide(
    session: Session, chosen: Sequence[Suggestion], actor: Principal, outcome: str, reason: str | None,
    courses: Sequence[str | None],
) -> None:
    """Keep a named person's decision on each. Raises when it departs from what was suggested without a reason."""
    refuse_silence(outcome, reason)
    because(session, reason)
    made = [
        {"suggestion_id": suggestion.id, "outcome": outcome, "reason": reason, "course_code": course,
         "account_id": actor.account_id}
        for suggestion, course in zip(chosen, courses, strict=True)
    ]
    session.execute(insert(Decision), made)


def decisions(session: Session, asked: Asked) -> DecisionPage:
    """Who decided what, when and why, newest first. Raises `BadCursor`."""
    query = (
        select(
            Decision.id, Decision.suggestion_id, Decision.outcome, Decision.course_code, Decision.reason,
            Decision.decided_at, Account.login.label("decided_by"), Scoring.model, Suggestion.employee_code,
            Suggestion.process_code, Suggestion.course_code.label("suggested_course_code"),
        )
        .join(Suggestion, Suggestion.id == Decision.suggestion_id)
        .join(Scoring, Scoring.id == Suggestion.scoring_id)
        .join(Account, Account.id == Decision.account_id)
    )
    page = _DECISIONS.newest_first(query, asked, Decision.id, Decision.decided_at)
    rows = session.execute(page).mappings().all()
    following = _DECISIONS.following(asked, [row["id"] for row in rows])
    return DecisionPage(items=[DecisionRead(**row) for row in rows], next=following)


_DECISIONS = Cursors("decisions", Id)


def scorings(session: Session, asked: ScoringsAsked) -> ScoringPage:
    """The scorings made, newest first. Raises `BadCursor`."""
    query = _SCORINGS.newest_first(select(Scoring), asked, Scoring.id, Scoring.created_at)
    if asked.target is not None:
        query = query.where(Scoring.target == asked.target)
    found, names = session.scalars(query).all(), ScoringRead.model_fields
    following = _SCORINGS.following(asked, [scoring.id for scoring in found])
    read = [ScoringRead(**{name: getattr(scoring, name) for name in names}) for scoring in found]
    return ScoringPage(items=read, next=following)


_SCORINGS = Cursors("scorings", Id)


def decisions_made(session: Session) -> dict[str, int]:
    """How many decisions of each outcome there are so far."""
    made = select(Decision.outcome, func.count()).group_by(Decision.outcome)
    return dict(session.execute(made).all())


@dataclass(frozen=True)
class Followed:
    """What a list follows now: a model, or today's rule and why; as of when, and how fresh its data are."""

    model: str
    fallback: str | None
    as_of: datetime
    data_known_at: datetime | None


def followed(scoring: Scoring, why_stopped: str | None) -> Followed:
    """What the list of a scoring follows; today's rule while the models are stopped."""
    if why_stopped is None:
        return Followed(scoring.model, scoring.fallback, scoring.as_of, scoring.data_known_at)
    return Followed(stopping.BY_RULE, stopping.says(why_stopped), scoring.as_of, scoring.data_known_at)


def last_scorings(session: Session) -> dict[str, Followed]:
    """What the list of each target that was ever scored follows now."""
    last = select(func.max(Scoring.id)).where(~Scoring.live).group_by(Scoring.target)
    found = session.execute(select(Scoring, stopping.WHY).where(Scoring.id.in_(last)))
    return {scoring.target: followed(scoring, why) for scoring, why in found}

"""The stop switch: every list goes back to today's rule at once, and again to the models when it is lifted.

It acts twice. What a list shows is decided by the expressions below, inside the list's own query, so that it holds from
the commit on; and the next scoring asks `stopped` and lets the rule score.
"""

from typing import Any

from sqlalchemy import ColumnElement, case, insert, literal_column, null, select
from sqlalchemy.orm import Session

from service import jobs
from service.access import Principal
from service.db.context import because
from service.events.publishing import Event, publish
from service.people.tables import Account
from service.suggestions.schemas import SwitchRead, SwitchSet
from service.suggestions.tables import ModelSwitch, Scoring, Suggestion

#: why the models are stopped; null while they serve
WHY: ColumnElement[Any] = (
    select(case((ModelSwitch.stopped, ModelSwitch.reason), else_=null()))
    .order_by(ModelSwitch.id.desc()).limit(1).scalar_subquery()
)
#: what a list is called that follows today's rule because somebody stopped the models
BY_RULE = "baseline"

_STOPPED = WHY.is_not(None)
#: what a list shows of a suggestion: while the models are stopped, today's rank and nothing of theirs
RANK: ColumnElement[Any] = case((_STOPPED, Suggestion.baseline_rank), else_=Suggestion.rank)
PROBABILITY: ColumnElement[Any] = case((_STOPPED, null()), else_=Suggestion.probability)
LOW: ColumnElement[Any] = case((_STOPPED, null()), else_=Suggestion.probability_low)
HIGH: ColumnElement[Any] = case((_STOPPED, null()), else_=Suggestion.probability_high)
REASONS: ColumnElement[Any] = case((_STOPPED, literal_column("'[]'::jsonb")), else_=Suggestion.reasons)
MODEL: ColumnElement[Any] = case((_STOPPED & Scoring.id.is_not(None), BY_RULE), else_=Scoring.model)


def stopped(session: Session) -> str | None:
    """Why the models are stopped, or None while they serve."""
    reason: str | None = session.scalar(select(WHY))
    return reason


def says(reason: str) -> str:
    """What stands beside a list while the models are stopped."""
    return f"all models are stopped: {reason}"


def switch(session: Session, actor: Principal | None, *, stop: bool, reason: str) -> SwitchRead:
    """Stop all models or start them again, with the reason; the same state again changes nothing.

    `actor`: None on the command line. Started again, everyone is scored anew.
    """
    if stop != (stopped(session) is not None):
        because(session, reason)
        account = actor.account_id if actor else None
        session.execute(insert(ModelSwitch).values(stopped=stop, reason=reason, account_id=account))
        publish(session, Event("models.stopped" if stop else "models.started", "models"))
        if not stop:
            jobs.defer(session, "scoring.score")
    return state(session)


def state(session: Session) -> SwitchRead:
    """How the switch stands, and its history, newest first."""
    found = session.execute(
        select(ModelSwitch.stopped, ModelSwitch.reason, Account.name.label("by"), ModelSwitch.at)
        .outerjoin(Account, Account.id == ModelSwitch.account_id)
        .order_by(ModelSwitch.id.desc())
        .limit(100)
    )
    history = [SwitchSet(**row) for row in found.mappings()]
    return SwitchRead(stopped=bool(history) and history[0].stopped, history=history)

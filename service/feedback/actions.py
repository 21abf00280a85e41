"""Giving feedback, answering it, reading it."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from service.access import Principal
from service.db.context import because
from service.errors import NotFound
from service.events.publishing import Event, publish
from service.feedback import rules
from service.feedback.schemas import (
    FeedbackAsked,
    FeedbackGiven,
    FeedbackPage,
    FeedbackRead,
    FeedbackStepRead,
    FeedbackStepTaken,
)
from service.feedback.tables import Feedback, FeedbackStep
from service.messages.sending import Notice, To, send
from service.people.tables import Account
from service.records.codes import new_code
from service.records.paging import Cursors
from service.records.tags import refuse_stale, tag
from service.records.wiretypes import Id

_CURSORS = Cursors("feedback", Id)


def give(session: Session, given: FeedbackGiven, actor: Principal) -> Feedback:
    """Keep what somebody says; administrators are told."""
    made = Feedback(code=new_code("FB"), account_id=actor.account_id, **given.model_dump())
    session.add(made)
    session.flush()
    about = f"feedback/{made.code}"
    publish(session, Event("feedback.given", about, {"kind": made.kind}))
    send(session, Notice("feedback.given", about, (To(role="admin"),), {"code": made.code, "page": made.page or "–"}))
    return made


def take(session: Session, code: str, given: FeedbackStepTaken, actor: Principal, if_match: str) -> Feedback:
    """Answer it, or open it again; whom it concerns is told.

    Raises `NotFound`, `PreconditionFailed`, `Conflict` for a step out of turn, `Forbidden` for somebody else's.
    """
    found = session.scalar(_seen(actor).where(Feedback.code == code).with_for_update())
    if found is None:
        raise NotFound(f"There is no feedback {code!r} of yours.")
    refuse_stale(if_match, state_tag(found))
    step = rules.follow(found.state, given.step, code)  # type: ignore[arg-type]
    rules.refuse_taker(step, **_standing(found, actor))
    because(session, given.text)
    found.state = step.after
    session.add(FeedbackStep(
        feedback_id=found.id, step=step.name, text=given.text, account_id=actor.account_id
    ))
    session.flush()
    touched = update(Feedback).where(Feedback.id == found.id).values(updated_at=func.clock_timestamp())
    session.execute(touched.execution_options(synchronize_session=False))
    session.refresh(found)
    _tell(session, found, step, given.text)
    return found


def _tell(session: Session, found: Feedback, step: rules.Step, said: str) -> None:
    about = f"feedback/{found.code}"
    publish(session, Event("feedback.step_taken", about, {"step": step.name, "state": step.after}))
    to = To(account_id=found.account_id) if step.taker == "administrator" else To(role="admin")
    at = found.updated_at.isoformat()
    send(session, Notice(f"feedback.{step.name}", about, (to,), {"code": found.code, "said": said, "at": at}))


def _seen(actor: Principal) -> Select[Feedback]:
    """What somebody may read: one's own; administrators of the whole site everybody's."""
    query = select(Feedback).execution_options(populate_existing=True)
    return query if _administers(actor) else query.where(Feedback.account_id == actor.account_id)


def _administers(actor: Principal) -> bool:
    return actor.role == "admin" and actor.departments is None


def _standing(found: Feedback, actor: Principal) -> dict[str, bool]:
    return {"administers": _administers(actor), "wrote_it": found.account_id == actor.account_id}


def state_tag(found: Feedback) -> str:
    """The ETag of a piece of feedback."""
    return tag(found.code, found.updated_at.timestamp())


def one(session: Session, code: str, actor: Principal) -> tuple[FeedbackRead, str]:
    """A piece of feedback and its ETag. Raises `NotFound`."""
    found = session.scalar(_seen(actor).where(Feedback.code == code))
    if found is None:
        raise NotFound(f"There is no feedback {code!r} of yours.")
    return read(session, [found], actor)[0], state_tag(found)


def listed(session: Session, asked: FeedbackAsked, actor: Principal) -> FeedbackPage:
    """One's own, and for administrators of the whole site everybody's, newest first. Raises `BadCursor`."""
    query = _CURSORS.newest_first(_seen(actor), asked, Feedback.id, Feedback.updated_at)
    if asked.state is not None:
        query = query.where(Feedback.state == asked.state)
    found = session.scalars(query).all()
    return FeedbackPage(
        items=read(session, found, actor), next=_CURSORS.following(asked, [each.id for each in found])
    )


def tagged(session: Session, actor: Principal) -> list[tuple[FeedbackRead, str]]:
    """The last that one sees, what waits for an answer first, with their ETags."""
    waiting = Feedback.state.in_(tuple(rules.ENDED))
    found = session.scalars(_seen(actor).order_by(waiting, Feedback.id.desc()).limit(100)).all()
    return list(zip(read(session, found, actor), map(state_tag, found), strict=True))


def read(session: Session, found: Sequence[Feedback], actor: Principal) -> list[FeedbackRead]:
    """Feedback as it is shown to somebody."""
    logins = dict(session.execute(
        select(Account.id, Account.login).where(Account.id.in_({each.account_id for each in found}))
    ).all())
    taken: dict[int, list[FeedbackStepRead]] = defaultdict(list)
    for step, login in session.execute(
        select(FeedbackStep, Account.login).join(Account, Account.id == FeedbackStep.account_id)
        .where(FeedbackStep.feedback_id.in_([each.id for each in found])).order_by(FeedbackStep.id)
    ):
        taken[step.feedback_id].append(FeedbackStepRead(step=step.step, text=step.text, by=login, at=step.at))
    own = [name for name in FeedbackRead.model_fields if hasattr(Feedback, name)]
    return [
        FeedbackRead(
            **{name: getattr(each, name) for name in own}, by=logins[each.account_id], steps=taken[each.id],
            may_follow=rules.may_follow(each.state, **_standing(each, actor)),  # type: ignore[arg-type]
        )
        for each in found
    ]

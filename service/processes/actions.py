"""Proposing a version of a process or a standard, revising it, and taking the next step with it."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from service.access import Principal
from service.clock import now
from service.db.base import Reference
from service.db.context import because
from service.errors import Conflict, Forbidden, NotFound, RetraceError
from service.events.publishing import Event, publish
from service.people.tables import Account, Department, Post
from service.processes import rules
from service.processes.putting import put_in_force
from service.processes.schemas import Content, Proposal, Revised, StepTaken
from service.processes.tables import Change, ChangeStep, Process, ProcessVersion
from service.records.codes import new_code
from service.records.tags import refuse_stale, tag
from service.standards.tables import Standard, StandardVersion

#: time to review, unless somebody says otherwise
TO_REVIEW = timedelta(days=7)


def propose(session: Session, given: Proposal, actor: Principal) -> Change:
    """Propose a version; nothing counts it before it takes force.

    Raises `NotFound`, `Forbidden` for another side than the one it comes from, `Conflict` for a version there is or
    that is proposed already, `RetraceError` for a date that is over or a standard version nobody has.
    """
    kind: rules.Kind = "process" if given.process_code is not None else "standard"
    if not actor.may(rules.AUTHORS[kind]):
        raise Forbidden(f"A change of a {kind} is proposed by {rules.AUTHORS[kind]}; you are {actor.role}.")
    thing = _thing(session, given)
    change = Change(
        code=new_code("CHG"), version=given.version, state="proposed", account_id=actor.account_id, revision=1,
        **{f"{kind}_id": thing}, **_content(session, given),
    )
    _refuse_known(session, change)
    session.add(change)
    session.flush()
    _note(session, change, "propose", actor.account_id, None)
    return change


def revise(session: Session, code: str, given: Revised, actor: Principal, if_match: str) -> Change:
    """Put another content in place of what is proposed; a review that was under way begins anew.

    Raises as `propose`, and `PreconditionFailed`, `Conflict` where it is too late.
    """
    change = held(session, code, if_match)
    step = rules.follow(change.state, "revise", code)  # type: ignore[arg-type]
    rules.refuse_role(step, change.kind, actor.role)
    refused = "clauses" if change.kind == "process" else "standards"
    if getattr(given, refused) is not None:
        raise RetraceError(f"A {change.kind} has no {refused}; leave them out.")
    for name, value in _content(session, given).items():
        setattr(change, name, value)
    change.revision += 1
    _note(session, change, "revise", actor.account_id, None)
    return change


def take(session: Session, code: str, given: StepTaken, actor: Principal, if_match: str) -> Change:
    """Take the next step with a change, if it is still as the actor read it.

    Raises `NotFound`, `PreconditionFailed`, `Conflict` for a step out of turn or a review of an older revision,
    `Forbidden` for another role and for judging one's own proposal, `ReasonRequired`.
    """
    change = held(session, code, if_match)
    step = rules.follow(change.state, given.step, code)  # type: ignore[arg-type]
    rules.refuse_role(step, change.kind, actor.role)
    rules.refuse_own(step, _authors(session, change), _known_as(session, {actor.account_id}))
    rules.refuse_outdated(step, given.revision, change.revision)
    rules.refuse_silence(step, given.reason)
    because(session, given.reason)
    if given.step == "submit":
        change.review_due_at, change.reminded_at = _due(given.review_due_at), None
    if given.step == "approve":
        change.approved_at = now()
    if given.step == "force":
        put_in_force(session, change)
    move(session, change, step, actor.account_id, given.reason)
    return change


def move(
    session: Session, change: Change, step: rules.Step, account: int | None = None, reason: str | None = None
) -> None:
    """Bring a change held to where a step leads, note the step, and tell of it."""
    change.state = step.after
    _note(session, change, step.name, account, reason)


def _note(session: Session, change: Change, step: str, account: int | None, reason: str | None) -> None:
    session.add(ChangeStep(
        change_id=change.id, step=step, revision=change.revision, reason=reason, account_id=account
    ))
    session.flush()
    touched = update(Change).where(Change.id == change.id).values(updated_at=func.clock_timestamp())
    session.execute(touched.execution_options(synchronize_session=False))
    session.refresh(change, ["updated_at"])
    told = {"kind": change.kind, "version": change.version, "state": change.state, "revision": change.revision}
    publish(session, Event(f"change.{_PAST[step]}", f"changes/{change.code}", told))


#: what an event calls each step
_PAST: Mapping[str, str] = {
    "propose": "proposed", "submit": "submitted", "revise": "revised", "request_changes": "changes_requested",
    "reject": "rejected", "approve": "approved", "send_back": "sent_back", "begin_training": "training",
    "take_force": "in_force", "force": "forced", "withdraw": "withdrawn",
}


def held(session: Session, code: str, if_match: str | None = None) -> Change:
    """A change that nobody else moves until the transaction ends. Raises `NotFound`, `PreconditionFailed`."""
    query = select(Change).where(Change.code == code).with_for_update().execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound(f"There is no change {code!r}.")
    refuse_stale(if_match, state_tag(found))
    return found


def state_tag(change: Change) -> str:
    """The ETag of a change."""
    return tag(change.id, change.revision, int(change.updated_at.timestamp() * 1_000_000))


def _thing(session: Session, given: Proposal) -> int:
    row: type[Process] | type[Standard] = Process if given.process_code is not None else Standard
    code = given.process_code or given.standard_code
    found = session.scalar(select(row.id).where(row.code == code))
    if found is None:
        raise NotFound(f"There is no {row.__name__.lower()} {code!r}; record it first.")
    return found


def _content(session: Session, given: Content) -> dict[str, Any]:
    """What is proposed, as it is kept. Raises `NotFound`, `RetraceError`."""
    if given.effective_at <= now():
        raise RetraceError(f"It cannot take force at {given.effective_at:%Y-%m-%d %H:%M}: that is over; choose a later "
                           "time (effective_at).")
    _refuse_unknown(session, StandardVersion, given.standards or (), "standard version")
    _refuse_unknown(session, Post, given.posts or (), "post")
    said = given.model_dump(include=set(Content.model_fields))
    return said | {name: list(dict.fromkeys(said[name])) or None for name in ("standards", "courses", "posts")
                   if said[name] is not None}


def _refuse_unknown(session: Session, row: type[Reference], codes: Collection[str], what: str) -> None:
    known = set(session.scalars(select(row.code).where(row.code.in_(codes)))) if codes else set()
    for code in codes:
        if code not in known:
            raise NotFound(f"There is no {what} {code!r}.")


def _refuse_known(session: Session, change: Change) -> None:
    """Raise `Conflict` where there is this version already, in force or to come, or where it is proposed already."""
    versions: Any = ProcessVersion if change.kind == "process" else StandardVersion
    own: ColumnElement[bool] = (
        ProcessVersion.process_id == change.process_id if change.kind == "process"
        else StandardVersion.standard_id == change.standard_id
    )
    if session.scalar(select(versions.id).where(own, versions.version == change.version)) is not None:
        raise Conflict(f"There is a version {change.version} already, and what is in force is not changed: propose "
                       "another version.")
    twin = select(Change.code).where(
        Change.version == change.version, Change.state.not_in(("rejected", "withdrawn")),
        Change.process_id.is_not_distinct_from(change.process_id),
        Change.standard_id.is_not_distinct_from(change.standard_id),
    )
    if (code := session.scalar(twin.limit(1))) is not None:
        raise Conflict(f"Version {change.version} is proposed already: go on with {code}.")


def _due(given: datetime | None) -> datetime:
    if given is not None and given <= now():
        raise RetraceError("A review cannot be due in the past; choose a later time (review_due_at).")
    return given or now() + TO_REVIEW


def _authors(session: Session, change: Change) -> frozenset[object]:
    """Everything by which those are known who proposed, revised or submitted a change."""
    took = select(ChangeStep.account_id).where(
        ChangeStep.change_id == change.id, ChangeStep.step.in_(("propose", "revise", "submit"))
    )
    return _known_as(session, {number for number in session.scalars(took) if number is not None})


def _known_as(session: Session, accounts: Collection[int]) -> frozenset[object]:
    """Accounts and the people behind them: somebody may have two."""
    people = session.scalars(select(Account.employee_id).where(Account.id.in_(accounts)))
    return frozenset({("account", number) for number in accounts} | {("employee", who) for who in people if who})


def department_of(session: Session, change: Change) -> int | None:
    """The department whose process is changed; None: nobody's, or a standard."""
    return session.scalar(
        select(Department.id).join(Process, Process.department_id == Department.id)
        .where(Process.id == change.process_id)
    )

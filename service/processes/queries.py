"""Reading changes, and which processes did not follow their standards."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Text, cast, func, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import NotFound
from service.people.tables import Account
from service.processes import rules
from service.processes.actions import state_tag
from service.processes.schemas import ChangePage, ChangeRead, ChangesAsked, NextStep, OutOfStep, StepRead
from service.processes.tables import Change, ChangeStep, Process, ProcessVersion
from service.records.paging import Cursors
from service.records.wiretypes import Id
from service.standards.tables import Standard, StandardVersion

_CURSORS = Cursors("changes", Id)


def changes(session: Session, asked: ChangesAsked) -> ChangePage:
    """Changes, newest first. Raises `BadCursor`."""
    query = _CURSORS.newest_first(select(Change), asked, Change.id, Change.updated_at)
    if asked.state is not None:
        query = query.where(Change.state == asked.state)
    if asked.kind is not None:
        query = query.where((Change.process_id if asked.kind == "process" else Change.standard_id).is_not(None))
    found = session.scalars(query).all()
    following = _CURSORS.following(asked, [change.id for change in found])
    return ChangePage(items=read(session, found), next=following)


def change(session: Session, code: str) -> tuple[ChangeRead, str]:
    """One change and its ETag. Raises `NotFound`."""
    found = session.scalar(select(Change).where(Change.code == code).execution_options(populate_existing=True))
    if found is None:
        raise NotFound(f"There is no change {code!r}.")
    return read(session, [found])[0], state_tag(found)


def open_ones(session: Session) -> list[tuple[ChangeRead, str]]:
    """The changes under way with their ETags: those in review first, by when the review is due."""
    query = select(Change).where(Change.state.not_in(tuple(rules.ENDED)))
    in_review = (Change.state != "in_review", Change.review_due_at, Change.id.desc())
    found = session.scalars(query.order_by(*in_review).limit(50)).all()
    return list(zip(read(session, found), map(state_tag, found), strict=True))


def read(session: Session, found: Sequence[Change]) -> list[ChangeRead]:
    """Changes as they are shown."""
    ids = [each.id for each in found]
    named = select(Process.code, Process.name, Standard.code, Standard.title, Account.login, Change.id)
    rows = session.execute(
        named.select_from(Change)
        .outerjoin(Process, Process.id == Change.process_id)
        .outerjoin(Standard, Standard.id == Change.standard_id)
        .join(Account, Account.id == Change.account_id)
        .where(Change.id.in_(ids))
    )
    known = {row[-1]: row for row in rows}
    taken = _steps(session, ids)
    own = [name for name in ChangeRead.model_fields if hasattr(Change, name)]
    shown = []
    for each in found:
        process, name, standard, title, login, _ = known[each.id]
        state: rules.State = each.state  # type: ignore[assignment]
        following = [NextStep(step=step, role=role) for step, role in rules.may_follow(each.kind, state)]
        shown.append(ChangeRead(
            **{name: getattr(each, name) for name in own}, process_code=process, standard_code=standard,
            title=name or title or "", proposed_by=login, waits_for=rules.owner(each.kind, state),
            steps=taken[each.id], may_follow=following,
        ))
    return shown


def _steps(session: Session, ids: Sequence[int]) -> dict[int, list[StepRead]]:
    rows = session.execute(
        select(ChangeStep, Account.login).outerjoin(Account, Account.id == ChangeStep.account_id)
        .where(ChangeStep.change_id.in_(ids)).order_by(ChangeStep.id)
    )
    taken: dict[int, list[StepRead]] = defaultdict(list)
    for step, login in rows:
        taken[step.change_id].append(
            StepRead(step=step.step, revision=step.revision, reason=step.reason, by=login, at=step.at)
        )
    return taken


def out_of_step(session: Session, at: datetime | None = None) -> list[OutOfStep]:
    """The processes whose version in force follows another version of a standard than the one in force."""
    at = at or now()
    version = select(ProcessVersion.process_id, ProcessVersion.version, ProcessVersion.standards)
    processes = (
        version.where(ProcessVersion.effective_at <= at).ext(distinct_on(ProcessVersion.process_id))
        .order_by(ProcessVersion.process_id, ProcessVersion.effective_at.desc(), ProcessVersion.id.desc()).subquery()
    )
    standards = (
        select(StandardVersion.standard_id, StandardVersion.version, StandardVersion.effective_at)
        .where(StandardVersion.effective_at <= at).ext(distinct_on(StandardVersion.standard_id))
        .order_by(StandardVersion.standard_id, StandardVersion.effective_at.desc(), StandardVersion.id.desc())
        .subquery()
    )
    followed = func.unnest(processes.c.standards).table_valued("code", name="followed").render_derived()
    coming = (
        select(Change.code).where(
            Change.process_id == Process.id, Change.state.not_in(tuple(rules.ENDED)),
            func.concat(Standard.code, "@", standards.c.version) == func.any(Change.standards),
        ).order_by(Change.id.desc()).limit(1).scalar_subquery()
    )
    old = select(StandardVersion.standard_id, StandardVersion.version, cast(StandardVersion.code, Text)).subquery()
    rows = session.execute(
        select(Process.code, Process.name, processes.c.version, Standard.code, old.c.version, standards.c.version,
               standards.c.effective_at, coming)
        .select_from(processes).join(followed, true())
        .join(old, old.c.code == followed.c.code)
        .join(standards, standards.c.standard_id == old.c.standard_id)
        .join(Standard, Standard.id == old.c.standard_id)
        .join(Process, Process.id == processes.c.process_id)
        .where(old.c.version != standards.c.version)
        .order_by(standards.c.effective_at, Process.code, Standard.code)
    )
    names = ("process_code", "name", "version", "standard_code", "follows", "in_force", "since", "change_code")
    return [OutOfStep(**dict(zip(names, row, strict=True))) for row in rows]

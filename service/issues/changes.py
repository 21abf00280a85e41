"""Requests to change a process, where training will not fix it; operations decide."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from service.access import Principal
from service.db.context import because
from service.errors import Conflict, NotFound, ReasonRequired, RetraceError
from service.events.publishing import Event, publish
from service.issues import places
from service.issues.schemas import ChangeAsked, ChangeDecision, ChangePage, ChangeRead, ChangesAsked
from service.issues.tables import ProcessChangeRequest
from service.people.tables import Account
from service.processes.tables import Process
from service.records.codes import new_code
from service.records.paging import Cursors
from service.records.wiretypes import Id

_CURSORS = Cursors("process-change-requests", Id)


def ask(session: Session, issue: str, given: ChangeAsked, actor: Principal) -> str:
    """Ask operations to change a process; the request's code.

    Raises `NotFound`, `RetraceError` where no process is named, `Invalid` for codes nobody has.
    """
    place = places.place_of(session, issue)
    process = places.process(session, given.process_code) if given.process_code is not None else place.process_id
    if process is None:
        raise RetraceError(f"Issue {issue} names no process; say which one should change (process_code).")
    request = ProcessChangeRequest(
        code=new_code("PCR"), process_id=process, issue_code=issue, text=given.text,
        refs=places.refs(session, given.refs), account_id=actor.account_id,
    )
    session.add(request)
    session.flush()
    told = {"issue": issue, "process": given.process_code or place.process_code}
    publish(session, Event("process_change.requested", f"process_change_requests/{request.code}", told))
    return request.code


def decide(session: Session, code: str, given: ChangeDecision, actor: Principal) -> None:
    """Accept or decline a request. Raises `NotFound`, `ReasonRequired`, `Conflict` if it was decided already."""
    if given.reason is None:
        raise ReasonRequired("Say why: a request is neither accepted nor declined without a reason.")
    query = select(ProcessChangeRequest).where(ProcessChangeRequest.code == code).with_for_update()
    request = session.scalar(query.execution_options(populate_existing=True))
    if request is None:
        raise NotFound(f"There is no process change request {code!r}.")
    if request.state != "open":
        raise Conflict(f"Process change request {code} was {request.state} already.")
    because(session, given.reason)
    request.state, request.reason, request.decided_by_id = given.decision, given.reason, actor.account_id
    request.updated_at = func.clock_timestamp()
    session.flush()
    told = {"decision": given.decision, "issue": request.issue_code}
    publish(session, Event("process_change.decided", f"process_change_requests/{code}", told))


def changes(session: Session, asked: ChangesAsked) -> ChangePage:
    """Requests, newest first. Raises `BadCursor`."""
    asker, decider = aliased(Account), aliased(Account)
    query = (
        select(ProcessChangeRequest, Process.code, asker.login, decider.login)
        .outerjoin(Process, Process.id == ProcessChangeRequest.process_id)
        .join(asker, asker.id == ProcessChangeRequest.account_id)
        .outerjoin(decider, decider.id == ProcessChangeRequest.decided_by_id)
    )
    query = _CURSORS.newest_first(query, asked, ProcessChangeRequest.id, ProcessChangeRequest.updated_at)
    if asked.state is not None:
        query = query.where(ProcessChangeRequest.state == asked.state)
    rows = session.execute(query).all()
    following = _CURSORS.following(asked, [row[0].id for row in rows])
    return ChangePage(items=[_read(*row) for row in rows], next=following)


def _read(request: ProcessChangeRequest, process: str | None, asker: str, decider: str | None) -> ChangeRead:
    own = {name: getattr(request, name) for name in ChangeRead.model_fields if hasattr(request, name)}
    return ChangeRead(**own, process_code=process, requested_by=asker, decided_by=decider)

"""The checks that were made, and the review of emergencies."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, aliased

from service.access import Principal
from service.clock import now
from service.db.context import because
from service.errors import Conflict, Forbidden, NotFound
from service.events.publishing import Event, publish
from service.people.tables import Employee, Post
from service.processes.tables import Process
from service.qualification.checks import says
from service.qualification.schemas import CheckPage, CheckRead, ChecksAsked
from service.qualification.tables import GateCheck
from service.records.paging import Cursors
from service.records.wiretypes import Id
from service.work.tables import WorkRecord

_CURSORS = Cursors("gate-checks", Id)


def checks(session: Session, asked: ChecksAsked) -> CheckPage:
    """Checks, newest first. Raises `BadCursor`."""
    query = _CURSORS.newest_first(_checks(), asked, GateCheck.id, GateCheck.checked_at)
    if asked.employee_code is not None:
        query = query.where(Employee.code == asked.employee_code)
    if asked.process_code is not None:
        query = query.where(Process.code == asked.process_code)
    if asked.unreviewed:
        query = query.where(GateCheck.review_due_at.is_not(None), GateCheck.reviewed_at.is_(None))
    found = session.execute(query).mappings().all()
    following = _CURSORS.following(asked, [row["id"] for row in found])
    return CheckPage(items=_read(found), next=following)


def review(session: Session, actor: Principal, code: str, said: str) -> CheckRead:
    """Record what somebody made of an emergency start.

    Raises `NotFound`, `Conflict` where there is nothing to review or it was reviewed, `Forbidden` for who started it.
    """
    row = session.scalar(select(GateCheck).where(GateCheck.code == code).with_for_update())
    if row is None:
        raise NotFound(f"There is no gate check {code!r}.")
    if row.review_due_at is None:
        raise Conflict(f"Gate check {code} was no emergency; there is nothing to review.")
    if row.reviewed_at is not None:
        raise Conflict(f"Gate check {code} was reviewed at {row.reviewed_at:%Y-%m-%d %H:%M} UTC already.")
    if row.account_id == actor.account_id:
        raise Forbidden("Who asked for an emergency start does not review it; ask a colleague.")
    because(session, said)
    session.execute(
        update(GateCheck).where(GateCheck.id == row.id)
        .values(reviewed_at=now(), reviewed_by=actor.account_id, review=said)
    )
    publish(session, Event("gate.reviewed", f"gate_checks/{code}"))
    return read(session, row.id)


def read(session: Session, number: int) -> CheckRead:
    """One check by its number."""
    return _read(session.execute(_checks().where(GateCheck.id == number)).mappings().all())[0]


def _checks() -> Select[Any]:
    mentor = aliased(Employee)
    return (
        select(
            *(getattr(GateCheck, name) for name in _OWN), GateCheck.checked_at.label("at"),
            Employee.code.label("employee_code"), Employee.name.label("employee"), Process.code.label("process_code"),
            Process.name.label("process"), Post.code.label("post_code"), mentor.code.label("supervisor_code"),
            mentor.name.label("supervisor"), WorkRecord.code.label("work_code"),
        )
        .join(Process, Process.id == GateCheck.process_id)
        .outerjoin(Employee, Employee.id == GateCheck.employee_id)
        .outerjoin(Post, Post.id == GateCheck.post_id)
        .outerjoin(mentor, mentor.id == GateCheck.supervisor_id)
        .outerjoin(WorkRecord, WorkRecord.id == GateCheck.work_id)
    )


_OWN = (
    "id", "code", "mode", "outcome", "allowed", "unmet", "evidence", "emergency", "reason", "checked_at",
    "review_due_at", "reviewed_at", "review",
)


def _read(rows: Sequence[Any]) -> list[CheckRead]:
    return [
        CheckRead(
            **{name: value for name, value in row.items() if name in CheckRead.model_fields}
            | {"employee_code": row["employee_code"] or "?", "known_at": None, "until": None},
            says=says(row["outcome"], row["employee"] or "?", row["process"], row["supervisor"]),
        )
        for row in rows
    ]

"""Who is told what of a session, with its calendar entry; and the reminder on the day before."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.courses.tables import Course
from service.db.context import everywhere
from service.messages.sending import Notice, To, send
from service.people.tables import Employee
from service.retraining.tables import PlanItem
from service.settings import settings
from service.training_sessions.calendar import entry
from service.training_sessions.tables import SITS, Seat, TrainingSession

#: reminded of so long before
AHEAD = timedelta(hours=24)


def of_seats(session: Session, of: TrainingSession, kind: str, employees: Collection[int]) -> None:
    """Tell people, and the trainer of what concerns the whole session."""
    to = [To(employee_id=employee) for employee in dict.fromkeys(employees)]
    if of.trainer_id is not None and kind not in {"training_session.seated", "training_session.unseated"}:
        to.append(To(employee_id=of.trainer_id))
    if to:
        send(session, _notice(session, of, kind, to))


def remind(session: Session) -> int:
    """Remind of the sessions of the day to come, each once; of how many."""
    at = now()
    with everywhere(session):
        due = session.scalars(
            select(TrainingSession).where(
                TrainingSession.state == "planned", TrainingSession.reminded_at.is_(None),
                TrainingSession.starts_at > at, TrainingSession.starts_at <= at + AHEAD,
            ).order_by(TrainingSession.id).with_for_update(skip_locked=True)
        ).all()
        for one in due:
            people = session.scalars(
                select(PlanItem.employee_id).join(Seat, Seat.plan_item_id == PlanItem.id)
                .where(Seat.session_id == one.id, SITS)
            ).all()
            of_seats(session, one, "training_session.tomorrow", people)
            one.reminded_at = at
        session.flush()
    return len(due)


def _notice(session: Session, of: TrainingSession, kind: str, to: Sequence[To]) -> Notice:
    title = session.scalars(select(Course.title).where(Course.id == of.course_id)).one()
    with everywhere(session):
        trainer = session.scalar(select(Employee.code).where(Employee.id == of.trainer_id))
    zone = settings().zone
    begins, ends = of.starts_at.astimezone(zone), of.ends_at.astimezone(zone)
    said = {
        "course": title, "place": of.place, "trainer": trainer or "–", "code": of.code, "reason": of.reason or "–",
        # who is seated, unseated and seated again is told each time
        "version": of.updated_at.isoformat(),
        "when": f"{begins:%Y-%m-%d %H:%M} – {ends:%H:%M}" if begins.date() == ends.date()
        else f"{begins:%Y-%m-%d %H:%M} – {ends:%Y-%m-%d %H:%M}",
    }
    file = entry(of, title, off=kind == "training_session.unseated")
    return Notice(kind, f"training-sessions/{of.code}", tuple(to), said, calendar=file)

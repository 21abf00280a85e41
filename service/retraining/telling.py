"""Who is told what of changes and of the plans that answer them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from service.courses.tables import Course
from service.db.context import everywhere
from service.events.publishing import Event
from service.messages.sending import Notice, To, send
from service.processes.actions import department_of
from service.processes.rules import AUTHORS, PLANNER, REVIEWER
from service.processes.tables import Change, ChangeStep, Process
from service.retraining.tables import FrequencyStep, Plan, PlanItem
from service.settings import settings
from service.standards.tables import Standard

#: who is told of a change that came to this: the side it comes from, its reviewers, who plans
CHANGES: Mapping[str, tuple[str, ...]] = {
    "change.submitted": (REVIEWER,), "change.review_overdue": (REVIEWER,), "change.approved": ("author",),
    "change.changes_requested": ("author",), "change.rejected": ("author",), "change.sent_back": ("author", REVIEWER),
    "change.withdrawn": (REVIEWER, PLANNER), "change.in_force": ("operations", REVIEWER, PLANNER),
    "change.forced": ("operations", REVIEWER, PLANNER),
}
#: what the links in the messages that ask are for: saying that one took a course, reading what changed
COURSE, READ = "training", "reading"
#: how an item is done -> the message that asks for it, and what its link is for
ASKS = {"course": ("plan.asked", COURSE), "read": ("plan.asked_to_read", READ)}
#: what inspections after a plan came to -> the message, and who is told
_JUDGED = {
    "kept": ("plan.results", ("operations", PLANNER)), "raised": ("plan.raised", ("operations", PLANNER)),
    "review": ("plan.review", ("operations", PLANNER, REVIEWER)),
}


def of_change(session: Session, event: Event) -> None:
    """Tell of a step of a change."""
    with everywhere(session):
        change = session.scalars(select(Change).where(Change.code == event.subject.removeprefix("changes/"))).one()
        place = department_of(session, change)
        roles = {AUTHORS[change.kind] if role == "author" else role for role in CHANGES[event.name]}
        said = {
            "code": change.code, "title": _name(session, change), "version": change.version,
            "summary": change.summary, "due": _local(change.review_due_at),
            "effective": _local(change.effective_at), "reason": _reason(session, change),
            "covered": f"{change.coverage or 0:.0%}", "revision": str(change.revision),
        }
        to = tuple(To(role=role, department_id=place) for role in sorted(roles))
        send(session, Notice(event.name, event.subject, to, said))


def of_plan(session: Session, event: Event) -> None:
    """Tell that a plan waits, or that it is published: then operations, quality, and everybody on it."""
    with everywhere(session):
        plan = _plan(session, event)
        said = {"code": plan.code, "title": plan.title, "people": str(event.data["people"])}
        roles = (PLANNER,) if event.name == "plan.drafted" else ("operations", REVIEWER)
        to = tuple(To(role=role, department_id=_place(session, plan)) for role in roles)
        notices = [Notice(event.name, event.subject, to, said)]
        send(session, *notices, *(_asked(session, Plan.id == plan.id) if event.name == "plan.published" else ()))


def of_results(session: Session, event: Event) -> None:
    """Tell what the inspections after a plan made of training frequency."""
    with everywhere(session):
        plan = _plan(session, event)
        kind, roles = _JUDGED[event.data["outcome"]]
        step = session.scalars(select(FrequencyStep).where(FrequencyStep.plan_id == plan.id)).one()
        said = {"code": plan.code, "title": plan.title, "process": event.data["process"],
                "failed": str(step.failed), "inspected": str(step.inspected)}
        place = _place(session, plan)
        send(session, Notice(kind, event.subject, tuple(To(role=role, department_id=place) for role in roles), said))


def of_people(session: Session, event: Event) -> None:
    """Tell who is newly asked, or by another day, on a plan that is published; nobody is told the same twice."""
    with everywhere(session):
        send(session, *_asked(session, Plan.code == event.subject.removeprefix("plans/")))


def of_repetition(session: Session, event: Event) -> None:
    """Tell who did not pass until when they are asked once more."""
    with everywhere(session):
        send(session, *_asked(session, PlanItem.code == event.subject.removeprefix("plan_items/")))


def _asked(session: Session, which: ColumnElement[bool]) -> Sequence[Notice]:
    """What everybody with an open item is asked to do, and by when; their e-mail carries a link to confirm it by."""
    rows = session.execute(
        select(PlanItem.code, PlanItem.employee_id, PlanItem.method, PlanItem.due_on, Course.title)
        .join(Course, Course.id == PlanItem.course_id).join(Plan, Plan.id == PlanItem.plan_id)
        .where(which, PlanItem.status == "open")
    )
    return [
        Notice(
            ASKS[method][0], f"plan-items/{code}", (To(employee_id=employee),), {"course": title, "due": _day(due_on)},
            confirm=ASKS[method][1],
        )
        for code, employee, method, due_on, title in rows
    ]


def _plan(session: Session, event: Event) -> Plan:
    return session.scalars(select(Plan).where(Plan.code == event.subject.removeprefix("plans/"))).one()


def _place(session: Session, plan: Plan) -> int | None:
    """The department a plan is for: of the process that changes, or of all its processes, if it is one's."""
    change = session.get(Change, plan.change_id) if plan.change_id is not None else None
    if change is not None:
        return department_of(session, change)
    places = set(session.scalars(
        select(Process.department_id).join(PlanItem, PlanItem.process_id == Process.id)
        .where(PlanItem.plan_id == plan.id).distinct()
    ))
    return places.pop() if len(places) == 1 else None


def _name(session: Session, change: Change) -> str:
    process = select(Process.name).where(Process.id == change.process_id)
    standard = select(Standard.title).where(Standard.id == change.standard_id)
    return session.scalar(process) or session.scalar(standard) or ""


def _reason(session: Session, change: Change) -> str:
    last = select(ChangeStep.reason).where(ChangeStep.change_id == change.id).order_by(ChangeStep.id.desc()).limit(1)
    return session.scalar(last) or "–"


def _local(moment: datetime | None) -> str:
    return _day(moment.astimezone(settings().zone) if moment is not None else None)


def _day(day: date | None) -> str:
    return f"{day:%Y-%m-%d}" if day is not None else "–"

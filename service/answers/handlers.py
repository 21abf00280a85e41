"""Telling the authors of reports what became of them."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.answers.actions import keep
from service.answers.tables import PlanAnswer
from service.db.context import everywhere
from service.difficulties.tables import DifficultyReport
from service.events.publishing import Event, handle
from service.messages.sending import Notice, To, send
from service.retraining.tables import FrequencyStep, Plan


def register() -> None:
    """Listen."""
    handle("plan.published", _published)
    handle("plan.judged", _judged)


def _published(session: Session, event: Event) -> None:
    """What was reported leads to training."""
    with everywhere(session):
        plan = _plan(session, event)
        _tell(session, plan, "report.answered", {"title": plan.title, "people": str(event.data["people"])})


def _judged(session: Session, event: Event) -> None:
    """The inspections after the training have results; the plan that trains once more answers the same."""
    with everywhere(session):
        plan = _plan(session, event)
        step = session.scalars(select(FrequencyStep).where(FrequencyStep.plan_id == plan.id)).one()
        if step.next_plan_id is not None:
            answered = select(PlanAnswer.kind, PlanAnswer.code).where(PlanAnswer.plan_id == plan.id)
            keep(session, step.next_plan_id, [(row.kind, row.code) for row in session.execute(answered)])
        said = {"title": plan.title, "failed": str(step.failed), "inspected": str(step.inspected)}
        _tell(session, plan, f"report.{step.outcome}", said)


def _plan(session: Session, event: Event) -> Plan:
    return session.scalars(select(Plan).where(Plan.code == event.subject.removeprefix("plans/"))).one()


def _tell(session: Session, plan: Plan, kind: str, said: Mapping[str, str]) -> None:
    """Tell the named authors of what a plan answers; who reported without a name is not known here either."""
    authors = session.execute(
        select(DifficultyReport.code, DifficultyReport.reported_by_id)
        .join(PlanAnswer, (PlanAnswer.kind == "report") & (PlanAnswer.code == DifficultyReport.code))
        .where(PlanAnswer.plan_id == plan.id, DifficultyReport.reported_by_id.is_not(None)).distinct()
    )
    send(session, *(
        Notice(kind, f"answers/{code}", (To(employee_id=author),), {"report": code, "plan": plan.code, **said})
        for code, author in authors
    ))

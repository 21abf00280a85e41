"""From the inspections after training to training frequency: raised at most twice, then it is the process's turn."""

from datetime import timedelta
from functools import cache

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from service.db.base import Query
from service.db.context import everywhere
from service.events.publishing import Event, publish
from service.inspections.tables import Inspection
from service.processes.tables import Process
from service.records.paging import Asked, Cursors
from service.records.wiretypes import Id
from service.retraining.actions import TO_TRAIN
from service.retraining.drafting import again, today
from service.retraining.rules import frequency
from service.retraining.schemas import FrequencyPage, FrequencyRead
from service.retraining.tables import FrequencyStep, Plan, PlanItem

_CURSORS = Cursors("training-frequencies", Id)


def judge(session: Session) -> int:
    """Look at the plans whose inspections have results, and raise training frequency where they are poor; of how many
    plans it was decided."""
    with everywhere(session):
        decided = 0
        for plan, process, expected, inspected, failed in session.execute(_results()).all():
            outcome = frequency(plan.round, failed, inspected, expected)
            if outcome is None:
                continue
            due = today() + timedelta(days=TO_TRAIN.days)
            following = again(session, plan, today(), due) if outcome == "raised" else None
            session.add(FrequencyStep(
                plan_id=plan.id, process_id=process, outcome=outcome, failed=failed, inspected=inspected,
                next_plan_id=following.id if following else None,
            ))
            session.flush()
            code = session.scalars(select(Process.code).where(Process.id == process)).one()
            told = {"process": code, "failed": failed, "inspected": inspected, "outcome": outcome}
            publish(session, Event("plan.judged", f"plans/{plan.code}", told))
            decided += 1
    return decided


@cache  # made once: it is asked with every inspection
def _results() -> Query:
    """Of each published plan not judged yet: its process, and how many of its inspections there are, of which kinds."""
    first, last, later = aliased(Inspection), aliased(Inspection), aliased(Inspection)
    followed = select(later.id).where(later.code == last.code, later.revision > last.revision).exists()
    judged = select(FrequencyStep.id).where(FrequencyStep.plan_id == Plan.id).exists()
    untrained = func.count().filter(PlanItem.status == "open")
    return (
        select(
            Plan, func.min(PlanItem.process_id), func.count(last.id) + untrained,
            func.count().filter(last.result.is_not(None)), func.count().filter(last.result == "fail"),
        )
        .join(PlanItem, PlanItem.plan_id == Plan.id)
        .outerjoin(first, first.id == PlanItem.inspection_id)
        .outerjoin(last, and_(last.code == first.code, ~followed))
        .where(Plan.change_id.is_not(None) | (Plan.kind == "answer"), Plan.status == "published", ~judged)
        .group_by(Plan.id)
        .having(func.count(last.result) > 0)
        .order_by(Plan.id)
    )


def frequencies(session: Session, asked: Asked) -> FrequencyPage:
    """What became of training frequency after each plan, newest first. Raises `BadCursor`."""
    following = aliased(Plan)
    query = (
        select(FrequencyStep, Plan.code, Process.code, following.code)
        .join(Plan, Plan.id == FrequencyStep.plan_id).join(Process, Process.id == FrequencyStep.process_id)
        .outerjoin(following, following.id == FrequencyStep.next_plan_id)
    )
    rows = session.execute(_CURSORS.newest_first(query, asked, FrequencyStep.id, FrequencyStep.at)).all()
    items = [
        FrequencyRead(
            plan_code=plan, process_code=process, outcome=step.outcome, failed=step.failed, inspected=step.inspected,
            next_plan_code=next_plan, at=step.at,
        )
        for step, plan, process, next_plan in rows
    ]
    return FrequencyPage(items=items, next=_CURSORS.following(asked, [row[0].id for row in rows]))
